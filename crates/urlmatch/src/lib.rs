//! Finds which of very many URL patterns match a URL.
//!
//! This crate knows pattern languages and nothing of rules: no ids, no CSS, no files.
//! It does no I/O and keeps no state between calls.

mod candidate;
mod error;
mod pattern;
mod set;

pub use candidate::{Candidate, SUBJECT_BYTES_MAX};
pub use error::{Error, ErrorKind, UrlError};
pub use pattern::{Lint, PATTERN_BYTES_MAX, Pattern, PatternKind};
pub use set::{PatternSet, PatternSetBuilder, Scratch};

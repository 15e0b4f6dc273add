//! Finds which of very many URL patterns match a URL.
//!
//! This crate knows pattern languages and nothing of rules: no ids, no CSS, no files.
//! It does no I/O and keeps no state between calls but a thread's working memory.
//!
//! What follows is its README, whose example is tested.
//!
#![doc = include_str!("../README.md")]

mod candidate;
mod error;
mod glob;
mod lint;
mod pattern;
mod regex;
mod set;
mod strategy;
#[cfg(test)]
mod tests;
mod wildcard;

pub use candidate::{Candidate, SUBJECT_BYTES_MAX};
pub use error::{Error, ErrorKind, RegexError, UrlError};
pub use lint::Lint;
pub use pattern::{PATTERN_BYTES_MAX, Pattern, PatternKind};
pub use regex::{REGEX_BYTES_MAX, REGEX_NEST_MAX};
pub use set::{Hit, Hits, PatternSet, PatternSetBuilder, Scratch};

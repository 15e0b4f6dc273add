//! Rules in a tree of files: reading.
//!
//! A load goes through four steps: `folder` says which folders there are and what their rules count as, `scan`
//! finds the files, `read` parses them on all cores, and `file_store` puts the result together. What is wrong
//! with one file, link or folder becomes a problem and never hides the rest.

mod bytes;
mod file_store;
mod folder;
mod problem;
mod read;
mod scan;
mod state;

pub use file_store::{FileStore, Folders};
pub use scan::rule_files;

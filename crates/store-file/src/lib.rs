//! Rules in a tree of files.
//!
//! Reading goes through four steps: `folder` says which folders there are and what their rules count as, `scan`
//! finds the files, `read` parses those that are not as they were on all cores, and `view` keeps what each gave.
//! What is wrong with one file, link or folder becomes a problem and never hides the rest.
//!
//! Writing goes through three: `plan` finds out which files a write changes and how, `atomic` changes all of them or
//! none, and `write` joins the two and takes over the result. Only the `owner` of a tree writes. A pack is changed as
//! a whole folder, a single community rule as a file.
//!
//! `watch` finds out that somebody else changed the tree.

mod atomic;
mod bytes;
mod disk;
mod entry;
#[cfg(test)]
mod faults;
mod file_store;
mod folder;
mod known;
mod left_overs;
mod outcome;
mod owner;
mod pack_files;
mod plan;
mod problem;
mod read;
mod scan;
mod stamp;
mod state;
mod view;
mod watch;
mod write;

pub use file_store::{FileStore, Folders};
pub use owner::Access;
pub use scan::rule_files;

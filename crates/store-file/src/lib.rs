//! Rules in a tree of files: reading.

mod file_store;

pub use file_store::{FileStore, Folders};

//! The file store from outside: real folders, real links, real files.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod contract;
mod corpus;
mod edits;
mod layout;
mod links;
mod loading;
mod outside;
mod owner;
mod packs;
mod rule_files;
mod state;
mod tree;
mod watching;
mod writing;

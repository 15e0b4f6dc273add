//! The file store from outside: real folders, real links, real files.

mod layout;
mod links;
mod loading;
mod state;
mod tree;

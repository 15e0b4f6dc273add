//! The rules: as they are, and how they are changed.

mod body;
mod target;

pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod disable;
pub(crate) mod export;
pub(crate) mod filter;
pub(crate) mod get;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod source;
pub(crate) mod stats;
pub(crate) mod update;

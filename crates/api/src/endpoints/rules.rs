//! The rules as they are: list, get, check.

pub(crate) mod check;
pub(crate) mod filter;
pub(crate) mod get;
pub(crate) mod list;

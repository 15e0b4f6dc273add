//! Packs: what is installed, what could be, and how that is changed.

mod target;

pub(crate) mod available;
pub(crate) mod get;
pub(crate) mod install;
pub(crate) mod list;
pub(crate) mod sync;
pub(crate) mod uninstall;
pub(crate) mod update;
pub(crate) mod updates;

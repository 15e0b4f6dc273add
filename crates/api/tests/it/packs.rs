//! Packs over HTTP.

mod outside;

pub(crate) use outside::nothing_outside;

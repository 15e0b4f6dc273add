//! The shapes of our answers; the core types do not serialize.

pub(crate) mod pack;
pub(crate) mod rule;
pub(crate) mod sources;
pub(crate) mod value;

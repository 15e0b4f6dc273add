//! One file an endpoint: its shapes, its entry in the OpenAPI document, its handler.

pub(crate) mod batch;
pub(crate) mod conflicts;
pub(crate) mod explain;
pub(crate) mod inject;
pub(crate) mod packs;
pub(crate) mod problems;
pub(crate) mod resolve;
pub(crate) mod rules;
pub(crate) mod system;

//! What operators and tools ask: health, metrics, version, documents.

pub(crate) mod documents;
pub(crate) mod health;
pub(crate) mod log_level;
pub(crate) mod metrics;
pub(crate) mod stats;
pub(crate) mod swagger;
pub(crate) mod version;

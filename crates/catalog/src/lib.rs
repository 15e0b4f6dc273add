//! The one stateful object: publishes snapshots of the rules in force.

mod catalog;
mod error;
mod snapshot;

pub use catalog::{Catalog, Settings};
pub use error::Error;
pub use snapshot::{CacheStats, Resolved, Snapshot};

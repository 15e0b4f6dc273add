//! The one stateful object: publishes snapshots of the rules in force.
//!
//! A read takes the current [`Snapshot`] (one atomic load) and asks it; it never waits and never asks a
//! store. A change reaches a snapshot only through a refresh: what changed is merged into a set beside the same base,
//! or everything is loaded, merged and compiled, and the result is published. The commands that change rules decide on a snapshot what to write, have the store write it, and refresh.
//! Which store is behind the trait, and how answers look on the wire, this crate does not know.

mod cache;
mod catalog;
mod census;
mod commands;
mod compaction;
mod error;
mod import;
mod matches;
mod packs;
mod problems;
mod queue;
mod refresh;
mod snapshot;
mod status;
mod sync;
mod tally;
mod threads;
mod turn;

pub use cache::{Answer, CacheStats, Form, Rendered};
pub use catalog::{Catalog, Settings};
pub use census::Count;
pub use commands::{Condition, Terms, Written, merge_patch};
pub use error::Error;
pub use import::{ImportOptions, Imported, OnConflict, Outcome};
pub use matches::Matches;
#[cfg(feature = "doubles")]
pub use packs::KeptInMemory;
pub use packs::{
    Available, Community, Download, Freshness, HELD_BYTES_MAX, Install, Installed, Keep, Kept, Listener,
    OperationCount, PackChange, PackError, PackUpdate, Packs, PacksStatus, SeenPack, SinglesStatus, Sources,
    Synced, Uninstalled, Updated, Updates, Upstream, Which,
};
pub use problems::SeenProblem;
pub use snapshot::{Resolved, Snapshot};
pub use status::{Answers, Failure, Refreshes, Status, StoreOperation};
pub use threads::Threads;
pub use turn::Changed;

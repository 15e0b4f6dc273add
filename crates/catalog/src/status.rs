//! What health, readiness and metrics report.

use crate::{CacheStats, Count};
use rules::Timestamp;
use store::Revision;

/// Why the last refresh failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, for operators.
    pub message: String,
    /// When the first of the failures in a row happened.
    pub since: Timestamp,
}

/// The state of the catalog and its parts.
#[derive(Clone, Debug)]
pub struct Status {
    /// The kind of store.
    pub store: &'static str,
    /// Why the last refresh failed; `None` when it succeeded.
    pub failure: Option<Failure>,
    /// The snapshot's revision; `None` before the first one.
    pub revision: Option<Revision>,
    /// When the snapshot was published.
    pub loaded_at: Option<Timestamp>,
    /// How many milliseconds the rules that changed last took to merge and compile.
    pub build_ms: u64,
    /// Rules by layer, kind and state.
    pub counts: Vec<Count>,
    /// Rules that take part in matching.
    pub matching: usize,
    /// Problems, those beyond the list included.
    pub problems: usize,
    /// How often a rule counted as not matching because a resolve's steps were used up.
    pub over_budget: u64,
    /// The resolve cache.
    pub cache: CacheStats,
}

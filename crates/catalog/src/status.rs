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

/// Answers since the process began, by what they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// At least one rule.
    pub matched: u64,
    /// As many rules as the limits let in, and more matched.
    pub truncated: u64,
    /// No rule.
    pub unmatched: u64,
}

/// Refreshes since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refreshes {
    /// Those that left the snapshot as the store has it.
    pub done: u64,
    /// Those that left the snapshot as it was.
    pub failed: u64,
}

/// How often the store was asked for something since the process began, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOperation {
    /// `load`, `changes` or `write`.
    pub operation: &'static str,
    /// `ok`, `refused` or `failed`.
    pub outcome: &'static str,
    /// How often.
    pub count: u64,
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
    /// The time of this report.
    pub now: Timestamp,
    /// When the snapshot was published.
    pub loaded_at: Option<Timestamp>,
    /// When the rules in force were kept, while they stand in for those of the store.
    pub kept_at: Option<Timestamp>,
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
    /// Answers by what they hold.
    pub answers: Answers,
    /// Rules that were part of an answer.
    pub rules_matched: usize,
    /// What the store was asked, every operation with every outcome.
    pub store_operations: Vec<StoreOperation>,
    /// Refreshes by outcome.
    pub refreshes: Refreshes,
    /// The resolve cache.
    pub cache: CacheStats,
}

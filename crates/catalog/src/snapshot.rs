//! An immutable view of the rules in force, with its own cache.

use rules::{Mode, Resolution, RuleSet, Timestamp};
use std::sync::Arc;
use store::{Problem, Revision};
use urlmatch::Candidate;

/// An answer and whether the cache had it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The answer, shared with the cache.
    pub resolution: Arc<Resolution>,
    /// Whether it came from the cache.
    pub cache_hit: bool,
}

/// Counters of the resolve cache since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Answers from the cache.
    pub hits: u64,
    /// Answers that were computed.
    pub misses: u64,
    /// Entries now.
    pub entries: usize,
    /// Entries at most (`CACHE_MAX_SIZE`).
    pub capacity: usize,
}

/// The rules in force at one revision.
pub struct Snapshot {
    pub(crate) set: RuleSet,
    pub(crate) revision: Revision,
    pub(crate) problems: Vec<Problem>,
    pub(crate) loaded_at: Timestamp,
}

impl Snapshot {
    /// What the page at this URL gets; never waits, never asks a store.
    pub fn resolve(&self, _candidate: &Candidate, _mode: Mode, _now: Timestamp) -> Resolved {
        todo!()
    }

    /// The compiled rules.
    pub fn set(&self) -> &RuleSet {
        &self.set
    }

    /// The state's number.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What was skipped, ignored or left out.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// When it was published.
    pub fn loaded_at(&self) -> Timestamp {
        self.loaded_at
    }
}

//! An immutable view of the rules in force, with its own cache.

use crate::{
    cache::{Answer, Counters, ResolveCache},
    census::{Census, Count},
    problems::{OverBudget, OverBudgetCount, SeenProblem},
};
use rules::{Layer, Mode, RuleId, RuleSet, StackLimits, Timestamp};
use std::{collections::BTreeMap, sync::Arc};
use store::Revision;
use urlmatch::Candidate;

/// An answer and whether the cache had it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The answer, shared with the cache.
    pub resolution: Arc<Answer>,
    /// Whether it came from the cache.
    pub cache_hit: bool,
}

/// A compiled set with all that dies with it.
pub(crate) struct Compiled {
    pub(crate) set: RuleSet,
    pub(crate) cache: ResolveCache,
    pub(crate) pins: BTreeMap<RuleId, Layer>,
    pub(crate) stack: StackLimits,
    pub(crate) census: Census,
    pub(crate) over_budget: OverBudget,
    pub(crate) over_budget_count: Arc<OverBudgetCount>,
    /// From when on the same rules may merge differently: the first `updated_at` that was in the future.
    pub(crate) stale_at: Option<Timestamp>,
}

/// What outlives snapshots and is counted by them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) cache: Arc<Counters>,
    pub(crate) over_budget: Arc<OverBudgetCount>,
}

/// The rules in force at one revision.
pub struct Snapshot {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) revision: Revision,
    pub(crate) problems: Vec<SeenProblem>,
    pub(crate) problems_more: usize,
    pub(crate) loaded_at: Timestamp,
}

impl Snapshot {
    /// What the page at this URL gets; never waits, never asks a store.
    pub fn resolve(&self, candidate: &Candidate, mode: Mode, now: Timestamp) -> Resolved {
        let compiled = &*self.compiled;
        if let Some(resolution) = compiled.cache.get(candidate, mode, now) {
            return Resolved {
                resolution,
                cache_hit: true,
            };
        }
        let resolution = compiled.set.resolve(candidate, mode, compiled.stack, now);
        if !resolution.over_budget.is_empty() {
            compiled.over_budget_count.add(resolution.over_budget.len());
            compiled.over_budget.record(&resolution.over_budget, now);
        }
        Resolved {
            resolution: compiled.cache.keep(candidate, mode, resolution, now),
            cache_hit: false,
        }
    }

    /// The compiled rules.
    pub fn set(&self) -> &RuleSet {
        &self.compiled.set
    }

    /// The layer that somebody wants to win for an id, whether or not it has a rule with it.
    pub fn pin(&self, id: &RuleId) -> Option<Layer> {
        self.compiled.pins.get(id).copied()
    }

    /// The state's number.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What was skipped, ignored or left out when the rules were loaded.
    pub fn problems(&self) -> &[SeenProblem] {
        &self.problems
    }

    /// Problems beyond those listed.
    pub fn problems_more(&self) -> usize {
        self.problems_more
    }

    /// Rules of this set that counted as not matching because a resolve's steps were used up.
    pub fn over_budget(&self) -> Vec<SeenProblem> {
        self.compiled.over_budget.problems(&self.compiled.set)
    }

    /// How many rules there are of each layer, kind and state.
    pub fn counts(&self, now: Timestamp) -> Vec<Count> {
        self.compiled.census.at(now)
    }

    /// When it was published.
    pub fn loaded_at(&self) -> Timestamp {
        self.loaded_at
    }
}

//! An immutable view of the rules in force, with its own cache.

use crate::{
    cache::{Answer, ResolveCache},
    catalog::Inner,
    census::{Census, Count},
    problems::{OverBudget, SeenProblem},
    tally::Tally,
};
use rules::{InstalledPack, Layer, Mode, RuleId, RuleSet, StackLimits, Timestamp};
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
    pub(crate) cache: Arc<ResolveCache>,
    pub(crate) packs: Arc<BTreeMap<String, InstalledPack>>,
    pins: Arc<BTreeMap<RuleId, Layer>>,
    stack: StackLimits,
    pub(crate) census: Arc<Census>,
    over_budget: Arc<OverBudget>,
    tally: Arc<Tally>,
}

impl Compiled {
    /// A set with an empty cache.
    pub(crate) fn new(
        inner: &Inner,
        set: RuleSet,
        census: Census,
        packs: Arc<BTreeMap<String, InstalledPack>>,
        pins: BTreeMap<RuleId, Layer>,
    ) -> Self {
        let settings = &inner.settings;
        let counters = Arc::clone(&inner.tally.cache);
        let cache = ResolveCache::new(settings.cache_entries_max, settings.cache_ttl, counters);
        Self {
            set,
            cache: Arc::new(cache),
            packs,
            pins: Arc::new(pins),
            stack: settings.stack,
            census: Arc::new(census),
            over_budget: Arc::default(),
            tally: Arc::clone(&inner.tally),
        }
    }

    /// The same rules in another form: whatever was learnt about them stays.
    pub(crate) fn with_set(&self, set: RuleSet) -> Self {
        Self {
            set,
            cache: Arc::clone(&self.cache),
            packs: Arc::clone(&self.packs),
            pins: Arc::clone(&self.pins),
            stack: self.stack,
            census: Arc::clone(&self.census),
            over_budget: Arc::clone(&self.over_budget),
            tally: Arc::clone(&self.tally),
        }
    }
}

/// The rules in force at one revision.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) revision: Revision,
    pub(crate) problems: Arc<[SeenProblem]>,
    pub(crate) problems_more: usize,
    pub(crate) loaded_at: Timestamp,
    pub(crate) kept_at: Option<Timestamp>,
}

impl Snapshot {
    /// What the page at this URL gets; never waits, never asks a store.
    pub fn resolve(&self, candidate: &Candidate, mode: Mode, now: Timestamp) -> Resolved {
        let compiled = &*self.compiled;
        let kept = compiled.cache.get(candidate, mode, now);
        let cache_hit = kept.is_some();
        let resolution = kept.unwrap_or_else(|| self.compute(candidate, mode, now));
        compiled.tally.answers.add(&resolution);
        resolution.count_matches(now);
        Resolved {
            resolution,
            cache_hit,
        }
    }

    /// The answer, which the cache did not have.
    fn compute(&self, candidate: &Candidate, mode: Mode, now: Timestamp) -> Arc<Answer> {
        let compiled = &*self.compiled;
        let resolution = compiled.set.resolve(candidate, mode, compiled.stack, now);
        if !resolution.over_budget.is_empty() {
            compiled.tally.over_budget.add(resolution.over_budget.len());
            compiled.over_budget.record(&resolution.over_budget, now);
        }
        let counters = compiled.tally.matches.of(&resolution);
        let answer = compiled.cache.answer(resolution, counters, now);
        compiled.cache.keep(candidate, mode, &answer);
        answer
    }

    /// Whether the same rules make another set by now.
    pub(crate) fn is_stale(&self, now: Timestamp) -> bool {
        self.set().stale_at().is_some_and(|stale_at| stale_at <= now)
    }

    /// The compiled rules.
    pub fn set(&self) -> &RuleSet {
        &self.compiled.set
    }

    /// When these rules were kept, if they stand in for those of a store that could not be loaded yet.
    pub fn kept_at(&self) -> Option<Timestamp> {
        self.kept_at
    }

    /// All pinned layers by effective id.
    pub fn pins(&self) -> &BTreeMap<RuleId, Layer> {
        &self.compiled.pins
    }

    /// The layer that somebody wants to win for an id, whether or not it has a rule with it.
    pub fn pin(&self, id: &RuleId) -> Option<Layer> {
        self.compiled.pins.get(id).copied()
    }

    /// The installed packs by name; among them [`SINGLES`](rules::SINGLES), once there have been any.
    pub fn packs(&self) -> &BTreeMap<String, InstalledPack> {
        &self.compiled.packs
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

//! How often each rule was part of an answer since the process began, and when it was the last time.
//!
//! A rule is counted from its first match on, under its effective id, so the counts outlive the snapshots. An answer
//! holds on to the counters of its rules: one from the cache looks nothing up. What is deleted is forgotten after the
//! snapshot that no longer has it is published, so there are never many more counters than rules.

use rules::{Resolution, RuleId, RuleSet, Timestamp};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, hash_map::RandomState},
    hash::BuildHasher as _,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

/// Parts of the table: whoever walks through all of it holds up few of those who look for a rule.
const SHARDS: usize = 64;

/// How often a rule was part of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Answers since the process began.
    pub count: u64,
    /// When the last one was given; `None` before the first one.
    pub last: Option<Timestamp>,
}

/// The counter of one rule.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    count: AtomicU64,
    last_ms: AtomicI64,
}

impl Counter {
    pub(crate) fn add(&self, now: Timestamp) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let now = now.as_millis();
        // Many answers are given within a millisecond; only the first of them writes.
        if self.last_ms.load(Ordering::Relaxed) != now {
            self.last_ms.store(now, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Matches {
        let count = self.count.load(Ordering::Relaxed);
        let last = Timestamp::from_millis(self.last_ms.load(Ordering::Relaxed));
        Matches {
            count,
            last: (count > 0).then_some(last),
        }
    }
}

/// The counters of an answer's rules.
pub(crate) type Counters = Box<[Arc<Counter>]>;

type Shard = RwLock<HashMap<RuleId, Arc<Counter>>>;

/// The counters of all rules that were part of an answer.
pub(crate) struct MatchTable {
    shards: Box<[Shard]>,
    hasher: RandomState,
}

impl Default for MatchTable {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: RandomState::new(),
        }
    }
}

const UNHARMED: &str = "no holder of the lock panics";

impl MatchTable {
    fn shard(&self, id: &RuleId) -> &Shard {
        let hash = self.hasher.hash_one(id);
        &self.shards[(hash % SHARDS as u64) as usize]
    }

    /// The counters of an answer's rules.
    pub(crate) fn of(&self, resolution: &Resolution) -> Counters {
        let ids = resolution.rules.iter().map(|rule| rule.entry.sourced.rule.id());
        ids.map(|id| self.counter(id)).collect()
    }

    fn counter(&self, id: &RuleId) -> Arc<Counter> {
        let shard = self.shard(id);
        if let Some(counter) = shard.read().expect(UNHARMED).get(id) {
            return Arc::clone(counter);
        }
        let mut counters = shard.write().expect(UNHARMED);
        Arc::clone(counters.entry(id.clone()).or_default())
    }

    /// The count of a rule.
    pub(crate) fn find(&self, id: &RuleId) -> Matches {
        let counters = self.shard(id).read().expect(UNHARMED);
        counters.get(id).map(|counter| counter.read()).unwrap_or_default()
    }

    /// How many rules are counted.
    pub(crate) fn len(&self) -> usize {
        let lens = self
            .shards
            .iter()
            .map(|shard| shard.read().expect(UNHARMED).len());
        lens.sum()
    }

    /// The rules with the most matches, the greatest first.
    pub(crate) fn most(&self, rules_max: usize) -> Vec<(RuleId, Matches)> {
        // The least of those that are kept is on top, and makes room for a greater one.
        let mut kept = BinaryHeap::with_capacity(rules_max + 1);
        for shard in &self.shards {
            for (id, counter) in &*shard.read().expect(UNHARMED) {
                let Matches { count, last } = counter.read();
                let is_full = kept.len() == rules_max;
                let least = kept.peek().filter(|_| is_full);
                let is_greater = |Reverse((least, Reverse(of), _)): &Reverse<(u64, Reverse<RuleId>, _)>| {
                    (count, Reverse(id)) > (*least, Reverse(of))
                };
                if least.is_none_or(is_greater) {
                    kept.push(Reverse((count, Reverse(id.clone()), last)));
                }
                if kept.len() > rules_max {
                    kept.pop();
                }
            }
        }
        let ordered = kept.into_sorted_vec().into_iter();
        let entry = |Reverse((count, Reverse(id), last))| (id, Matches { count, last });
        ordered.map(entry).collect()
    }

    /// Forgets those of these rules that the set no longer has.
    pub(crate) fn forget<'i>(&self, touched: impl Iterator<Item = &'i RuleId>, set: &RuleSet) {
        for id in touched.filter(|id| set.all_of(id.as_str()).is_empty()) {
            self.shard(id).write().expect(UNHARMED).remove(id);
        }
        // A resolve on an older snapshot may have brought a deleted rule back.
        if self.len() > set.entries().len() {
            self.forget_all(set);
        }
    }

    /// Forgets every rule that the set does not have.
    pub(crate) fn forget_all(&self, set: &RuleSet) {
        for shard in &self.shards {
            let mut counters = shard.write().expect(UNHARMED);
            counters.retain(|id, _| !set.all_of(id.as_str()).is_empty());
            if counters.capacity() > 4 * counters.len() {
                counters.shrink_to_fit();
            }
        }
    }
}

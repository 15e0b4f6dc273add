//! How many rules there are of each layer, kind and state.
//!
//! Counted once, when a set is compiled, and kept up with each change of it; only expiry depends on the time of the
//! question, so the ends of the rules that will expire are kept apart, in order.

use rules::{Entry, Layer, RuleSet, State, Timestamp};
use std::{collections::BTreeMap, sync::Arc};
use urlmatch::PatternKind;

/// So many rules of one layer, kind and state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The layer.
    pub layer: Layer,
    /// The pattern's kind.
    pub kind: PatternKind,
    /// The state's name on the wire.
    pub state: &'static str,
    /// How many.
    pub rules: usize,
}

/// Groups by layer, kind and state.
type Groups = BTreeMap<(Layer, PatternKind, &'static str), usize>;

#[derive(Clone, Debug, Default)]
pub(crate) struct Census {
    /// What does not depend on the time.
    fixed: Groups,
    /// When the active rules with an expiry end, in order.
    ends: BTreeMap<(Layer, PatternKind), Arc<Vec<Timestamp>>>,
}

impl Census {
    pub(crate) fn of(set: &RuleSet) -> Self {
        let mut fixed = Groups::new();
        let mut ends: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for entry in set.entries() {
            match end(entry) {
                Some(end) => ends.entry(place(entry)).or_default().push(end),
                None => *fixed.entry(group(entry)).or_default() += 1,
            }
        }
        let ordered = |(place, mut ends): (_, Vec<_>)| {
            ends.sort_unstable();
            (place, Arc::new(ends))
        };
        Self {
            fixed,
            ends: ends.into_iter().map(ordered).collect(),
        }
    }

    /// The census after these entries have gone and those have come.
    pub(crate) fn changed<'e>(
        &self,
        gone: impl Iterator<Item = &'e Arc<Entry>>,
        come: impl Iterator<Item = &'e Arc<Entry>>,
    ) -> Self {
        let mut census = self.clone();
        for entry in gone {
            census.remove(entry);
        }
        for entry in come {
            census.add(entry);
        }
        census
    }

    fn remove(&mut self, entry: &Entry) {
        if let Some(end) = end(entry) {
            let ends = Arc::make_mut(self.ends.entry(place(entry)).or_default());
            if let Ok(at) = ends.binary_search(&end) {
                ends.remove(at);
            }
        } else {
            let count = self.fixed.entry(group(entry)).or_default();
            *count = count.saturating_sub(1);
        }
    }

    fn add(&mut self, entry: &Entry) {
        if let Some(end) = end(entry) {
            let ends = Arc::make_mut(self.ends.entry(place(entry)).or_default());
            ends.insert(ends.partition_point(|earlier| *earlier < end), end);
        } else {
            *self.fixed.entry(group(entry)).or_default() += 1;
        }
    }

    /// The counts as they are at `now`.
    pub(crate) fn at(&self, now: Timestamp) -> Vec<Count> {
        let mut groups = self.fixed.clone();
        for (&(layer, kind), ends) in &self.ends {
            let expired = ends.partition_point(|end| *end <= now);
            for (state, rules) in [("active", ends.len() - expired), ("expired", expired)] {
                *groups.entry((layer, kind, state)).or_default() += rules;
            }
        }
        let count = |((layer, kind, state), rules)| Count {
            layer,
            kind,
            state,
            rules,
        };
        let counted = groups.into_iter().filter(|(_, rules)| *rules > 0);
        counted.map(count).collect()
    }
}

/// When an entry's state will change by itself, or has.
fn end(entry: &Entry) -> Option<Timestamp> {
    let end = entry.sourced.rule.expires_at();
    end.filter(|_| entry.state == State::Active)
}

fn place(entry: &Entry) -> (Layer, PatternKind) {
    (entry.sourced.origin.layer, entry.sourced.rule.pattern().kind())
}

/// The group of an entry whose state does not depend on the time.
fn group(entry: &Entry) -> (Layer, PatternKind, &'static str) {
    let (layer, kind) = place(entry);
    (layer, kind, entry.state_at(Timestamp::default()))
}

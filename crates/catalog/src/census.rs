//! How many rules there are of each layer, kind and state.
//!
//! Counted once, when a set is compiled; only expiry depends on the time of the question, so the rules
//! that will expire are kept apart, by their time.

use rules::{Entry, Layer, State, Timestamp};
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

#[derive(Debug, Default)]
pub(crate) struct Census {
    /// What does not depend on the time.
    fixed: Groups,
    /// Active rules with an expiry.
    expiring: Vec<Arc<Entry>>,
}

impl Census {
    pub(crate) fn of(entries: &[Arc<Entry>], now: Timestamp) -> Self {
        let mut census = Self::default();
        for entry in entries {
            if entry.state == State::Active && entry.sourced.rule.expires_at().is_some() {
                census.expiring.push(Arc::clone(entry));
            } else {
                *census.fixed.entry(group(entry, now)).or_default() += 1;
            }
        }
        census
    }

    /// The counts as they are at `now`.
    pub(crate) fn at(&self, now: Timestamp) -> Vec<Count> {
        let mut groups = self.fixed.clone();
        for entry in &self.expiring {
            *groups.entry(group(entry, now)).or_default() += 1;
        }
        let count = |((layer, kind, state), rules)| Count {
            layer,
            kind,
            state,
            rules,
        };
        groups.into_iter().map(count).collect()
    }
}

fn group(entry: &Entry, now: Timestamp) -> (Layer, PatternKind, &'static str) {
    (
        entry.sourced.origin.layer,
        entry.sourced.rule.pattern().kind(),
        entry.state_at(now),
    )
}

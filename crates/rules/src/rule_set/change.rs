//! A set that differs from another one in a few ids, without a look at all the others.
//!
//! What becomes of a rule depends on the rules of its own id alone, so only the touched ids are merged again, by
//! the same [`merge`]. The exceptions are the bounds of a set, and time: there the answer is that it cannot be done.

use super::{LeftOut, RuleSet};
use crate::{Entry, MergeInput, RuleId, Timestamp, limits, merge};
use std::{collections::BTreeSet, sync::Arc};

impl RuleSet {
    /// This set after a change of these ids: `input.rules` are all rules that they have now, in all layers.
    ///
    /// The packs and settings of the input must be those that this set was made with; what is disabled and pinned may
    /// differ for the touched ids only. The set that is returned is the one that all rules together would make.
    ///
    /// `None` when only all rules together can tell: rules were left out, or would be, by a bound; or by `now` other
    /// `updated_at` lie in the future than when this set was made.
    pub fn changed(&self, touched: &BTreeSet<RuleId>, input: MergeInput, now: Timestamp) -> Option<Self> {
        if self.is_cut || !self.holds.covers(now) {
            return None;
        }
        let rules_max = input.rules_max;
        let merged = merge(input, now);
        debug_assert!(
            merged
                .entries
                .iter()
                .all(|entry| touched.contains(&entry.sourced.rule.id)),
            "only touched ids have rules in the input"
        );
        let before = || touched.iter().flat_map(|id| self.all_of(id.as_str()));
        let rules = self.entries().len() - before().count() + merged.entries.len();
        let residual = self.residual - residual(before()) + residual(merged.entries.iter());
        if merged.is_cut || rules > rules_max || residual > limits::RESIDUAL_RULES_MAX {
            return None;
        }
        Some(Self {
            left_out: self.left_out_with(touched, merged.left_out),
            delta: self.delta.touched(&self.base, touched, merged.entries, now),
            base: Arc::clone(&self.base),
            is_cut: false,
            residual,
            holds: self.holds.and(merged.holds),
            merged_at: now,
        })
    }

    /// How much of it does not stand in its base: entries that were added and entries that are hidden.
    pub fn delta_len(&self) -> usize {
        self.delta.len()
    }

    /// What is left out once these ids have these; shared while nothing of it changes.
    fn left_out_with(&self, touched: &BTreeSet<RuleId>, new: Vec<LeftOut>) -> Arc<[LeftOut]> {
        let has_old = |id: &RuleId| {
            let start = self.left_out.partition_point(|left_out| left_out.id < *id);
            self.left_out
                .get(start)
                .is_some_and(|left_out| left_out.id == *id)
        };
        if new.is_empty() && !touched.iter().any(has_old) {
            return Arc::clone(&self.left_out);
        }
        let stays = |left_out: &&LeftOut| !touched.contains(&left_out.id);
        let mut all: Vec<_> = self.left_out.iter().filter(stays).cloned().collect();
        all.extend(new);
        // Stable, so what is said of one id stays in its order.
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.into()
    }
}

fn residual<'e>(entries: impl Iterator<Item = &'e Arc<Entry>>) -> usize {
    entries.filter(|entry| entry.is_residual()).count()
}

#[cfg(test)]
mod tests;

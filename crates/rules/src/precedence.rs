//! Who wins: a total order over rules that no URL has a part in.

use crate::{Layer, Rule, RuleId, Sourced, Timestamp, limits};
use std::{cmp::Ordering, cmp::Reverse};
use urlmatch::PatternKind;

/// How a rule's score came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreFrom {
    /// The rule's own `priority`.
    Priority,
    /// The base of its pattern's kind plus the pattern's length.
    Computed {
        /// 1000 for exact, 500 for regex, 100 for wildcard.
        base: u32,
        /// The pattern's bytes, at most [`crate::limits::SCORE_LENGTH_MAX`].
        length: u32,
    },
}

/// A rule's score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// The number that is compared; higher wins.
    pub value: u32,
    /// Where it comes from.
    pub from: ScoreFrom,
}

impl Score {
    /// The score of a rule; its own `priority` counts only where its origin is trusted.
    pub fn of(rule: &Rule, priority_counts: bool) -> Self {
        match rule.priority.filter(|_| priority_counts) {
            Some(priority) => Self {
                value: priority.into(),
                from: ScoreFrom::Priority,
            },
            None => Self::computed(rule),
        }
    }

    /// The score that a rule has by its pattern.
    pub(crate) fn computed(rule: &Rule) -> Self {
        let base = match rule.pattern.kind() {
            PatternKind::Exact => 1000,
            PatternKind::Regex => 500,
            PatternKind::Wildcard => 100,
        };
        let bytes = rule.pattern.as_str().len().min(limits::SCORE_LENGTH_MAX);
        let length = u32::try_from(bytes).expect("the bound is a small number");
        Self {
            value: base + length,
            from: ScoreFrom::Computed { base, length },
        }
    }
}

/// A rule's place in the total order; smaller wins.
///
/// Higher score, then longer pattern, then layer, then newer `updated_at`, then smaller id.
#[derive(Clone, Debug)]
pub struct Precedence {
    score: Reverse<u32>,
    length: Reverse<usize>,
    layer: Layer,
    updated_at: Reverse<Option<Timestamp>>,
    id: RuleId,
}

impl Precedence {
    /// The place of a rule with that score; `now` decides which `updated_at` lie in the future.
    pub fn of(sourced: &Sourced, score: Score, now: Timestamp) -> Self {
        let rule = &sourced.rule;
        Self {
            score: Reverse(score.value),
            length: Reverse(rule.pattern.as_str().len()),
            layer: sourced.origin.layer,
            updated_at: Reverse(credible(rule.updated_at, now)),
            id: rule.id.clone(),
        }
    }
}

/// A time of change that can be believed: one in the future counts as none, so that no file wins by a wrong clock.
pub(crate) fn credible(updated_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    updated_at.filter(|time| *time <= now)
}

impl Ord for Precedence {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |place: &Self| (place.score, place.length, place.layer, place.updated_at);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.id.as_str().cmp(other.id.as_str()))
    }
}

// By the order, and so by the bytes of the id: ids that differ in case are equal, their places are not.
impl PartialEq for Precedence {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Precedence {}

impl PartialOrd for Precedence {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests;

//! One pass over the candidates of a URL in rank order, within the bound on work.
//!
//! What a rule is charged depends on the rule, the URL and the rules before it, never on the index or the time.

use super::{Ranked, RuleSet};
use crate::{Entry, limits};
use std::{cell::RefCell, sync::Arc};
use urlmatch::{Candidate, Pattern, Scratch};

/// What verifying a candidate found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'a> {
    /// The pattern matches, and no exclusion does.
    Match,
    /// The pattern matches, and so does this exclusion.
    Excluded(&'a Pattern),
    /// Verifying it would have passed the bound on work: it counts as not matching.
    OverBudget,
}

/// Whether the pass goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    On,
    Stop,
}

impl RuleSet {
    /// Calls back for the rules that take part and match the URL (or would have, but for the bound).
    pub(crate) fn walk_active(
        &self,
        candidate: &Candidate,
        visit: impl FnMut(&Arc<Entry>, Found<'_>) -> Walk,
    ) {
        self.walk(&self.active, candidate, visit);
    }

    /// Calls back for the rules that match the URL and take no part.
    pub(crate) fn walk_inactive(
        &self,
        candidate: &Candidate,
        visit: impl FnMut(&Arc<Entry>, Found<'_>) -> Walk,
    ) {
        self.walk(&self.inactive, candidate, visit);
    }

    fn walk(
        &self,
        ranked: &Ranked,
        candidate: &Candidate,
        mut visit: impl FnMut(&Arc<Entry>, Found<'_>) -> Walk,
    ) {
        let mut budget = Budget {
            left: limits::RESOLVE_STEPS_MAX,
        };
        with_scratch(|scratch| {
            for &rank in ranked.patterns.candidates(candidate, scratch) {
                let pattern = ranked.patterns.pattern(rank);
                let is_within_budget = budget.charge(pattern.steps(candidate));
                // The set's own handle on the pattern spares most candidates a look at their rule, three misses away.
                if is_within_budget && !pattern.is_match(candidate) {
                    continue;
                }
                let entry = &self.entries[ranked.places[rank as usize] as usize];
                let found = match is_within_budget {
                    true => exclude(entry, candidate, &mut budget),
                    false => Found::OverBudget,
                };
                if visit(entry, found) == Walk::Stop {
                    break;
                }
            }
        });
    }
}

/// Working memory that a thread keeps between calls.
fn with_scratch<T>(f: impl FnOnce(&mut Scratch) -> T) -> T {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    SCRATCH.with_borrow_mut(f)
}

/// Verifies the exclusions of a rule whose pattern matches.
fn exclude<'a>(entry: &'a Entry, candidate: &Candidate, budget: &mut Budget) -> Found<'a> {
    for exclude in &entry.sourced.rule.exclude {
        if !exclude.may_match(candidate) {
            continue;
        }
        if !budget.charge(exclude.steps(candidate)) {
            return Found::OverBudget;
        }
        if exclude.is_match(candidate) {
            return Found::Excluded(exclude);
        }
    }
    Found::Match
}

/// The steps that one pass may still spend.
struct Budget {
    left: u64,
}

impl Budget {
    /// Takes the steps, if there are as many left; a cheaper rule may still find its own after a dear one did not.
    fn charge(&mut self, steps: u64) -> bool {
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

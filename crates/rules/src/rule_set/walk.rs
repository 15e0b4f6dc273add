//! One pass over the candidates of a URL in rank order, within the bound on work.
//!
//! What a rule is charged depends on the rule, the URL and the rules before it, never on the index or the time.

use super::{RuleSet, delta::Of, ranked::Part};
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
        self.walk(Part::Active, candidate, visit);
    }

    /// Calls back for the rules that match the URL and take no part.
    pub(crate) fn walk_inactive(
        &self,
        candidate: &Candidate,
        visit: impl FnMut(&Arc<Entry>, Found<'_>) -> Walk,
    ) {
        self.walk(Part::Inactive, candidate, visit);
    }

    fn walk(&self, part: Part, candidate: &Candidate, mut visit: impl FnMut(&Arc<Entry>, Found<'_>) -> Walk) {
        let (base, overlay) = (self.base.part(part), self.delta.part(part));
        let mut budget = Budget {
            left: limits::RESOLVE_STEPS_MAX,
        };
        with_scratch(|[of_base, of_delta]| {
            let hits = overlay.merge(
                base.candidates(candidate, of_base),
                overlay.ranked.candidates(candidate, of_delta),
            );
            for hit in hits {
                let (ranked, entries, hit) = match hit {
                    Of::Base(hit) => (base, &self.base.entries, hit),
                    Of::Delta(hit) => (&overlay.ranked, &self.delta.entries, hit),
                };
                let is_within_budget = budget.charge(hit.steps(candidate));
                // The index verifies by itself, which spares most candidates a look at their rule, three misses away.
                if is_within_budget && !ranked.patterns.is_match(&hit, candidate) {
                    continue;
                }
                let entry = &entries[ranked.places[hit.index() as usize] as usize];
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

/// Working memory that a thread keeps between calls, for the index of the base and for that of the delta.
fn with_scratch<T>(f: impl FnOnce(&mut [Scratch; 2]) -> T) -> T {
    thread_local! {
        static SCRATCH: RefCell<[Scratch; 2]> = RefCell::default();
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

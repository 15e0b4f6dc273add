//! What was skipped, ignored or left out, and since when it has been so.

use rules::{LeftOut, RuleId, RuleSet, Sourced, Timestamp, limits};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Deref,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use store::{PROBLEMS_MAX, Problem};

/// The most rules that are remembered as too expensive; beyond, they are only counted.
const OVER_BUDGET_MAX: usize = 1_000;

/// A problem and when this process first saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenProblem {
    /// The problem.
    pub problem: Problem,
    /// Since when it has been there without a break.
    pub since: Timestamp,
}

impl Deref for SeenProblem {
    type Target = Problem;

    fn deref(&self) -> &Problem {
        &self.problem
    }
}

/// What makes a problem the same one in the next refresh. Lines are left out: they move with every edit above.
type Identity = (String, Option<String>, String, String);

/// Remembers since when each problem has been there.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    since: HashMap<Identity, Timestamp>,
}

impl Memory {
    /// The problems with their times, and the number that did not fit; problems that are gone are forgotten.
    pub(crate) fn observe(
        &mut self,
        problems: impl Iterator<Item = Problem>,
        now: Timestamp,
    ) -> (Vec<SeenProblem>, usize) {
        let mut seen = Vec::new();
        let mut beyond = 0;
        let mut since = HashMap::new();
        for problem in problems {
            if seen.len() >= PROBLEMS_MAX {
                beyond += 1;
                continue;
            }
            let identity = identity(&problem);
            let first = self.since.get(&identity).copied().unwrap_or(now);
            since.insert(identity, first);
            seen.push(SeenProblem {
                problem,
                since: first,
            });
        }
        self.since = since;
        (seen, beyond)
    }
}

fn identity(problem: &Problem) -> Identity {
    (
        problem.file.clone(),
        problem.rule_id.clone(),
        problem.field.clone(),
        problem.reason.clone(),
    )
}

/// A rule that the merge or the set reported, as operators see it.
pub(crate) fn of_left_out(left_out: &LeftOut) -> Problem {
    Problem {
        file: left_out.origin.file.as_deref().unwrap_or_default().to_owned(),
        line: left_out.line.map(|line| line as usize),
        column: None,
        field: left_out.field.to_owned(),
        rule_id: Some(left_out.id.to_string()),
        reason: left_out.reason.clone(),
        hint: None,
        skipped: left_out.skipped,
    }
}

/// Rules that counted as not matching because a resolve's steps were used up.
///
/// It dies with the set that it is about: a corrected rule is a new set.
#[derive(Debug, Default)]
pub(crate) struct OverBudget {
    since: Mutex<BTreeMap<RuleId, Timestamp>>,
}

/// How often that happened since the process began.
#[derive(Debug, Default)]
pub(crate) struct OverBudgetCount(AtomicU64);

impl OverBudgetCount {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, rules: usize) {
        self.0.fetch_add(rules as u64, Ordering::Relaxed);
    }
}

impl OverBudget {
    pub(crate) fn record(&self, ids: &[RuleId], now: Timestamp) {
        let mut since = self.since.lock().expect("no holder of the lock panics");
        for id in ids {
            if since.len() >= OVER_BUDGET_MAX {
                return;
            }
            if !since.contains_key(id) {
                since.insert(id.clone(), now);
            }
        }
    }

    /// One problem a rule, with the place that the set knows.
    pub(crate) fn problems(&self, set: &RuleSet) -> Vec<SeenProblem> {
        let since = self.since.lock().expect("no holder of the lock panics");
        since
            .iter()
            .map(|(id, since)| SeenProblem {
                problem: over_budget(id, set.find(id.as_str()).map(|entry| &entry.sourced)),
                since: *since,
            })
            .collect()
    }
}

fn over_budget(id: &RuleId, sourced: Option<&Sourced>) -> Problem {
    let steps = limits::RESOLVE_STEPS_MAX;
    let file = sourced.and_then(|sourced| sourced.origin.file.as_deref());
    Problem {
        file: file.unwrap_or_default().to_owned(),
        line: sourced.and_then(|sourced| sourced.line).map(|line| line as usize),
        column: None,
        field: "pattern".to_owned(),
        rule_id: Some(id.to_string()),
        reason: format!("counted as not matching for some URL: the resolve's {steps} steps were used up"),
        hint: Some("give the pattern a longer literal part, or fewer `*`".to_owned()),
        skipped: false,
    }
}

//! What a store object remembers of the states that it gave out.

use std::collections::BTreeMap;
use store::{PROBLEMS_MAX, Problem, Revision};

/// States that are remembered: who asks for the difference to an older one loads everything.
const GIVEN_MAX: usize = 256;

/// A state, told from every other one: two databases, or two histories of one, can use a number twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) revision: Revision,
    pub(crate) token: String,
}

/// The last state that was read, with the problems of its rules.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) stamp: Stamp,
    pub(crate) of_rules: RuleProblems,
}

/// The problems of rules by their keys; those beyond the most that are kept are counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleProblems {
    by_key: BTreeMap<String, Vec<Problem>>,
    listed: usize,
    more: usize,
}

impl RuleProblems {
    /// Forgets those of a key.
    pub(crate) fn clear(&mut self, key: &str) {
        let gone = self.by_key.remove(key);
        self.listed -= gone.map_or(0, |gone| gone.len());
    }

    /// Adds those of a row.
    pub(crate) fn add(&mut self, key: &str, problems: Vec<Problem>) {
        for problem in problems {
            if self.listed < PROBLEMS_MAX {
                self.by_key.entry(key.to_owned()).or_default().push(problem);
                self.listed += 1;
            } else {
                self.more += 1;
            }
        }
    }

    /// Whether some are only counted, so that nobody knows whose they are.
    pub(crate) fn is_cut(&self) -> bool {
        self.more > 0
    }

    /// These after others: as many as are listed, and how many more there are.
    pub(crate) fn with(&self, mut others: Vec<Problem>) -> (Vec<Problem>, usize) {
        others.extend(self.by_key.values().flatten().cloned());
        let more = others.len().saturating_sub(PROBLEMS_MAX);
        others.truncate(PROBLEMS_MAX);
        (others, more + self.more)
    }
}

/// What a store object remembers.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The token of each state that was given out.
    given: BTreeMap<Revision, String>,
    pub(crate) seen: Option<Seen>,
}

impl Memory {
    /// A state was given out.
    pub(crate) fn give(&mut self, stamp: &Stamp) {
        self.given.insert(stamp.revision, stamp.token.clone());
        if self.given.len() > GIVEN_MAX {
            self.given.pop_first();
        }
    }

    /// The state of that number that was given out.
    pub(crate) fn given(&self, revision: Revision) -> Option<Stamp> {
        let token = self.given.get(&revision)?.clone();
        Some(Stamp { revision, token })
    }

    /// Keeps the latest state that was read.
    pub(crate) fn see(&mut self, seen: Seen) {
        self.give(&seen.stamp);
        self.seen = Some(seen);
    }
}

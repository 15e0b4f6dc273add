//! What a store object remembers of the states that it gave out.

use std::collections::BTreeMap;
use store::{PROBLEMS_MAX, Problem, Revision};

/// States that are remembered: who asks for the difference to an older one loads everything.
const GIVEN_MAX: usize = 256;

/// A state, told from every other one: two databases, or two histories of one, can use a number twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The database's identity.
    pub(crate) database: String,
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
///
/// The numbers that it gives out only grow, and those of a database do not: after a fail-over to a standby that was
/// behind, or the restoration of a backup, the same numbers come again for other states, and another database counts
/// from its own beginning. From then on the numbers that are given out are ahead of the database's.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Each state that was given out, by the number that it was given out under; none ever takes the place of another.
    given: BTreeMap<Revision, Stamp>,
    /// How far the numbers that are given out are ahead.
    ahead: u64,
    pub(crate) seen: Option<Seen>,
}

impl Memory {
    /// The greatest number that was given out.
    pub(crate) fn latest(&self) -> Revision {
        self.given
            .last_key_value()
            .map_or_else(Revision::default, |(number, _)| *number)
    }

    /// The identity of the database that was read last.
    fn database(&self) -> Option<&str> {
        self.seen.as_ref().map(|seen| &*seen.stamp.database)
    }

    /// Gives a state out; returns its number.
    pub(crate) fn give(&mut self, stamp: &Stamp) -> Revision {
        let number = Revision(stamp.revision.0 + self.ahead);
        self.given.entry(number).or_insert_with(|| stamp.clone());
        if self.given.len() > GIVEN_MAX {
            self.given.pop_first();
        }
        number
    }

    /// The state that was given out under that number.
    pub(crate) fn given(&self, number: Revision) -> Option<Stamp> {
        self.given.get(&number).cloned()
    }

    /// Keeps the latest state that was read, and gives it out; returns its number. `before` is the
    /// [`latest`](Self::latest) of the moment when the reading began: what was given out meanwhile may well be later.
    pub(crate) fn see(&mut self, seen: Seen, before: Revision) -> Revision {
        let revision = seen.stamp.revision.0;
        let number = Revision(revision + self.ahead);
        let is_taken = self.given.get(&number).is_some_and(|given| *given != seen.stamp);
        let is_other = self
            .database()
            .is_some_and(|known| *known != *seen.stamp.database);
        if is_other || number < before || is_taken {
            self.ahead = (self.latest().0 + 1).saturating_sub(revision);
            let what = match is_other {
                true => {
                    "another database has taken the place of the one that was served; all of it is loaded"
                }
                false => "the database has gone back to an earlier state, which is loaded",
            };
            tracing::warn!(database = revision, "{what}");
        }
        let number = self.give(&seen.stamp);
        self.seen = Some(seen);
        number
    }
}

#[cfg(test)]
mod tests;

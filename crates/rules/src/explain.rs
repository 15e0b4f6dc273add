//! Why a page gets what it gets.

use crate::{
    Entry, Mode, RuleSet, ScoreFrom, StackLimits, State, Timestamp, assets, limits,
    rule_set::{Found, Walk},
};
use std::sync::Arc;
use urlmatch::Candidate;

/// What became of a rule that matches, or would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The first match in rank order.
    Wins,
    /// Another match that mode `all` stacks.
    Stacked,
    /// It matches, but mode `best` or a limit leaves it out.
    LowerRank,
    /// One of its exclusions matches.
    Excluded,
    /// Its id is disabled.
    Disabled,
    /// It has expired.
    Expired,
    /// A rule with the same id stands above it (or its pack is missing).
    Shadowed,
    /// Its pack is not trusted and it has only JavaScript.
    Untrusted,
}

/// One rule of an explanation.
#[derive(Clone, Debug)]
pub struct Explained {
    /// 1 for the first match in rank order; absent for rules that do not take part.
    pub rank: Option<usize>,
    /// The rule.
    pub entry: Arc<Entry>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in words.
    pub reason: String,
}

/// The rules that match, in order, then those that would have; at most [`crate::limits::EXPLAINED_MAX`] of each.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The URL in the form that was matched.
    pub subject: String,
    /// The candidates.
    pub candidates: Vec<Explained>,
}

/// Explains what a resolve in that mode, within those limits, gives the page.
pub(crate) fn explain(
    set: &RuleSet,
    candidate: &Candidate,
    (mode, limits): (Mode, StackLimits),
    now: Timestamp,
) -> Explanation {
    let mut taken = Taken {
        mode,
        limits,
        rules: 0,
        bytes: 0,
        is_full: false,
    };
    let (mut matching, mut others) = (Vec::new(), Vec::new());
    set.walk_active(candidate, |entry, found| {
        let (outcome, reason) = match found {
            Found::Match if !entry.sourced.rule.is_expired(now) => {
                if matching.len() < limits::EXPLAINED_MAX {
                    let rank = Some(matching.len() + 1);
                    let (outcome, reason) = taken.outcome(entry);
                    matching.push(Explained {
                        rank,
                        entry: Arc::clone(entry),
                        outcome,
                        reason,
                    });
                }
                return Walk::On;
            }
            Found::Match => (Outcome::Expired, expired(entry)),
            Found::Excluded(exclude) => (
                Outcome::Excluded,
                format!("its exclusion `{}` matches the URL", exclude.as_str()),
            ),
            Found::OverBudget => (Outcome::LowerRank, over_budget()),
        };
        push_other(&mut others, entry, outcome, reason);
        Walk::On
    });
    set.walk_inactive(candidate, |entry, found| {
        if let (Found::Match, Some((outcome, reason))) = (found, why_inactive(entry)) {
            push_other(&mut others, entry, outcome, reason);
        }
        if others.len() < limits::EXPLAINED_MAX {
            Walk::On
        } else {
            Walk::Stop
        }
    });
    matching.append(&mut others);
    Explanation {
        subject: candidate.as_str().to_owned(),
        candidates: matching,
    }
}

fn push_other(others: &mut Vec<Explained>, entry: &Arc<Entry>, outcome: Outcome, reason: String) {
    if others.len() < limits::EXPLAINED_MAX {
        others.push(Explained {
            rank: None,
            entry: Arc::clone(entry),
            outcome,
            reason,
        });
    }
}

/// What an answer has taken so far.
struct Taken {
    mode: Mode,
    limits: StackLimits,
    rules: usize,
    bytes: usize,
    is_full: bool,
}

impl Taken {
    /// What becomes of the next match in rank order.
    fn outcome(&mut self, entry: &Entry) -> (Outcome, String) {
        let is_first = self.rules == 0 && !self.is_full;
        if !is_first && self.mode == Mode::Best {
            return (
                Outcome::LowerRank,
                "mode `best` takes the first match only".to_owned(),
            );
        }
        self.bytes += assets::stacked_len(entry);
        let too_many = self.rules == self.limits.rules || self.bytes > self.limits.bytes;
        self.is_full |= self.mode == Mode::All && too_many;
        if self.is_full {
            let StackLimits { rules, bytes } = self.limits;
            return (
                Outcome::LowerRank,
                format!("a stack holds at most {rules} rules and {bytes} bytes"),
            );
        }
        self.rules += 1;
        let score = score(entry);
        match is_first {
            true => (
                Outcome::Wins,
                format!("the first match in rank order, with {score}"),
            ),
            false => (
                Outcome::Stacked,
                format!("mode `all` takes every match; this one has {score}"),
            ),
        }
    }
}

/// A score and how it came about, in words.
fn score(entry: &Entry) -> String {
    let value = entry.score.value;
    match entry.score.from {
        ScoreFrom::Priority => format!("score {value} by its `priority`"),
        ScoreFrom::Computed { base, length } => {
            let kind = entry.sourced.rule.pattern().kind().as_str();
            format!("score {value}: {base} for {kind} and {length} for the pattern's length")
        }
    }
}

fn expired(entry: &Entry) -> String {
    let end = entry
        .sourced
        .rule
        .expires_at()
        .map(|end| end.to_string())
        .unwrap_or_default();
    format!("it expired at {end}")
}

fn over_budget() -> String {
    format!(
        "it counts as not matching: one resolve spends at most {} steps",
        limits::RESOLVE_STEPS_MAX
    )
}

/// Why a rule takes no part; absent for one that does.
fn why_inactive(entry: &Entry) -> Option<(Outcome, String)> {
    let outcome = match &entry.state {
        State::Active => return None,
        State::Disabled => (Outcome::Disabled, "its id is disabled".to_owned()),
        State::Shadowed { by, file } => {
            let file = file
                .as_ref()
                .map_or(String::new(), |file| format!(" in `{file}`"));
            (
                Outcome::Shadowed,
                format!(
                    "the {} rule{file} has the same id and stands above it",
                    by.as_str()
                ),
            )
        }
        State::Orphaned => (
            Outcome::Shadowed,
            "it overrides a rule of a pack that is not installed".to_owned(),
        ),
        State::Untrusted => (
            Outcome::Untrusted,
            "it has only JavaScript, and its pack's JavaScript is not given to pages".to_owned(),
        ),
    };
    Some(outcome)
}

#[cfg(test)]
mod tests;

//! Why a page gets what it gets.

use crate::{Entry, limits};
use std::sync::Arc;

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

/// The rules that match, in order, then those that would have; at most [`limits::EXPLAINED_MAX`] of each.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The URL in the form that was matched.
    pub subject: String,
    /// The candidates.
    pub candidates: Vec<Explained>,
}

const _: usize = limits::EXPLAINED_MAX;

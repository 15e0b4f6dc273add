//! The rules in force, compiled; it never changes.

use crate::{Entry, Explanation, Merged, Origin, RuleId, Timestamp, limits};
use std::sync::Arc;
use urlmatch::Candidate;

/// How many of the matching rules an answer takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The single first match.
    #[default]
    Best,
    /// Every match, stacked.
    All,
}

impl Mode {
    /// The mode's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::All => "all",
        }
    }
}

/// Bounds of an answer of mode `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackLimits {
    /// `MAX_STACKED_RULES`.
    pub rules: usize,
    /// `MAX_RESOLVE_BYTES`: bytes of CSS and JavaScript together.
    pub bytes: usize,
}

impl Default for StackLimits {
    fn default() -> Self {
        Self {
            rules: limits::STACKED_RULES_MAX,
            bytes: limits::RESOLVE_BYTES_MAX,
        }
    }
}

/// A rule that was reported or left out when the set was made, and why.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Its effective id.
    pub id: RuleId,
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// The field that is to blame, or empty.
    pub field: &'static str,
    /// Why.
    pub reason: String,
}

/// One rule of an answer.
#[derive(Clone, Debug)]
pub struct ResolvedRule {
    /// The rule with origin and score.
    pub entry: Arc<Entry>,
}

/// What a page gets.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// The rules, first in rank order first.
    pub rules: Vec<ResolvedRule>,
    /// The style sheet to inject.
    pub css: String,
    /// The script to inject.
    pub js: String,
    /// Whether more rules matched than the limits let in.
    pub truncated: bool,
    /// Rules that counted as not matching because the resolve's steps were used up.
    pub over_budget: Vec<RuleId>,
    /// When an expiry may change this answer.
    pub valid_until: Option<Timestamp>,
}

/// The rules in force, compiled.
#[derive(Debug)]
pub struct RuleSet {}

impl RuleSet {
    /// Compiles merged rules.
    pub fn compile(_merged: Merged) -> Self {
        todo!()
    }

    /// What the page at this URL gets.
    pub fn resolve(
        &self,
        _candidate: &Candidate,
        _mode: Mode,
        _limits: StackLimits,
        _now: Timestamp,
    ) -> Resolution {
        todo!()
    }

    /// Why the page at this URL gets what it gets.
    pub fn explain(&self, _candidate: &Candidate, _mode: Mode, _now: Timestamp) -> Explanation {
        todo!()
    }

    /// Every rule, whatever its state, by effective id, then layer.
    pub fn entries(&self) -> &[Arc<Entry>] {
        todo!()
    }

    /// The entry in force (or the highest one) for an effective id, whatever its case.
    pub fn find(&self, _id: &str) -> Option<&Arc<Entry>> {
        todo!()
    }

    /// Rules that were reported or left out when the set was made.
    pub fn left_out(&self) -> &[LeftOut] {
        todo!()
    }

    /// The number of rules that take part in matching.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether no rule takes part in matching.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

//! The rules in force, compiled; it never changes.
//!
//! A set is a large base and a small difference to it, so that a set that differs a little from another is made
//! quickly: `ranked` and `delta`. One order goes through both, so "which rule wins" is "which candidate comes first".

mod change;
mod compact;
mod delta;
mod entries;
mod ranked;
mod walk;

use crate::{
    Entry, Explanation, Merged, Origin, RuleId, Sourced, Span, State, Timestamp, assets, explain, limits,
};
use delta::Delta;
pub use entries::{Entries, EntriesIter};
use ranked::{Base, Part};
use std::sync::Arc;
use urlmatch::Candidate;
pub(crate) use walk::{Found, Walk};

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
    /// Where its entry begins in its file: 1-based line, where it is known.
    pub line: Option<u32>,
    /// The field that is to blame, or empty.
    pub field: &'static str,
    /// Why.
    pub reason: String,
    /// Whether it is not in the set; of doubles, the one that is used is reported as well.
    pub skipped: bool,
}

impl LeftOut {
    pub(crate) fn of(sourced: &Sourced, field: &'static str, reason: String) -> Self {
        Self {
            id: sourced.rule.id().clone(),
            origin: Arc::clone(&sourced.origin),
            line: sourced.line,
            field,
            reason,
            skipped: true,
        }
    }
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
///
/// ```
/// use rules::{IdSpace, Layer, MergeInput, Mode, Origin, RuleSet, Sourced, StackLimits, Timestamp, Value};
/// use std::sync::Arc;
///
/// let now = Timestamp::parse("2026-11-23T12:00:00Z").unwrap();
/// let local = Arc::new(Origin::local(Some("banner.rule.yaml".into())));
/// let rule = |id: &str, pattern: &str, css: &str| {
///     let text = |text: &str| Value::Text(text.to_owned());
///     let fields = [("type", "wildcard"), ("pattern", pattern), ("css", css)];
///     let draft = Value::Map(fields.map(|(name, value)| (name.to_owned(), text(value))).into());
///     let rule = rules::check(&draft, &IdSpace::Local, Some(id)).unwrap().rule;
///     Sourced { rule: Arc::new(rule), origin: Arc::clone(&local), line: None }
/// };
/// let rules = vec![
///     rule("banner", "*://*/*", "#banner { display: none }"),
///     rule("blog", "https://example.com/blog/*", "nav { display: none }"),
/// ];
/// let set = RuleSet::compile(rules::merge(MergeInput { rules, ..MergeInput::default() }, now));
///
/// let page = urlmatch::Candidate::parse("https://example.com/blog/first").unwrap();
/// let best = set.resolve(&page, Mode::Best, StackLimits::default(), now);
/// assert_eq!(best.css, "nav { display: none }");
/// let all = set.resolve(&page, Mode::All, StackLimits::default(), now);
/// assert_eq!(all.css, "#banner { display: none }\nnav { display: none }");
/// assert_eq!(all.rules[0].entry.sourced.rule.id().as_str(), "blog");
/// ```
#[derive(Debug)]
pub struct RuleSet {
    /// Shared by the sets that were made of it with [`RuleSet::changed`].
    base: Arc<Base>,
    delta: Delta,
    /// By id, but for those that a bound left out.
    left_out: Arc<[LeftOut]>,
    /// Whether a bound left rules out: what a change does then, depends on all rules.
    is_cut: bool,
    /// Active rules that every page has to be verified against.
    residual: usize,
    /// The times at which the same rules would make the same set.
    holds: Span,
    /// One of them.
    merged_at: Timestamp,
}

impl RuleSet {
    /// Compiles merged rules.
    pub fn compile(merged: Merged) -> Self {
        let Merged {
            entries,
            left_out,
            merged_at,
            holds,
            is_cut,
        } = merged;
        Self {
            residual: entries.iter().filter(|entry| entry.is_residual()).count(),
            base: Arc::new(Base::compile(entries.into(), merged_at)),
            delta: Delta::default(),
            left_out: left_out.into(),
            is_cut,
            holds,
            merged_at,
        }
    }

    /// What the page at this URL gets.
    pub fn resolve(
        &self,
        candidate: &Candidate,
        mode: Mode,
        limits: StackLimits,
        now: Timestamp,
    ) -> Resolution {
        match mode {
            Mode::Best => self.resolve_best(candidate, now),
            Mode::All => self.resolve_all(candidate, limits, now),
        }
    }

    fn resolve_best(&self, candidate: &Candidate, now: Timestamp) -> Resolution {
        let mut resolution = Resolution::default();
        self.walk_active(candidate, |entry, found| match found {
            Found::Match if !entry.sourced.rule.is_expired(now) => {
                (resolution.css, resolution.js) = assets::alone(entry);
                resolution.valid_until = entry.sourced.rule.expires_at;
                resolution.rules = vec![ResolvedRule {
                    entry: Arc::clone(entry),
                }];
                Walk::Stop
            }
            Found::Match | Found::Excluded(_) => Walk::On,
            Found::OverBudget => {
                resolution.over_budget.push(entry.sourced.rule.id.clone());
                Walk::On
            }
        });
        resolution
    }

    fn resolve_all(&self, candidate: &Candidate, limits: StackLimits, now: Timestamp) -> Resolution {
        let mut resolution = Resolution::default();
        let mut bytes = 0;
        self.walk_active(candidate, |entry, found| match found {
            Found::Match if !entry.sourced.rule.is_expired(now) => {
                // Also the end of the first rule that is not let in: with it `truncated` may end.
                let next = [resolution.valid_until, entry.sourced.rule.expires_at]
                    .into_iter()
                    .flatten()
                    .min();
                resolution.valid_until = next;
                bytes += assets::stacked_len(entry);
                resolution.truncated = resolution.rules.len() == limits.rules || bytes > limits.bytes;
                if resolution.truncated {
                    return Walk::Stop;
                }
                resolution.rules.push(ResolvedRule {
                    entry: Arc::clone(entry),
                });
                Walk::On
            }
            Found::Match | Found::Excluded(_) => Walk::On,
            Found::OverBudget => {
                resolution.over_budget.push(entry.sourced.rule.id.clone());
                Walk::On
            }
        });
        (resolution.css, resolution.js) = assets::stack(&resolution.rules);
        resolution
    }

    /// Why the page at this URL gets what it gets, within the usual limits of a stack.
    pub fn explain(&self, candidate: &Candidate, mode: Mode, now: Timestamp) -> Explanation {
        self.explain_within(candidate, mode, StackLimits::default(), now)
    }

    /// Why the page at this URL gets what it gets, within the limits that its resolve has.
    pub fn explain_within(
        &self,
        candidate: &Candidate,
        mode: Mode,
        limits: StackLimits,
        now: Timestamp,
    ) -> Explanation {
        explain::explain(self, candidate, (mode, limits), now)
    }

    /// Every rule, whatever its state, by effective id, then layer.
    pub fn entries(&self) -> Entries<'_> {
        Entries::new(&self.base, &self.delta)
    }

    /// The rules of an effective id, whatever its case, by layer.
    pub fn all_of(&self, id: &str) -> &[Arc<Entry>] {
        let changed = self.delta.group(id);
        if !changed.is_empty() {
            return changed;
        }
        let group = self.base.group(id);
        if self.delta.hides(group.start) {
            return &[];
        }
        &self.base.entries[group]
    }

    /// The entry in force (or the highest one) for an effective id, whatever its case.
    pub fn find(&self, id: &str) -> Option<&Arc<Entry>> {
        let group = self.all_of(id);
        let counts = |entry: &&Arc<Entry>| !matches!(entry.state, State::Shadowed { .. } | State::Orphaned);
        group.iter().find(counts).or_else(|| group.first())
    }

    /// Rules that were reported or left out when the set was made.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// From when on the same rules make another set: the first `updated_at` that was in the future.
    pub fn stale_at(&self) -> Option<Timestamp> {
        self.holds.until
    }

    /// The number of rules that take part in matching.
    pub fn len(&self) -> usize {
        let overlay = self.delta.part(Part::Active);
        self.base.part(Part::Active).len() + overlay.ranked.len() - overlay.hidden.len()
    }

    /// Whether no rule takes part in matching.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory of the indices over the patterns, in bytes: without rules, patterns and assets.
    pub fn index_bytes(&self) -> usize {
        self.base.index_bytes() + self.delta.index_bytes()
    }
}

#[cfg(test)]
mod tests;

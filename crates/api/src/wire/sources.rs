//! All rules of one id, and which of them counts.

use super::rule::{Source, Time};
use catalog::Snapshot;
use rules::{Entry, RuleId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// The rules of one id by their sources.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleSources<'a> {
    #[schema(example = "cookies:onetrust")]
    rule_id: &'a str,
    /// The one that counts; the others are hidden. Null where there is no rule with this id.
    active: Option<RuleSource<'a>>,
    /// Why it counts: `only` (there is no other), `precedence` (local before override before community) or `pinned`.
    #[schema(example = "precedence")]
    why: &'static str,
    /// The source that somebody pinned: it counts while it has a rule with this id.
    pinned: Option<&'static str>,
    /// All of them, highest precedence first.
    sources: Vec<RuleSource<'a>>,
}

/// Origin, attribution and state of one rule.
#[derive(Serialize, ToSchema)]
struct RuleSource<'a> {
    #[serde(flatten)]
    origin: Source<'a>,
    /// `active`, `disabled`, `expired`, `shadowed`, `orphaned` or `untrusted`.
    #[schema(example = "active")]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_by: Option<&'a str>,
    /// The pack's version that an override was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Time>,
}

impl<'a> RuleSources<'a> {
    pub(crate) fn of(snapshot: &'a Snapshot, id: &'a RuleId, now: Timestamp) -> Self {
        let source = |entry: &'a Entry| RuleSource::of(entry, now);
        let winner = snapshot.set().find(id.as_str());
        let entries = snapshot.set().all_of(id.as_str());
        let pin = snapshot.pin(id);
        let is_pinned = winner.is_some_and(|winner| pin == Some(winner.sourced.origin.layer));
        Self {
            rule_id: winner.map_or(id, |entry| entry.sourced.rule.id()).as_str(),
            active: winner.map(|entry| source(entry)),
            why: match entries.len() {
                0 | 1 => "only",
                _ if is_pinned => "pinned",
                _ => "precedence",
            },
            pinned: pin.map(rules::Layer::as_str),
            sources: entries.iter().map(|entry| source(entry)).collect(),
        }
    }
}

impl<'a> RuleSource<'a> {
    fn of(entry: &'a Entry, now: Timestamp) -> Self {
        let rule = &entry.sourced.rule;
        Self {
            origin: Source::of(&entry.sourced.origin),
            state: entry.state_at(now),
            author: rule.author(),
            modified_by: rule.modified_by(),
            base_version: rule.base_version(),
            created_at: rule.created_at().map(Time),
            updated_at: rule.updated_at().map(Time),
        }
    }
}

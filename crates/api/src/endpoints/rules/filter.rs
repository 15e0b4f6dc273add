//! Which rules a listing shows.

use crate::{
    error::Error,
    extract::{Query, required_url},
};
use ::rules::{Entry, Layer, Timestamp};
use urlmatch::{Candidate, Pattern, PatternKind};

pub(crate) const KINDS: [(&str, PatternKind); 3] = [
    ("exact", PatternKind::Exact),
    ("wildcard", PatternKind::Wildcard),
    ("regex", PatternKind::Regex),
];
pub(crate) const LAYERS: [(&str, Layer); 3] = [
    ("local", Layer::Local),
    ("override", Layer::Override),
    ("community", Layer::Community),
];
pub(crate) const STATES: [(&str, &str); 6] = [
    ("active", "active"),
    ("disabled", "disabled"),
    ("expired", "expired"),
    ("shadowed", "shadowed"),
    ("orphaned", "orphaned"),
    ("untrusted", "untrusted"),
];

/// What a rule must be to be shown; every condition that is set must hold.
#[derive(Default)]
pub(super) struct Filter {
    /// Part of the id, the pattern, the description, the author or a tag, in any case.
    text: Option<String>,
    kind: Option<PatternKind>,
    layer: Option<Layer>,
    pack: Option<String>,
    tag: Option<String>,
    state: Option<&'static str>,
    matches: Option<Candidate>,
}

impl Filter {
    /// Reads the conditions and ends the reading of the query.
    pub(super) fn read(mut query: Query<'_>) -> Result<Self, Error> {
        let text = query.text("q").map(|text| text.trim().to_lowercase());
        let kind = query.choice("type", &KINDS);
        let layer = query.choice("source", &LAYERS);
        let pack = query.text("pack").map(Into::into);
        let tag = query.text("tag").map(Into::into);
        let state = query.choice("state", &STATES);
        let matches = query.text("matches");
        query.finish()?;
        let matches = matches
            .map(|url| required_url("matches", Some(url)))
            .transpose()?;
        Ok(Self {
            text: text.filter(|text| !text.is_empty()),
            kind,
            layer,
            pack,
            tag,
            state,
            matches,
        })
    }

    /// Whether a rule is shown; the cheap conditions come first.
    pub(super) fn admits(&self, entry: &Entry, now: Timestamp) -> bool {
        let (rule, origin) = (&entry.sourced.rule, &entry.sourced.origin);
        self.layer.is_none_or(|layer| origin.layer == layer)
            && self.kind.is_none_or(|kind| rule.pattern().kind() == kind)
            && self.state.is_none_or(|state| entry.state_at(now) == state)
            && self
                .pack
                .as_ref()
                .is_none_or(|pack| origin.pack_name.as_deref() == Some(pack.as_str()))
            && self.tag.as_ref().is_none_or(|tag| rule.tags().contains(tag))
            && self.text.as_ref().is_none_or(|text| mentions(entry, text))
            && self
                .matches
                .as_ref()
                .is_none_or(|candidate| applies(entry, candidate))
    }
}

fn mentions(entry: &Entry, text: &str) -> bool {
    let rule = &entry.sourced.rule;
    let fixed = [
        Some(rule.id().as_str()),
        Some(rule.pattern().as_str()),
        rule.description(),
        rule.author(),
    ];
    let tags = rule.tags().iter().map(String::as_str);
    fixed
        .into_iter()
        .flatten()
        .chain(tags)
        .any(|field| field.to_lowercase().contains(text))
}

fn applies(entry: &Entry, candidate: &Candidate) -> bool {
    let hits = |pattern: &Pattern| pattern.is_match(candidate);
    let rule = &entry.sourced.rule;
    hits(rule.pattern()) && !rule.exclude().iter().any(hits)
}

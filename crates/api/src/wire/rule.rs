//! A rule as the API shows it: its own fields, then what the service knows about it.

use super::value::Json;
use crate::answer::entity_tag;
use rules::{Entry, Origin, Rule, State, Timestamp};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A rule with its origin and state.
#[derive(Serialize, ToSchema)]
#[schema(as = Rule)]
pub(crate) struct RuleBody<'a> {
    #[serde(flatten)]
    own: OwnFields<'a>,
    source: Source<'a>,
    /// Whether it is not disabled.
    enabled: bool,
    /// `active`, `disabled`, `expired`, `shadowed`, `orphaned` or `untrusted`.
    #[schema(example = "active")]
    state: &'static str,
    /// What hides it, for a shadowed rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadowed_by: Option<ShadowedBy<'a>>,
}

/// The fields that a rule's author writes.
#[derive(Serialize, ToSchema)]
struct OwnFields<'a> {
    #[schema(example = "onetrust")]
    id: &'a str,
    #[schema(example = "wildcard")]
    r#type: &'static str,
    #[schema(example = "*")]
    pattern: &'a str,
    /// Left out in summaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    css: Option<&'a str>,
    /// Left out in summaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    js: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exclude: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tests: Vec<Test<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_by: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Time>,
    /// Fields that begin with `x-`.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    extensions: BTreeMap<&'a str, Json<'a>>,
}

/// A test that a rule carries.
#[derive(Serialize, ToSchema)]
struct Test<'a> {
    url: &'a str,
    matches: bool,
}

/// Where a rule comes from.
#[derive(Serialize, ToSchema)]
pub(super) struct Source<'a> {
    /// `local`, `override` or `community`.
    #[schema(example = "local")]
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pack_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pack_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_url: Option<&'a str>,
    /// Relative to the rules folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    trusted: bool,
}

/// The rule that hides another one with the same id.
#[derive(Serialize, ToSchema)]
struct ShadowedBy<'a> {
    /// `local`, `override` or `community`.
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
}

/// A time as rules carry it.
#[derive(Clone, Copy, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000Z")]
pub(crate) struct Time(pub(crate) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'a> RuleBody<'a> {
    /// All of a rule.
    pub(crate) fn full(entry: &'a Entry, now: Timestamp) -> Self {
        let assets = entry.sourced.rule.assets();
        let mut body = Self::summary(entry, now);
        body.own.css = Some(&*assets.css);
        body.own.js = Some(&*assets.js);
        body
    }

    /// A rule without its assets.
    pub(crate) fn summary(entry: &'a Entry, now: Timestamp) -> Self {
        let shadowed_by = match &entry.state {
            State::Shadowed { by, file } => Some(ShadowedBy {
                r#type: by.as_str(),
                file: file.as_deref(),
            }),
            State::Active | State::Disabled | State::Orphaned | State::Untrusted => None,
        };
        Self {
            own: OwnFields::of(&entry.sourced.rule),
            source: Source::of(&entry.sourced.origin),
            enabled: entry.state != State::Disabled,
            state: entry.state_at(now),
            shadowed_by,
        }
    }
}

impl<'a> OwnFields<'a> {
    fn of(rule: &'a Rule) -> Self {
        Self {
            id: rule.id().as_str(),
            r#type: rule.pattern().kind().as_str(),
            pattern: rule.pattern().as_str(),
            css: None,
            js: None,
            priority: rule.priority(),
            exclude: rule.exclude().iter().map(urlmatch::Pattern::as_str).collect(),
            tests: rule
                .tests()
                .iter()
                .map(|test| Test {
                    url: &test.url,
                    matches: test.matches,
                })
                .collect(),
            description: rule.description(),
            author: rule.author(),
            modified_by: rule.modified_by(),
            tags: rule.tags(),
            expires_at: rule.expires_at().map(Time),
            base_version: rule.base_version(),
            created_at: rule.created_at().map(Time),
            updated_at: rule.updated_at().map(Time),
            extensions: rule
                .extensions()
                .iter()
                .map(|(name, value)| (name.as_str(), Json(value)))
                .collect(),
        }
    }
}

impl<'a> Source<'a> {
    pub(super) fn of(origin: &'a Origin) -> Self {
        Self {
            r#type: origin.layer.as_str(),
            pack_name: origin.pack_name.as_deref(),
            pack_version: origin.pack_version.as_deref(),
            source_url: origin.source_url.as_deref(),
            file: origin.file.as_deref(),
            trusted: origin.trusted,
        }
    }
}

/// The entity tag of a rule: a hash of its own fields, whatever its state and origin.
pub(crate) fn rule_tag(rule: &Rule) -> Box<str> {
    let value = rule.to_value();
    entity_tag(&serde_json::to_vec(&Json(&value)).expect("plain data serializes"))
}

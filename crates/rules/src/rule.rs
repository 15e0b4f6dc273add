//! A rule: exists only if it is valid.

use crate::{Assets, Timestamp, Value};
use std::{fmt, sync::Arc};
use urlmatch::Pattern;

/// The effective id of a rule: `name`, or `pack:name` for a pack's rule.
///
/// Ids that differ only in ASCII case are equal, hash alike and sort together; the text keeps its case.
#[derive(Clone, Debug)]
pub struct RuleId(Arc<str>);

impl PartialEq for RuleId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for RuleId {}

impl PartialOrd for RuleId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RuleId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let folded = |id: &Self| id.0.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<_>>();
        folded(self).cmp(&folded(other))
    }
}

impl std::hash::Hash for RuleId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.bytes().for_each(|byte| state.write_u8(byte.to_ascii_lowercase()));
        state.write_u8(0xff);
    }
}

impl RuleId {
    /// Parses an effective id.
    ///
    /// # Errors
    ///
    /// The reason, when the text is not one.
    pub fn parse(_text: &str) -> Result<Self, String> {
        todo!()
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pack's name, for an id of the form `pack:name`.
    pub fn pack(&self) -> Option<&str> {
        self.0.split_once(':').map(|(pack, _)| pack)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A test that a rule carries: whether this rule applies to the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTest {
    /// The URL, as written.
    pub url: String,
    /// Whether the rule must apply to it.
    pub matches: bool,
}

/// A valid rule. Made only by [`crate::check`].
#[derive(Clone, Debug)]
pub struct Rule {
    pub(crate) id: RuleId,
    pub(crate) pattern: Pattern,
    pub(crate) assets: Assets,
    pub(crate) priority: Option<u16>,
    pub(crate) exclude: Vec<Pattern>,
    pub(crate) tests: Vec<RuleTest>,
    pub(crate) description: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) modified_by: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) base_version: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) updated_at: Option<Timestamp>,
    pub(crate) extensions: Vec<(String, Value)>,
}

impl Rule {
    /// The rule's `id`.
    pub fn id(&self) -> &RuleId {
        &self.id
    }

    /// The rule's `pattern`.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The rule's `assets`.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// The rule's `priority`.
    pub fn priority(&self) -> Option<u16> {
        self.priority
    }

    /// The rule's `exclude`.
    pub fn exclude(&self) -> &[Pattern] {
        &self.exclude
    }

    /// The rule's `tests`.
    pub fn tests(&self) -> &[RuleTest] {
        &self.tests
    }

    /// The rule's `description`.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The rule's `author`.
    pub fn author(&self) -> Option<&str> {
        self.author.as_deref()
    }

    /// The rule's `modified_by`.
    pub fn modified_by(&self) -> Option<&str> {
        self.modified_by.as_deref()
    }

    /// The rule's `tags`.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The rule's `expires_at`.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The rule's `base_version`.
    pub fn base_version(&self) -> Option<&str> {
        self.base_version.as_deref()
    }

    /// The rule's `created_at`.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.created_at
    }

    /// The rule's `updated_at`.
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.updated_at
    }

    /// The rule's `extensions`.
    pub fn extensions(&self) -> &[(String, Value)] {
        &self.extensions
    }

    /// All fields as plain data, in the order of the documentation, absent ones left out.
    pub fn to_value(&self) -> Value {
        todo!()
    }
}

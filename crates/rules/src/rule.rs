//! A rule: exists only if it is valid.

use crate::{Assets, RuleId, Timestamp, Value, draft::FIELDS, stylesheet::Shape};
use urlmatch::{Candidate, Pattern};

/// A test that a rule carries: whether this rule applies to the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTest {
    /// The URL, as written.
    pub url: String,
    /// Whether the rule must apply to it.
    pub matches: bool,
}

/// A valid rule. Made only by [`crate::check`].
///
/// What every resolve reads stands in the rule itself; what only listings read stands in one box behind it.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(crate) id: RuleId,
    pub(crate) pattern: Pattern,
    pub(crate) assets: Assets,
    pub(crate) exclude: Box<[Pattern]>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) updated_at: Option<Timestamp>,
    pub(crate) priority: Option<u16>,
    /// Whether the script runs only inside of a function, since it returns from its top level.
    pub(crate) js_needs_function: bool,
    /// What stacking must change in the style sheet; absent where it stacks as it is.
    pub(crate) css_shape: Option<Box<Shape>>,
    pub(crate) details: Option<Box<Details>>,
}

/// The fields of a rule that no resolve reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Details {
    pub(crate) tests: Box<[RuleTest]>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) author: Option<Box<str>>,
    pub(crate) modified_by: Option<Box<str>>,
    pub(crate) tags: Box<[String]>,
    pub(crate) base_version: Option<Box<str>>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) extensions: Box<[(String, Value)]>,
}

impl Rule {
    /// The rule's effective id.
    pub fn id(&self) -> &RuleId {
        &self.id
    }

    /// The pattern, with its kind.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// What the rule gives a page.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }

    /// The number that replaces the computed score.
    pub fn priority(&self) -> Option<u16> {
        self.priority
    }

    /// Wildcard patterns of URLs that the rule must not apply to.
    pub fn exclude(&self) -> &[Pattern] {
        &self.exclude
    }

    /// The tests that the rule carries; all of them hold.
    pub fn tests(&self) -> &[RuleTest] {
        self.details.as_ref().map_or(&[], |details| &details.tests)
    }

    /// What the rule is for.
    pub fn description(&self) -> Option<&str> {
        self.details.as_ref()?.description.as_deref()
    }

    /// Who wrote the rule.
    pub fn author(&self) -> Option<&str> {
        self.details.as_ref()?.author.as_deref()
    }

    /// Who changed the rule last.
    pub fn modified_by(&self) -> Option<&str> {
        self.details.as_ref()?.modified_by.as_deref()
    }

    /// Words to find the rule by.
    pub fn tags(&self) -> &[String] {
        self.details.as_ref().map_or(&[], |details| &details.tags)
    }

    /// The time from which on the rule no longer matches.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The pack's version that an override was made from.
    pub fn base_version(&self) -> Option<&str> {
        self.details.as_ref()?.base_version.as_deref()
    }

    /// When the rule was created.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.details.as_ref()?.created_at
    }

    /// When the rule was last changed.
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.updated_at
    }

    /// Fields that begin with `x-`: kept, and given no meaning.
    pub fn extensions(&self) -> &[(String, Value)] {
        self.details.as_ref().map_or(&[], |details| &details.extensions)
    }

    /// Whether the rule has expired at that time.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether the rule applies to the URL: its pattern matches and none of its exclusions does.
    pub fn applies_to(&self, candidate: &Candidate) -> bool {
        self.pattern.is_match(candidate) && !self.exclude.iter().any(|exclude| exclude.is_match(candidate))
    }

    /// All fields as plain data, in the order of the documentation, absent ones left out.
    ///
    /// [`crate::check`] in the space [`crate::IdSpace::Local`] makes an equal rule of it.
    pub fn to_value(&self) -> Value {
        let fields = FIELDS
            .iter()
            .filter_map(|field| Some((field.name.to_owned(), (field.write?)(self)?)));
        Value::Map(fields.chain(self.extensions().iter().cloned()).collect())
    }

    /// The same rule with other times of its creation and its last change.
    #[must_use]
    pub fn with_times(mut self, created_at: Option<Timestamp>, updated_at: Timestamp) -> Self {
        if self.created_at() != created_at {
            self.details.get_or_insert_default().created_at = created_at;
            self.details = self.details.filter(|details| **details != Details::default());
        }
        self.updated_at = Some(updated_at);
        self
    }

    /// Whether two rules are the same in all fields, the time of the last change left aside.
    pub fn same_rule(&self, other: &Self) -> bool {
        self.id.as_str() == other.id.as_str()
            && self.pattern.kind() == other.pattern.kind()
            && self.pattern.as_str() == other.pattern.as_str()
            && self.assets == other.assets
            && self.priority == other.priority
            && self.expires_at == other.expires_at
            && self
                .exclude
                .iter()
                .map(Pattern::as_str)
                .eq(other.exclude.iter().map(Pattern::as_str))
            && self.details == other.details
    }
}

#[cfg(test)]
mod tests;

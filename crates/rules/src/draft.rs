//! Unchecked input to a `Rule` or its violations: the only way to make a rule.

use crate::{Rule, Value, Violation, Violations};

/// In which space a draft's id stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdSpace {
    /// The user's own rules: ids as they are, `pack:name` allowed.
    Local,
    /// A pack's rules or overrides of it: the id is written without the pack's name and gets it here.
    Pack(String),
}

/// A valid rule and what was ignored on the way.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The rule.
    pub rule: Rule,
    /// Fields that were accepted and ignored (`enabled`, `state`, `source`), each with a hint.
    pub warnings: Vec<Violation>,
}

/// Checks a draft: all fields, all problems at once, its scripts and its tests.
///
/// `default_id` stands in for a missing `id` (a UUID for a request, the path for a file).
///
/// # Errors
///
/// All violations, in the order of the fields.
pub fn check(_draft: &Value, _space: &IdSpace, _default_id: Option<&str>) -> Result<Checked, Violations> {
    todo!()
}

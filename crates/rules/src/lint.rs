//! What is legal in rules and probably not meant.

use crate::{Rule, Sourced};

/// A finding of `check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable code.
    pub code: &'static str,
    /// The path of the field inside the rule.
    pub field: String,
    /// What is doubtful: lower case, no full stop.
    pub reason: String,
    /// The corrected form, where there is one.
    pub suggestion: Option<String>,
}

/// Findings about one rule by itself.
pub fn lint_rule(_rule: &Rule) -> Vec<Finding> {
    Vec::new()
}

/// Findings about rules together, each with the index of the rule that it is about.
pub fn lint_rules(_rules: &[Sourced]) -> Vec<(usize, Finding)> {
    Vec::new()
}

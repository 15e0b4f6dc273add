//! What is wrong with a draft, field by field.

use std::fmt;

/// One problem of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field inside the rule, such as `pattern` or `tests[3].url`; empty for the rule as a whole.
    pub field: String,
    /// What is wrong: lower case, no full stop.
    pub reason: String,
    /// What to do about it, where that can be said.
    pub hint: Option<String>,
}

/// All problems of one draft, in the order of its fields; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violations(pub Vec<Violation>);

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, violation) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            let colon = if violation.field.is_empty() { "" } else { ": " };
            write!(f, "{separator}{}{colon}{}", violation.field, violation.reason)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

//! What is legal in a pattern and probably not meant.

use crate::Pattern;

/// Something legal in a pattern that is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// A stable code, such as `never-matches` or `not-a-plain-glob`.
    pub code: &'static str,
    /// What the pattern means and why that is doubtful.
    pub reason: String,
    /// The corrected pattern, where there is one.
    pub suggestion: Option<String>,
}

/// The findings about one pattern.
pub(crate) fn lints(_pattern: &Pattern) -> Vec<Lint> {
    Vec::new()
}

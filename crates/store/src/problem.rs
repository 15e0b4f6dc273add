//! A rule or file that was skipped, or something in it that was ignored.

/// A problem of stored rules, as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the rules folder; empty when there is none.
    pub file: String,
    /// 1-based line, where it is known.
    pub line: Option<usize>,
    /// 1-based column, where it is known.
    pub column: Option<usize>,
    /// The path of the field; empty for the file as a whole.
    pub field: String,
    /// The rule's effective id, where it is known.
    pub rule_id: Option<String>,
    /// What is wrong: lower case, no full stop.
    pub reason: String,
    /// What to do about it, where that can be said.
    pub hint: Option<String>,
    /// Whether a rule or a file was skipped because of it.
    pub skipped: bool,
}

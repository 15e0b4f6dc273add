//! A problem in a file, with its place.

/// What kind of problem it is; the name is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    /// The bytes are not UTF-8, too many, or nested too deep.
    Unreadable,
    /// The text is not well-formed YAML or JSON.
    Syntax,
    /// A field of a rule is missing, unknown, of the wrong type, or has a bad value.
    Invalid,
    /// The file asks for a newer engine.
    TooNew,
    /// A field was accepted and ignored.
    Ignored,
}

/// Whether something was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// A rule or a file was skipped.
    Error,
    /// Nothing was skipped.
    Warning,
}

/// A problem in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind.
    pub code: Code,
    /// Whether something was skipped.
    pub severity: Severity,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// The path of the field in the file, such as `rules[3].pattern`; empty for the file as a whole.
    pub field: String,
    /// The rule's id, where it is known.
    pub rule_id: Option<String>,
    /// What is wrong: lower case, no full stop.
    pub reason: String,
    /// What to do about it, where that can be said.
    pub hint: Option<String>,
}

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

/// A problem that is known by its place in the text only, before lines are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Byte offset in the text, after a byte order mark.
    pub(crate) offset: usize,
    pub(crate) code: Code,
    pub(crate) reason: String,
    pub(crate) hint: Option<String>,
    /// The offset of what it repeats; its line ends the reason.
    pub(crate) first: Option<usize>,
}

impl Fault {
    /// A problem of the language, YAML or JSON.
    pub(crate) fn syntax(offset: usize, reason: impl Into<String>) -> Self {
        Self {
            offset,
            code: Code::Syntax,
            reason: reason.into(),
            hint: None,
            first: None,
        }
    }

    /// A bound that the text passes.
    pub(crate) fn bound(offset: usize, reason: impl Into<String>) -> Self {
        Self {
            offset,
            code: Code::Unreadable,
            reason: reason.into(),
            hint: None,
            first: None,
        }
    }

    /// The same with advice.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

//! Problems of files, made in one way.

use store::Problem;

/// A problem of a file or folder as a whole.
pub(crate) fn whole(file: &str, reason: impl Into<String>, hint: Option<&str>) -> Problem {
    Problem {
        file: file.to_owned(),
        line: None,
        column: None,
        field: String::new(),
        rule_id: None,
        reason: reason.into(),
        hint: hint.map(str::to_owned),
        skipped: true,
    }
}

/// A diagnostic of a file's text.
pub(crate) fn of_diagnostic(file: &str, diagnostic: rulefile::Diagnostic) -> Problem {
    Problem {
        file: file.to_owned(),
        line: Some(diagnostic.line),
        column: Some(diagnostic.column),
        field: diagnostic.field,
        rule_id: diagnostic.rule_id,
        reason: diagnostic.reason,
        hint: diagnostic.hint,
        skipped: diagnostic.severity == rulefile::Severity::Error,
    }
}

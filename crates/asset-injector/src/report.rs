//! What `check` found, and the forms in which it is printed.

mod github;
mod human;
mod sarif;

use std::{collections::BTreeMap, io::Write};

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Like a compiler, with the line of the source
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// A rule or a file would be skipped.
    Error,
    /// It works, and is probably not meant.
    Warning,
}

impl Severity {
    /// The name, as SARIF and GitHub write it too.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One finding with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file, as it was named.
    pub(crate) path: String,
    /// 1-based line.
    pub(crate) line: usize,
    /// 1-based column, in characters.
    pub(crate) column: usize,
    /// How grave it is.
    pub(crate) severity: Severity,
    /// A stable code.
    pub(crate) code: String,
    /// The path of the field; empty for the file as a whole.
    pub(crate) field: String,
    /// The rule's id, where it is known.
    pub(crate) rule_id: Option<String>,
    /// What is wrong.
    pub(crate) reason: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl Finding {
    /// The field and what is wrong with it.
    fn message(&self) -> String {
        if self.field.is_empty() {
            self.reason.clone()
        } else {
            format!("{}: {}", self.field, self.reason)
        }
    }
}

/// Everything that was checked and found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// Files that were read, with their text where it is UTF-8.
    pub(crate) texts: BTreeMap<String, String>,
    /// The number of files.
    pub(crate) files: usize,
    /// The number of valid rules.
    pub(crate) rules: usize,
    /// The findings by file and line.
    pub(crate) findings: Vec<Finding>,
}

impl Report {
    /// The number of findings of a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// Prints it.
    ///
    /// # Errors
    ///
    /// When the stream is gone.
    pub(crate) fn print(&self, format: Format, stream: &mut dyn Write) -> std::io::Result<()> {
        match format {
            Format::Human => human::print(self, stream),
            Format::Json => crate::output::json(stream, &self.json()),
            Format::Sarif => crate::output::json(stream, &sarif::document(self)),
            Format::Github => github::print(self, stream),
        }
    }

    fn json(&self) -> serde_json::Value {
        let finding = |finding: &Finding| {
            serde_json::json!({
                "path": finding.path,
                "line": finding.line,
                "column": finding.column,
                "severity": finding.severity.as_str(),
                "code": finding.code,
                "field": finding.field,
                "rule_id": finding.rule_id,
                "reason": finding.reason,
                "hint": finding.hint,
            })
        };
        serde_json::json!({
            "files": self.files,
            "rules": self.rules,
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }
}

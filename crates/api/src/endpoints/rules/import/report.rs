//! What became of an import, rule by rule.

use super::super::check::CheckFinding;
use crate::error::{PROBLEMS_MAX, Problem};
use ::rules::{Finding, Origin, Rule, Sourced, lint_rule, lint_rules};
use catalog::{Imported, Outcome};
use rulefile::{Diagnostic, ParsedEntries, ParsedEntry, Severity};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The most findings that a report holds.
const FINDINGS_MAX: usize = 10_000;

/// What became of an import.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportReport {
    /// New local rules.
    added: usize,
    /// Local rules in whose place an imported one stands now.
    replaced: usize,
    /// Rules whose id a local rule has, or an earlier rule of the import.
    skipped: usize,
    /// Rules that are not valid, or whose place cannot be written.
    refused: usize,
    /// Valid rules that were not taken, since another one was refused and the import is atomic.
    withheld: usize,
    /// The number of the state that holds what was taken.
    revision: u64,
    /// Each rule, in the order of the input.
    rules: Vec<ImportedRule>,
    /// What is wrong with the input as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ImportProblem>,
    /// Errors and findings beyond those that are listed.
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
    #[serde(skip)]
    is_atomic_refusal: bool,
}

/// What became of one rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportedRule {
    /// The effective id, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Where it begins in the input.
    line: usize,
    /// `added`, `replaced`, `skipped`, `refused` or `withheld`.
    #[schema(example = "added")]
    outcome: &'static str,
    /// Why it was skipped, or is not in force though it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ImportProblem>,
    /// What is legal in it and probably not meant, as `check` finds it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<CheckFinding>,
}

/// Something that is wrong, with its place in the input.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportProblem {
    /// The path of the field.
    #[schema(example = "rules[3].pattern")]
    field: String,
    line: usize,
    column: usize,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Makes the report.
pub(super) fn of(parsed: ParsedEntries, rules: &[Option<Arc<Rule>>], imported: &Imported) -> ImportReport {
    let outcomes = &imported.outcomes;
    let count = |wanted: &[Outcome]| outcomes.iter().filter(|outcome| wanted.contains(outcome)).count();
    let repeated = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Repeated(_)))
        .count();
    let withheld = count(&[Outcome::Withheld]);
    let lines: Vec<_> = parsed.entries.iter().map(|entry| entry.line).collect();
    let paths: Vec<_> = parsed.entries.iter().map(|entry| entry.path.clone()).collect();
    let entries = parsed.entries.into_iter().zip(outcomes);
    let mut report = ImportReport {
        added: count(&[Outcome::Added]),
        replaced: count(&[Outcome::Replaced]),
        skipped: count(&[Outcome::Skipped]) + repeated,
        refused: count(&[Outcome::Refused]),
        withheld,
        revision: imported.snapshot.revision().0,
        rules: entries
            .map(|(entry, outcome)| ImportedRule::of(entry, *outcome, &lines))
            .collect(),
        errors: parsed.diagnostics.into_iter().map(ImportProblem::of).collect(),
        more: parsed.diagnostics_more,
        is_atomic_refusal: withheld > 0,
    };
    for (n, reason) in &imported.unwritable {
        let problem = ImportProblem::unwritable(&paths[*n], lines[*n], reason);
        report.rules[*n].errors.push(problem);
    }
    for (n, reason) in &imported.left_out {
        report.rules[*n].reason = Some(format!("it is stored, and not in force: {reason}"));
    }
    report.lint(rules, imported, &paths);
    report
}

/// Diagnostics as an error lists them.
pub(super) fn problems_of(diagnostics: &[Diagnostic]) -> Vec<Problem> {
    let all = diagnostics.iter().take(PROBLEMS_MAX).cloned();
    all.map(|diagnostic| ImportProblem::of(diagnostic).to_problem())
        .collect()
}

impl ImportReport {
    /// Adds what `check` finds in the rules that were taken.
    fn lint(&mut self, rules: &[Option<Arc<Rule>>], imported: &Imported, paths: &[String]) {
        let origin = Arc::new(Origin::local(None));
        let taken: Vec<_> = imported.taken().collect();
        let sourced: Vec<_> = taken
            .iter()
            .filter_map(|n| rules[*n].as_ref())
            .map(|rule| Sourced {
                rule: Arc::clone(rule),
                origin: Arc::clone(&origin),
                line: None,
            })
            .collect();
        let alone = sourced
            .iter()
            .enumerate()
            .flat_map(|(n, sourced)| lint_rule(&sourced.rule).into_iter().map(move |found| (n, found)));
        let mut listed: usize = self.rules.iter().map(|rule| rule.findings.len()).sum();
        for (n, finding) in alone.chain(lint_rules(&sourced)) {
            if listed == FINDINGS_MAX {
                self.more += 1;
                continue;
            }
            listed += 1;
            let n = taken[n];
            self.rules[n].findings.push(CheckFinding::of(finding, &paths[n]));
        }
    }

    /// Whether anything was taken or skipped, or there was nothing to take.
    pub(super) fn is_success(&self) -> bool {
        let is_any_left = self.added + self.replaced + self.skipped > 0;
        let is_anything_wrong = self.refused > 0 || !self.errors.is_empty();
        !self.is_atomic_refusal && (is_any_left || !is_anything_wrong)
    }

    /// Everything that is wrong, as an error lists it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let of_rules = self.rules.iter().flat_map(|rule| &rule.errors);
        let all = self.errors.iter().chain(of_rules).take(PROBLEMS_MAX);
        all.map(ImportProblem::to_problem).collect()
    }

    pub(super) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("plain data serializes")
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// How many were added, replaced, skipped and refused.
    pub(super) fn counts(&self) -> [usize; 4] {
        [self.added, self.replaced, self.skipped, self.refused]
    }
}

impl ImportedRule {
    fn of(entry: ParsedEntry, outcome: Outcome, lines: &[usize]) -> Self {
        let (outcome, reason) = match outcome {
            Outcome::Added => ("added", None),
            Outcome::Replaced => ("replaced", None),
            Outcome::Skipped => ("skipped", Some("a local rule has this id".to_owned())),
            Outcome::Repeated(first) => (
                "skipped",
                Some(format!("the rule on line {} has this id", lines[first])),
            ),
            Outcome::Refused => ("refused", None),
            Outcome::Withheld => ("withheld", None),
        };
        let (errors, ignored): (Vec<_>, Vec<_>) = entry
            .diagnostics
            .into_iter()
            .partition(|diagnostic| diagnostic.severity == Severity::Error);
        Self {
            id: entry.rule.map(|rule| rule.id().as_str().to_owned()).or(entry.id),
            line: entry.line,
            outcome,
            reason,
            errors: errors.into_iter().map(ImportProblem::of).collect(),
            findings: ignored.into_iter().map(CheckFinding::ignored).collect(),
        }
    }
}

impl ImportProblem {
    fn of(diagnostic: Diagnostic) -> Self {
        let Diagnostic {
            line,
            column,
            field,
            reason,
            hint,
            ..
        } = diagnostic;
        Self {
            field,
            line,
            column,
            reason,
            hint,
        }
    }

    /// Of a valid rule whose place cannot be written.
    fn unwritable(path: &str, line: usize, reason: &str) -> Self {
        Self {
            field: path.to_owned(),
            line,
            column: 1,
            reason: format!("cannot be written: {reason}"),
            hint: None,
        }
    }

    fn to_problem(&self) -> Problem {
        let Self {
            field,
            line,
            column,
            reason,
            hint,
        } = self;
        Problem {
            field: field.clone(),
            reason: format!("{reason} (line {line}, column {column})"),
            hint: hint.clone(),
        }
    }
}

impl CheckFinding {
    fn of(finding: Finding, path: &str) -> Self {
        let Finding {
            code,
            field,
            reason,
            suggestion,
        } = finding;
        let separator = if path.is_empty() || field.is_empty() {
            ""
        } else {
            "."
        };
        Self {
            code,
            field: format!("{path}{separator}{field}"),
            reason,
            suggestion,
        }
    }
}

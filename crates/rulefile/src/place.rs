//! From a violation of a rule to a place in its file.

use crate::{
    Code, Diagnostic, Severity,
    node::{Found, Node},
    text::Lines,
};
use rules::{FIELDS, FieldKind, Violation};

/// The fields of an entry of `tests`.
const TEST_FIELDS: [&str; 2] = ["url", "matches"];

/// One entry of a file: a rule, or what should be one.
#[derive(Clone, Copy)]
pub(crate) struct Item<'t> {
    pub(crate) node: &'t Node,
    /// Its path in the file: empty, `[3]` or `rules[3]`.
    pub(crate) path: &'t str,
    /// The effective id, where it is known.
    pub(crate) id: Option<&'t str>,
}

impl Item<'_> {
    /// A violation as a diagnostic of the file.
    pub(crate) fn diagnostic(
        self,
        violation: Violation,
        severity: Severity,
        lines: &Lines<'_>,
    ) -> Diagnostic {
        let (line, column) = lines.place(offset(self.node, &violation.field));
        Diagnostic {
            code: if severity == Severity::Error {
                Code::Invalid
            } else {
                Code::Ignored
            },
            severity,
            line,
            column,
            field: join(self.path, &violation.field),
            rule_id: self.id.map(str::to_owned),
            reason: violation.reason,
            hint: violation.hint,
        }
    }
}

/// The path of a field of an entry.
pub(crate) fn join(path: &str, field: &str) -> String {
    let separator = if path.is_empty() || field.is_empty() || field.starts_with('[') {
        ""
    } else {
        "."
    };
    format!("{path}{separator}{field}")
}

/// A bad value is shown where it stands, a field that should not be there at its key, and a missing one where
/// the entry begins that it is missing from.
fn offset(node: &Node, field: &str) -> usize {
    match node.find(field) {
        Found::Field { key, value } => {
            if is_value_at_fault(field) {
                value
            } else {
                key
            }
        }
        Found::Item(start) | Found::MissingFrom(start) => start,
    }
}

/// Whether the field is one that a rule may have, so that its value is what is wrong.
fn is_value_at_fault(path: &str) -> bool {
    match path.rsplit_once("].") {
        Some((list, name)) => list.starts_with("tests[") && TEST_FIELDS.contains(&name),
        None => FIELDS
            .iter()
            .any(|field| field.name == path && field.kind != FieldKind::ReadOnly),
    }
}

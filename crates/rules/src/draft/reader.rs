//! Reads single values, and reports what does not fit.

use super::field::{Field, FieldKind, position};
use crate::{Timestamp, Value, Violation, limits};

/// What was found wrong or worth a word, in the order of finding.
#[derive(Default)]
pub(super) struct Report {
    pub(super) violations: Vec<Violation>,
    pub(super) warnings: Vec<Violation>,
    /// Problems beyond [`limits::VIOLATIONS_MAX`], which are only counted.
    further: usize,
}

impl Report {
    pub(super) fn refuse(
        &mut self,
        field: impl Into<String>,
        reason: impl Into<String>,
        hint: Option<String>,
    ) {
        if self.is_full() {
            self.further += 1;
            return;
        }
        self.violations.push(Violation {
            field: field.into(),
            reason: reason.into(),
            hint,
        });
    }

    /// Whether further problems are only counted.
    pub(super) fn is_full(&self) -> bool {
        self.violations.len() == limits::VIOLATIONS_MAX
    }

    /// The problems in the order of the fields.
    pub(super) fn into_violations(mut self) -> Vec<Violation> {
        self.violations
            .sort_by_key(|violation| position(&violation.field));
        if self.further > 0 {
            let reason = format!("has {} further problems", self.further);
            self.violations.push(Violation {
                field: String::new(),
                reason,
                hint: None,
            });
        }
        self.violations
    }

    pub(super) fn warn(&mut self, field: &str, reason: &str, hint: &str) {
        let violation = Violation {
            field: field.to_owned(),
            reason: reason.to_owned(),
            hint: Some(hint.to_owned()),
        };
        self.warnings.push(violation);
    }

    /// Refuses a value of another type than the wanted one.
    pub(super) fn mismatch(&mut self, path: &str, value: &Value, wanted: &str) {
        let is_scalar = matches!(value, Value::Bool(_) | Value::Integer(_) | Value::Float(_));
        let hint = if is_scalar && wanted == TEXT {
            Some("put it in quotes")
        } else if let Value::Text(text) = value {
            let is_quoted_number = wanted == INTEGER && text.trim().parse::<f64>().is_ok();
            let hints = [
                (is_quoted_number, "write it without quotes"),
                (wanted == LIST, "write it as a list with one entry"),
            ];
            hints.iter().find(|(fits, _)| *fits).map(|(_, hint)| *hint)
        } else {
            None
        };
        let reason = format!("is {} where {wanted} is wanted", name_of(value));
        self.refuse(path, reason, hint.map(str::to_owned));
    }
}

const TEXT: &str = "text";
const LIST: &str = "a list";
const INTEGER: &str = "a whole number";

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Text(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    }
}

/// The path of an entry of a list.
pub(super) fn item(field: &str, index: usize) -> String {
    format!("{field}[{index}]")
}

/// The beginning of a text, for a message.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether a text anywhere in the value holds U+0000.
pub(super) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => false,
        Value::Text(text) => text.contains('\0'),
        Value::List(entries) => entries.iter().any(holds_nul),
        Value::Map(entries) => entries
            .iter()
            .any(|(key, value)| key.contains('\0') || holds_nul(value)),
    }
}

/// Text as it is, without U+0000.
fn any_text<'v>(report: &mut Report, path: &str, value: &'v Value) -> Option<&'v str> {
    let Value::Text(text) = value else {
        report.mismatch(path, value, TEXT);
        return None;
    };
    if let Some(at) = text.find('\0') {
        report.refuse(path, format!("holds the character U+0000, at byte {at}"), None);
        return None;
    }
    Some(text)
}

/// Text without white space around it.
pub(super) fn trimmed<'v>(report: &mut Report, path: &str, value: &'v Value) -> Option<&'v str> {
    any_text(report, path, value)
        .map(|text| text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}'))
}

fn within<'v>(report: &mut Report, path: &str, text: &'v str, bytes_max: usize) -> Option<&'v str> {
    if text.len() > bytes_max {
        report.refuse(
            path,
            format!("has {} bytes, {bytes_max} are allowed", text.len()),
            None,
        );
        return None;
    }
    Some(text)
}

/// The text of a field, within its bounds.
pub(super) fn text<'v>(report: &mut Report, field: &Field, value: &'v Value) -> Option<&'v str> {
    let path = field.name;
    match field.kind {
        FieldKind::Code { bytes_max } => {
            let text = any_text(report, path, value)?;
            within(report, path, text, bytes_max)
        }
        FieldKind::Text { bytes_max } => {
            let text = trimmed(report, path, value)?;
            within(report, path, text, bytes_max)
        }
        FieldKind::PatternKind
        | FieldKind::Integer { .. }
        | FieldKind::Time
        | FieldKind::Texts { .. }
        | FieldKind::Tests { .. }
        | FieldKind::ReadOnly => trimmed(report, path, value),
    }
}

/// The entries of a list with their places, within a bound.
pub(super) fn list<'v>(
    report: &mut Report,
    path: &str,
    value: &'v Value,
    entries_max: usize,
) -> impl Iterator<Item = (usize, &'v Value)> + use<'v> {
    let entries = match value {
        Value::List(entries) if entries.len() > entries_max => {
            report.refuse(
                path,
                format!("has {} entries, {entries_max} are allowed", entries.len()),
                None,
            );
            &[]
        }
        Value::List(entries) => entries.as_slice(),
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Map(_) => {
            report.mismatch(path, value, LIST);
            &[]
        }
    };
    entries.iter().enumerate()
}

/// The texts of a list with their places; those that do not fit are reported and left out.
pub(super) fn texts<'v>(report: &mut Report, field: &Field, value: &'v Value) -> Vec<(usize, &'v str)> {
    let FieldKind::Texts {
        entries_max,
        bytes_max,
    } = field.kind
    else {
        return Vec::new();
    };
    let entries = list(report, field.name, value, entries_max);
    let mut texts = Vec::new();
    for (n, entry) in entries {
        let path = item(field.name, n);
        if let Some(text) = trimmed(report, &path, entry)
            && let Some(text) = within(report, &path, text, bytes_max)
        {
            texts.push((n, text));
        }
    }
    texts
}

pub(super) fn integer(report: &mut Report, field: &Field, value: &Value) -> Option<u16> {
    let FieldKind::Integer { max } = field.kind else {
        return None;
    };
    match value {
        Value::Integer(number) => {
            let fitting = u16::try_from(*number).ok().filter(|number| *number <= max);
            if fitting.is_none() {
                report.refuse(field.name, format!("is {number}, 0 to {max} are allowed"), None);
            }
            fitting
        }
        // JSON writes whole numbers as it likes: `5.0` is one.
        Value::Float(number) if number.fract() == 0.0 && (0.0..=f64::from(max)).contains(number) => {
            (0..=max).find(|whole| f64::from(*whole) == *number)
        }
        Value::Float(number) => {
            report.refuse(
                field.name,
                format!("is {number} where a whole number is wanted"),
                None,
            );
            None
        }
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            report.mismatch(field.name, value, INTEGER);
            None
        }
    }
}

pub(super) fn time(report: &mut Report, field: &Field, value: &Value) -> Option<Timestamp> {
    let written = text(report, field, value)?;
    let time = Timestamp::parse(written);
    if time.is_none() {
        let reason = format!("`{}` is not a time as RFC 3339 writes it", shortened(written));
        report.refuse(
            field.name,
            reason,
            Some("times look like `2027-01-31T12:00:00Z`".to_owned()),
        );
    }
    time
}

//! A small file that describes something (a manifest, a record): its fields, and what is wrong with them by place.

use crate::{
    Code, Diagnostic, Format, Severity,
    diagnostic::Fault,
    node::{Content, Entry, Node},
    parse_tree_within,
    text::{Lines, Text},
};

/// Levels of lists and mappings.
const DEPTH_MAX: usize = 8;
/// Values in one document, those that aliases repeat included.
const NODES_MAX: usize = 10_000;

/// What is wrong with a document, so far.
pub(crate) struct Report<'a> {
    lines: Lines<'a>,
    diagnostics: Vec<Diagnostic>,
}

/// Opens a document: the fields of its mapping, and a report that has what was refused on the way.
///
/// The error is what ended it: it is not one well-formed mapping within the bounds.
pub(crate) fn open(
    bytes: &[u8],
    format: Format,
    bytes_max: usize,
) -> Result<(Node, Report<'_>), Vec<Diagnostic>> {
    let text = Text::decode_within(bytes, bytes_max).map_err(|diagnostic| vec![diagnostic])?;
    let mut report = Report {
        lines: text.lines(),
        diagnostics: Vec::new(),
    };
    let tree = match parse_tree_within(text, format, DEPTH_MAX, NODES_MAX) {
        Ok(tree) => tree,
        Err(fault) => {
            report.fault(fault);
            return Err(report.diagnostics);
        }
    };
    tree.faults.list.into_iter().for_each(|fault| report.fault(fault));
    match tree.root {
        Some(root) if matches!(root.content, Content::Map(_)) => Ok((root, report)),
        Some(Node {
            content: Content::Refused,
            ..
        }) => Err(report.diagnostics),
        root => {
            let start = root.map_or(0, |root| root.start);
            report.refuse(start, "", "the file is not a mapping of fields", None);
            Err(report.diagnostics)
        }
    }
}

/// The entries of a mapping; nothing else has any.
pub(crate) fn entries(node: &Node) -> &[Entry] {
    match &node.content {
        Content::Map(entries) => entries,
        Content::Null
        | Content::Bool(_)
        | Content::Integer(_)
        | Content::Float(_)
        | Content::Text(_)
        | Content::List(_)
        | Content::Refused => &[],
    }
}

impl Report<'_> {
    fn fault(&mut self, fault: Fault) {
        let diagnostic = self.lines.diagnostic(fault, String::new(), None);
        self.diagnostics.push(diagnostic);
    }

    /// Reports a problem at a byte of the text.
    pub(crate) fn refuse(
        &mut self,
        offset: usize,
        field: &str,
        reason: impl Into<String>,
        hint: Option<String>,
    ) {
        let (line, column) = self.lines.place(offset);
        self.diagnostics.push(Diagnostic {
            code: Code::Invalid,
            severity: Severity::Error,
            line,
            column,
            field: field.to_owned(),
            rule_id: None,
            reason: reason.into(),
            hint,
        });
    }

    /// Reports a value of another type than the wanted one; what was refused before is reported already.
    pub(crate) fn mismatch(&mut self, node: &Node, field: &str, wanted: &str) {
        let (found, hint) = match &node.content {
            Content::Refused => return,
            Content::Null => ("nothing", None),
            Content::Bool(_) => ("a truth value", Some("put it in quotes")),
            Content::Integer(_) | Content::Float(_) => ("a number", Some("put it in quotes")),
            Content::Text(_) => ("text", None),
            Content::List(_) => ("a list", None),
            Content::Map(_) => ("a mapping", None),
        };
        let hint = hint.filter(|_| wanted == "text").map(str::to_owned);
        self.refuse(
            node.start,
            field,
            format!("is {found} where {wanted} is wanted"),
            hint,
        );
    }

    /// A text, trimmed, that is not empty and within its bound.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, field: &str, bytes_max: usize) -> Option<&'n str> {
        let Content::Text(text) = &node.content else {
            self.mismatch(node, field, "text");
            return None;
        };
        let text = text.trim();
        if text.is_empty() {
            self.refuse(node.start, field, "is empty", None);
        } else if text.len() > bytes_max {
            let reason = format!("has {} bytes, {bytes_max} are allowed", text.len());
            self.refuse(node.start, field, reason, None);
        } else {
            return Some(text);
        }
        None
    }

    /// The entries of a list within its bound, each with its path.
    pub(crate) fn list<'n>(
        &mut self,
        node: &'n Node,
        field: &str,
        entries_max: usize,
    ) -> Vec<(String, &'n Node)> {
        let Content::List(items) = &node.content else {
            self.mismatch(node, field, "a list");
            return Vec::new();
        };
        if items.len() > entries_max {
            let reason = format!("has {} entries, {entries_max} are allowed", items.len());
            self.refuse(node.start, field, reason, None);
            return Vec::new();
        }
        let path = |(n, item)| (format!("{field}[{n}]"), item);
        items.iter().enumerate().map(path).collect()
    }

    /// What it all comes to: the value, or what is wrong, by place.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        match value {
            Some(value) if self.diagnostics.is_empty() => Ok(value),
            _ => {
                self.diagnostics.sort_by_key(|found| (found.line, found.column));
                Err(self.diagnostics)
            }
        }
    }
}

//! From the tree of a file to its rules: every entry checked, and every problem with its place.

mod shape;

pub(crate) use shape::{Shape, shape};

use crate::{
    Code, DIAGNOSTICS_MAX, Diagnostic, Parsed, ParsedFile, Severity, Source,
    diagnostic::Fault,
    node::{Content, Node},
    parse_tree,
    place::{Item, join},
    text::{Lines, Text},
    tree::{DEPTH_MAX, FILE_DEPTH_MAX, Faults, Tree},
};
use rules::{IdSpace, RuleId, Violation};
use std::collections::HashMap;

/// Parses the text of a rule file.
pub(crate) fn parse(text: Text<'_>, source: &Source<'_>) -> ParsedFile {
    let lines = text.lines();
    let tree = match parse_tree(text, source.format, FILE_DEPTH_MAX) {
        Ok(tree) => tree,
        Err(fault) => {
            let diagnostics = vec![lines.diagnostic(fault, String::new(), None)];
            return ParsedFile {
                diagnostics,
                ..ParsedFile::default()
            };
        }
    };
    let Tree { root, faults } = tree;
    let Faults { list, more } = faults;
    let faults = list.into_iter().map(|fault| (fault.offset, fault)).collect();
    let mut reader = Reader {
        source,
        lines: &lines,
        faults,
        file: ParsedFile::default(),
    };
    reader.file.diagnostics_more = more;
    if let Some(root) = &root {
        reader.read(root);
    }
    reader.finish()
}

/// The effective id of an entry, as far as it is known.
pub(crate) fn known_id(node: &Node, source: &Source<'_>, is_only_one: bool) -> Option<RuleId> {
    let written = match node.get("id").map(|id| &id.content) {
        Some(Content::Text(text)) => text.trim(),
        Some(Content::Null) | None => source.default_id.filter(|_| is_only_one)?,
        Some(_) => return None,
    };
    match &source.space {
        IdSpace::Local => RuleId::parse(written),
        IdSpace::Pack(pack) => RuleId::in_pack(pack, written),
    }
    .ok()
}

struct Reader<'a> {
    source: &'a Source<'a>,
    lines: &'a Lines<'a>,
    /// What was refused while the tree was built, by place; those of a rule are taken out with it.
    faults: HashMap<usize, Fault>,
    file: ParsedFile,
}

impl Reader<'_> {
    fn read(&mut self, root: &Node) {
        match self.shape(root) {
            Some(Shape::One(rule)) => self.rule(rule, "", true),
            Some(Shape::List(entries, path)) => self.entries(entries, path),
            None => {}
        }
    }

    fn entries(&mut self, entries: &[Node], path: &str) {
        for (n, entry) in entries.iter().enumerate() {
            self.rule(entry, &format!("{path}[{n}]"), entries.len() == 1);
        }
    }

    fn rule(&mut self, node: &Node, path: &str, is_only_one: bool) {
        let default_id = self.source.default_id.filter(|_| is_only_one);
        let id = known_id(node, self.source, is_only_one);
        let item = Item {
            node,
            path,
            id: id.as_ref().map(RuleId::as_str),
        };
        let Some(value) = node.to_value() else {
            return self.refused(item);
        };
        if node.weight().depth > DEPTH_MAX {
            let reason = format!("nested deeper than {DEPTH_MAX} levels");
            return self.violation(
                item,
                Violation {
                    field: String::new(),
                    reason,
                    hint: None,
                },
                Severity::Error,
            );
        }
        match rules::check(&value, &self.source.space, default_id) {
            Ok(checked) => {
                let line = self.lines.line(node.start);
                self.file.rules.push(Parsed {
                    rule: checked.rule,
                    line,
                });
                checked
                    .warnings
                    .into_iter()
                    .for_each(|w| self.violation(item, w, Severity::Warning));
            }
            Err(violations) => {
                violations
                    .0
                    .into_iter()
                    .for_each(|v| self.violation(item, v, Severity::Error));
            }
        }
    }

    /// Reports what was refused inside an entry while the tree was built.
    fn refused(&mut self, item: Item<'_>) {
        let mut found = Vec::new();
        refused_in(item.node, &mut String::new(), &mut found);
        for (field, offset) in found {
            // An alias repeats what is refused; it is reported once.
            if let Some(fault) = self.faults.remove(&offset) {
                let id = item.id.map(str::to_owned);
                let diagnostic = self.lines.diagnostic(fault, join(item.path, &field), id);
                self.push(diagnostic);
            } else if self.file.diagnostics_more == 0 {
                self.repeated(item, field, offset);
            }
        }
    }

    /// A rule that repeats, through an alias, what was refused and reported elsewhere.
    fn repeated(&mut self, item: Item<'_>, field: String, offset: usize) {
        let line = self.lines.line(offset);
        let reason = format!("repeats what was refused on line {line}");
        self.violation(
            item,
            Violation {
                field,
                reason,
                hint: None,
            },
            Severity::Error,
        );
    }

    fn violation(&mut self, item: Item<'_>, violation: Violation, severity: Severity) {
        let diagnostic = item.diagnostic(violation, severity, self.lines);
        self.push(diagnostic);
    }

    fn invalid(&mut self, offset: usize, field: &str, reason: &str, hint: &str) {
        let fault = Fault {
            code: Code::Invalid,
            ..Fault::syntax(offset, reason)
        };
        self.refuse(fault.hint(hint), field.to_owned());
    }

    fn refuse(&mut self, fault: Fault, field: String) {
        let diagnostic = self.lines.diagnostic(fault, field, None);
        self.push(diagnostic);
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        if self.file.diagnostics.len() < DIAGNOSTICS_MAX {
            self.file.diagnostics.push(diagnostic);
        } else {
            self.file.diagnostics_more += 1;
        }
    }

    /// Reports what no rule took, and sorts by place.
    fn finish(mut self) -> ParsedFile {
        let mut faults: Vec<_> = std::mem::take(&mut self.faults).into_values().collect();
        faults.sort_unstable_by_key(|fault| fault.offset);
        faults
            .into_iter()
            .for_each(|fault| self.refuse(fault, String::new()));
        let place = |d: &Diagnostic| (d.line, d.column);
        self.file
            .diagnostics
            .sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.field.cmp(&b.field)));
        self.file
    }
}

/// Collects the paths and offsets of refused nodes.
fn refused_in(node: &Node, path: &mut String, found: &mut Vec<(String, usize)>) {
    let length = path.len();
    match &node.content {
        Content::Refused => found.push((path.clone(), node.start)),
        Content::List(items) => {
            for (n, item) in items.iter().enumerate() {
                path.push_str(&format!("[{n}]"));
                refused_in(item, path, found);
                path.truncate(length);
            }
        }
        Content::Map(entries) => {
            for entry in entries {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&entry.key);
                refused_in(&entry.value, path, found);
                path.truncate(length);
            }
        }
        Content::Null | Content::Bool(_) | Content::Integer(_) | Content::Float(_) | Content::Text(_) => {}
    }
}

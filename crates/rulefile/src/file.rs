//! From the tree of a file to its rules: the shapes a file may have, and every problem with its place.

use crate::{
    Code, DIAGNOSTICS_MAX, Diagnostic, Format, Parsed, ParsedFile, Severity, Source,
    diagnostic::Fault,
    node::{Content, Entry, Node},
    parse_tree,
    place::{Item, join},
    requires,
    text::{Lines, Text},
    tree::{DEPTH_MAX, FILE_DEPTH_MAX, Faults, Tree},
};
use rules::{IdSpace, RuleId, Violation};
use std::collections::HashMap;

const SHAPES: &str = "a file holds one rule, a list of rules, or a mapping with a `rules:` list";

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

/// Where the rules of a file stand.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'t> {
    /// The file is one rule.
    One(&'t Node),
    /// A list, with its path.
    List(&'t [Node], &'static str),
}

/// Where the rules of a file stand, without a look at them; nothing where the file holds none.
pub(crate) fn shape<'t>(
    root: &'t Node,
    faults: &Faults,
    lines: &Lines<'_>,
    source: &Source<'_>,
) -> Result<Option<Shape<'t>>, Vec<Diagnostic>> {
    let faults = faults.list.iter();
    let mut reader = Reader {
        source,
        lines,
        faults: faults.map(|fault| (fault.offset, fault.clone())).collect(),
        file: ParsedFile::default(),
    };
    match reader.shape(root) {
        Some(shape) => Ok(Some(shape)),
        None => match reader.finish().diagnostics {
            diagnostics if diagnostics.is_empty() => Ok(None),
            diagnostics => Err(diagnostics),
        },
    }
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

    /// Where the rules stand; problems of the file as a whole are reported.
    fn shape<'t>(&mut self, root: &'t Node) -> Option<Shape<'t>> {
        match &root.content {
            // A YAML file that holds `---` and nothing else.
            Content::Null if self.source.format == Format::Yaml => {}
            Content::List(entries) => return Some(Shape::List(entries, "")),
            Content::Map(entries) if entries.iter().any(is_of_a_collection) => return self.collection(root),
            Content::Map(_) => return Some(Shape::One(root)),
            Content::Refused => {}
            Content::Text(text) if text.contains(':') => {
                let reason = "the file holds text and no rule";
                self.invalid(
                    root.start,
                    "",
                    reason,
                    "write a space after the `:` of each field",
                );
            }
            Content::Null | Content::Bool(_) | Content::Integer(_) | Content::Float(_) | Content::Text(_) => {
                self.invalid(
                    root.start,
                    "",
                    "the file holds a single value and no rule",
                    SHAPES,
                );
            }
        }
        None
    }

    /// A mapping with `rules:`, and perhaps `requires:`.
    fn collection<'t>(&mut self, root: &'t Node) -> Option<Shape<'t>> {
        let unmet = root
            .get("requires")
            .map(|requires| requires::check(requires, &requires::engine_version()));
        let unmet = unmet.unwrap_or_default();
        if let Some((field, fault)) = unmet.iter().find(|(_, fault)| fault.code == Code::TooNew) {
            // What else is wrong may be what this engine does not know yet.
            self.faults.clear();
            self.file.diagnostics_more = 0;
            self.refuse(fault.clone(), field.clone());
            return None;
        }
        let unknown = self.unknown_keys(root);
        let is_whole = unmet.is_empty() && !unknown && !self.is_broken_around_rules(root);
        for (field, fault) in unmet {
            self.refuse(fault, field);
        }
        match root.get("rules").map(|rules| (&rules.content, rules.start)) {
            Some((Content::List(entries), _)) if is_whole => return Some(Shape::List(entries, "rules")),
            Some((Content::List(_) | Content::Null | Content::Refused, _)) => {}
            Some((
                Content::Bool(_)
                | Content::Integer(_)
                | Content::Float(_)
                | Content::Text(_)
                | Content::Map(_),
                start,
            )) => {
                self.invalid(
                    start,
                    "rules",
                    "is not a list of rules",
                    "write each rule as an entry: `- id: …`",
                );
            }
            None if unknown => {}
            None => self.invalid(root.start, "rules", "is missing", SHAPES),
        }
        None
    }

    /// Reports keys beside `rules` and `requires`; those that begin with `x-` are free.
    fn unknown_keys(&mut self, root: &Node) -> bool {
        let Content::Map(entries) = &root.content else {
            return false;
        };
        let is_known = |key: &str| matches!(key, "" | "rules" | "requires") || key.starts_with("x-");
        let unknown: Vec<_> = entries.iter().filter(|entry| !is_known(&entry.key)).collect();
        for entry in &unknown {
            let hint = match nearest(&entry.key) {
                Some(name) => format!("did you mean `{name}`?"),
                None => {
                    "a file with `rules:` has `requires:` and keys that begin with `x-` beside it".to_owned()
                }
            };
            self.invalid(
                entry.key_start,
                &entry.key,
                "is not a field of a rule file",
                &hint,
            );
        }
        !unknown.is_empty()
    }

    /// Whether something was refused that does not belong to a single rule.
    fn is_broken_around_rules(&self, root: &Node) -> bool {
        let Content::Map(entries) = &root.content else {
            return true;
        };
        let is_rules_list =
            |key: &str, value: &Node| key == "rules" && matches!(value.content, Content::List(_));
        entries
            .iter()
            .any(|entry| !is_rules_list(&entry.key, &entry.value) && entry.value.to_value().is_none())
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

/// Whether a key says that the mapping holds rules and is none itself.
fn is_of_a_collection(entry: &Entry) -> bool {
    let is_list = matches!(entry.value.content, Content::List(_));
    matches!(entry.key.as_str(), "rules" | "requires") || (is_list && nearest(&entry.key) == Some("rules"))
}

/// The known key that a misspelt one comes near to.
fn nearest(key: &str) -> Option<&'static str> {
    const EDITS_MAX: usize = 2;
    // A bound on the length keeps a hostile key from costing much.
    if key.len() > 32 {
        return None;
    }
    let key = key.to_lowercase();
    ["rules", "requires"]
        .into_iter()
        .find(|known| strsim::damerau_levenshtein(&key, known) <= EDITS_MAX)
}

//! From the tree of a file to its rules: every entry checked, and every problem with its place.

mod shape;

pub(crate) use shape::{Shape, shape};

use crate::{
    Bounds, Code, DIAGNOSTICS_MAX, Diagnostic, Parsed, ParsedEntries, ParsedEntry, ParsedFile, Severity,
    Source,
    diagnostic::Fault,
    node::{Content, Node},
    parse_tree_within,
    place::{Item, join},
    text::{Lines, Text},
    tree::{DEPTH_MAX, FILE_DEPTH_MAX, Faults, Tree},
    workers::Workers,
};
use rules::{Checked, IdSpace, Rule, RuleId, Violation, Violations};
use std::collections::HashMap;

/// Parses the text of a rule file.
pub(crate) fn parse(text: Text<'_>, source: &Source<'_>) -> ParsedFile {
    let lines = text.lines();
    let mut reader = Reader::new(&lines, source, DIAGNOSTICS_MAX);
    let mut rules = Vec::new();
    let Some(tree) = reader.tree(text, &Bounds::FILE) else {
        return reader.finish(rules);
    };
    let found = tree.root.as_ref().map(|root| reader.read(root));
    for pending in found.unwrap_or_default() {
        let outcome = pending.check(source);
        let (rule, diagnostics) = reader.judge(&pending, outcome);
        let line = reader.lines.line(pending.node.start);
        rules.extend(rule.map(|rule| Parsed { rule, line }));
        reader.diagnostics.extend(diagnostics);
    }
    reader.finish(rules)
}

/// Parses the text of an import, whose entries are checked by several threads.
pub(crate) fn parse_entries(
    text: Text<'_>,
    source: &Source<'_>,
    bounds: &Bounds,
    work: &Workers<'_>,
) -> ParsedEntries {
    let lines = text.lines();
    let mut reader = Reader::new(&lines, source, bounds.diagnostics_max);
    let mut entries = Vec::new();
    if let Some(tree) = reader.tree(text, bounds) {
        let mut found = tree
            .root
            .as_ref()
            .map(|root| reader.read(root))
            .unwrap_or_default();
        if found.len() > bounds.entries_max {
            let reason = format!(
                "there are {} rules, the most is {}",
                found.len(),
                bounds.entries_max
            );
            reader.invalid(0, "", &reason, "split them");
            found.clear();
        }
        let outcomes = work.check_all(&found, source);
        for (pending, outcome) in found.iter().zip(outcomes) {
            let (rule, diagnostics) = reader.judge(pending, outcome);
            entries.push(ParsedEntry {
                path: pending.path(),
                line: reader.lines.line(pending.node.start),
                id: known_id(pending.node, source, pending.is_only_one).map(|id| id.as_str().to_owned()),
                rule,
                diagnostics,
            });
        }
    }
    let file = reader.finish(Vec::new());
    ParsedEntries {
        entries,
        diagnostics: file.diagnostics,
        diagnostics_more: file.diagnostics_more,
    }
}

/// What checking an entry gives; `None` where a part of it was refused while the tree was built.
pub(crate) type Outcome = Option<Result<Checked, Violations>>;

/// An entry that should be a rule, and is not checked yet.
#[derive(Clone, Copy)]
pub(crate) struct Pending<'t> {
    node: &'t Node,
    /// The field that holds the list, or nothing.
    list: &'static str,
    /// Its place in the list; absent where the whole file is the rule.
    n: Option<usize>,
    is_only_one: bool,
}

impl Pending<'_> {
    /// Checks it. This is what takes time, and asks nobody.
    pub(crate) fn check(&self, source: &Source<'_>) -> Outcome {
        let value = self.node.to_value()?;
        if self.node.weight().depth > DEPTH_MAX {
            let reason = format!("nested deeper than {DEPTH_MAX} levels");
            return Some(Err(Violations(vec![Violation {
                field: String::new(),
                reason,
                hint: None,
            }])));
        }
        Some(rules::check(&value, &source.space, self.default_id(source)))
    }

    fn default_id<'s>(&self, source: &Source<'s>) -> Option<&'s str> {
        source.default_id.filter(|_| self.is_only_one)
    }

    fn path(&self) -> String {
        self.n.map_or_else(String::new, |n| format!("{}[{n}]", self.list))
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
    diagnostics: Vec<Diagnostic>,
    diagnostics_max: usize,
    /// Diagnostics that are listed somewhere.
    listed: usize,
    /// Diagnostics beyond those listed.
    more: usize,
}

impl<'a> Reader<'a> {
    fn new(lines: &'a Lines<'a>, source: &'a Source<'a>, diagnostics_max: usize) -> Self {
        Self {
            source,
            lines,
            faults: HashMap::new(),
            diagnostics: Vec::new(),
            diagnostics_max,
            listed: 0,
            more: 0,
        }
    }

    /// The tree of the text, or none and the reason among the diagnostics.
    fn tree(&mut self, text: Text<'_>, bounds: &Bounds) -> Option<Tree> {
        match parse_tree_within(text, self.source.format, FILE_DEPTH_MAX, bounds.nodes_max) {
            Ok(mut tree) => {
                let Faults { list, more } = std::mem::take(&mut tree.faults);
                self.faults = list.into_iter().map(|fault| (fault.offset, fault)).collect();
                self.more = more;
                Some(tree)
            }
            Err(fault) => {
                self.refuse(fault, String::new());
                None
            }
        }
    }

    /// The entries that should be rules; what is wrong around them is reported.
    fn read<'t>(&mut self, root: &'t Node) -> Vec<Pending<'t>> {
        match self.shape(root) {
            Some(Shape::One(rule)) => vec![Pending {
                node: rule,
                list: "",
                n: None,
                is_only_one: true,
            }],
            Some(Shape::List(entries, path)) => pending(entries, path),
            None => Vec::new(),
        }
    }

    /// What an entry gave: a rule with warnings, or errors.
    fn judge(&mut self, pending: &Pending<'_>, outcome: Outcome) -> (Option<Rule>, Vec<Diagnostic>) {
        let path = pending.path();
        let id = known_id(pending.node, self.source, pending.is_only_one);
        let item = Item {
            node: pending.node,
            path: &path,
            id: id.as_ref().map(RuleId::as_str),
        };
        let (rule, violations, severity) = match outcome {
            None => return (None, self.refused(item)),
            Some(Ok(checked)) => (Some(checked.rule), checked.warnings, Severity::Warning),
            Some(Err(violations)) => (None, violations.0, Severity::Error),
        };
        let listed = violations
            .into_iter()
            .filter_map(|violation| self.violation(item, violation, severity));
        (rule, listed.collect())
    }

    /// Reports what was refused inside an entry while the tree was built.
    fn refused(&mut self, item: Item<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        refused_in(item.node, &mut String::new(), &mut found);
        let mut listed = Vec::new();
        for (field, offset) in found {
            // An alias repeats what is refused; it is reported once.
            if let Some(fault) = self.faults.remove(&offset) {
                let id = item.id.map(str::to_owned);
                let diagnostic = self.lines.diagnostic(fault, join(item.path, &field), id);
                listed.extend(self.list(diagnostic));
            } else if self.more == 0 {
                listed.extend(self.repeated(item, field, offset));
            }
        }
        listed
    }

    /// A rule that repeats, through an alias, what was refused and reported elsewhere.
    fn repeated(&mut self, item: Item<'_>, field: String, offset: usize) -> Option<Diagnostic> {
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
        )
    }

    fn violation(&mut self, item: Item<'_>, violation: Violation, severity: Severity) -> Option<Diagnostic> {
        let diagnostic = item.diagnostic(violation, severity, self.lines);
        self.list(diagnostic)
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
        let listed = self.list(diagnostic);
        self.diagnostics.extend(listed);
    }

    /// Gives the diagnostic back, or counts it where enough are listed.
    fn list(&mut self, diagnostic: Diagnostic) -> Option<Diagnostic> {
        if self.listed < self.diagnostics_max {
            self.listed += 1;
            return Some(diagnostic);
        }
        self.more += 1;
        None
    }

    /// Reports what no rule took, and sorts by place.
    fn finish(mut self, rules: Vec<Parsed>) -> ParsedFile {
        let mut faults: Vec<_> = std::mem::take(&mut self.faults).into_values().collect();
        faults.sort_unstable_by_key(|fault| fault.offset);
        faults
            .into_iter()
            .for_each(|fault| self.refuse(fault, String::new()));
        let place = |d: &Diagnostic| (d.line, d.column);
        self.diagnostics
            .sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.field.cmp(&b.field)));
        ParsedFile {
            rules,
            diagnostics: self.diagnostics,
            diagnostics_more: self.more,
        }
    }
}

/// The entries of a list.
fn pending<'t>(entries: &'t [Node], list: &'static str) -> Vec<Pending<'t>> {
    let of = |(n, node)| Pending {
        node,
        list,
        n: Some(n),
        is_only_one: entries.len() == 1,
    };
    entries.iter().enumerate().map(of).collect()
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

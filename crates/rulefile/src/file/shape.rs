//! The shapes that a file may have: one rule, a list, or a mapping with a list and what the file asks for.

use super::Reader;
use crate::{
    Code, DIAGNOSTICS_MAX, Diagnostic, Format, Source,
    node::{Content, Entry, Node},
    requires,
    text::Lines,
    tree::Faults,
};

const SHAPES: &str = "a file holds one rule, a list of rules, or a mapping with a `rules:` list";

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
    let mut reader = Reader::new(lines, source, DIAGNOSTICS_MAX);
    let faults = faults.list.iter();
    reader.faults = faults.map(|fault| (fault.offset, fault.clone())).collect();
    match reader.shape(root) {
        Some(shape) => Ok(Some(shape)),
        None => match reader.finish(Vec::new()).diagnostics {
            diagnostics if diagnostics.is_empty() => Ok(None),
            diagnostics => Err(diagnostics),
        },
    }
}

impl Reader<'_> {
    /// Where the rules stand; problems of the file as a whole are reported.
    pub(super) fn shape<'t>(&mut self, root: &'t Node) -> Option<Shape<'t>> {
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
            self.more = 0;
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

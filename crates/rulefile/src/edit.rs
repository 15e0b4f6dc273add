//! One rule's entry in the text of a rule file is changed, and every other byte stays.
//!
//! A change is made of pieces of text that are replaced, never of the file printed anew, and its result is read
//! back before it is given out: the entry is the rule that was wanted, and everything else is what it was.

mod batch;
mod fields;
mod file;
mod flow;
mod list;
mod page;
mod part;
mod splices;
mod verify;

pub use batch::edit_all;

use self::{
    fields::Fate,
    file::{File, Place},
    part::Form,
    splices::Splices,
    verify::Change,
};
use crate::{Diagnostic, Format, Source, node::Content, print, text::Text};
use rules::{FIELDS, FieldKind, IdSpace, Rule, RuleId, Value};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

/// One change of a rule file.
#[derive(Clone, Copy, Debug)]
pub enum EntryEdit<'a> {
    /// Replaces the entry of the rule with this rule's (effective) id, or adds one where there is none. Of several
    /// with the id, the one that is in force is replaced.
    Put(&'a Rule),
    /// Takes every entry with this effective id out.
    Remove(&'a RuleId),
}

/// Why a file cannot be rewritten without losing something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// The file as a whole cannot be read.
    NotParsed(Vec<Diagnostic>),
    /// No entry has the id.
    NotFound,
    /// The file holds one rule, or nothing that an entry could be added to.
    NoList {
        /// Where what it holds begins.
        line: usize,
    },
    /// An anchor or alias in the entry or around it: others may depend on what it says.
    Anchored {
        /// Where it stands.
        line: usize,
    },
    /// No way to write it was found that changes nothing else.
    Lossy {
        /// Where the entry begins.
        line: usize,
        /// What would be lost: lower case, no full stop.
        reason: String,
    },
    /// Too many of the changes can only be made by reading the whole file for each.
    TooMany,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotParsed(diagnostics) => match diagnostics.first() {
                Some(first) => write!(f, "line {}: {}", first.line, first.reason),
                None => f.write_str("the file cannot be read"),
            },
            Self::NotFound => f.write_str("no entry of the file has this id"),
            Self::NoList { line } => {
                write!(
                    f,
                    "line {line}: the file holds no list that a rule could be added to"
                )
            }
            Self::Anchored { line } => write!(
                f,
                "line {line}: an anchor or alias is part of this entry, and to rewrite it could change others"
            ),
            Self::Lossy { line, reason } => write!(f, "line {line}: {reason}"),
            Self::TooMany => f.write_str(
                "too many entries of a large file would change at once: change fewer at a time, or cut the file \
                 into several",
            ),
        }
    }
}

impl std::error::Error for EditError {}

const BOM: &[u8] = "\u{feff}".as_bytes();

/// Changes one rule's entry in a file and keeps every other byte; `None` when no entry is left, so that the file is
/// to be removed.
///
/// Inside of the entry, what does not change keeps its bytes too, where that is possible.
///
/// ```
/// use rulefile::{EntryEdit, Format, Source, edit, parse};
///
/// let bytes = b"# mine\n- id: a # first\n  type: exact\n  pattern: https://example.com/\n  css: nav {}\n- id: b\n";
/// let source = Source { format: Format::Yaml, space: rules::IdSpace::Local, default_id: None };
/// let other = b"{id: a, type: exact, pattern: 'https://example.com/', css: 'aside {}'}";
/// let rule = &parse(other, &source).rules[0].rule;
/// let edited = edit(bytes, &source, EntryEdit::Put(rule)).unwrap().unwrap();
/// let expected = "# mine\n- id: a # first\n  type: exact\n  pattern: https://example.com/\n  css: 'aside {}'\n- id: b\n";
/// assert_eq!(String::from_utf8(edited).unwrap(), expected);
/// ```
///
/// # Errors
///
/// When the file cannot be read, has no such entry, or cannot be changed without losing something.
pub fn edit(bytes: &[u8], source: &Source<'_>, edit: EntryEdit<'_>) -> Result<Option<Vec<u8>>, EditError> {
    let text = Text::decode(bytes).map_err(|diagnostic| EditError::NotParsed(vec![diagnostic]))?;
    let file = File::read(text, source)?;
    let edited = match edit {
        EntryEdit::Put(rule) => Some(put(&file, rule)?),
        EntryEdit::Remove(id) => remove(&file, id)?,
    };
    let mark = bytes.strip_prefix(BOM).map_or(&[][..], |_| BOM);
    Ok(edited.map(|edited| [mark, edited.as_bytes()].concat()))
}

fn remove(file: &File<'_>, id: &RuleId) -> Result<Option<String>, EditError> {
    let found = file.find(id);
    let Some(&first) = found.first() else {
        return Err(EditError::NotFound);
    };
    let entries = file.parts();
    if found.len() == entries.len() {
        return Ok(None);
    }
    found.iter().try_for_each(|&n| file.check_marks(Some(n)))?;
    let list = file
        .list()
        .ok_or_else(|| file.lossy(Some(first), verify::OTHERS))?;
    let change = Change {
        removed: found.into_iter().collect(),
        ..Change::default()
    };
    let mut splices = Splices::default();
    let plan = list::remove(&file.page, list, &change.removed, &mut splices).map(|()| splices);
    verify::apply(file, plan, &change).map(Some)
}

fn put(file: &File<'_>, rule: &Rule) -> Result<String, EditError> {
    let written = written(rule, file.source).ok_or_else(|| {
        file.lossy(
            None,
            &format!("the id `{}` is of another pack than the file", rule.id()),
        )
    })?;
    let Some(n) = file.in_force(&file.find(rule.id())) else {
        file.check_marks(None)?;
        let change = Change {
            added: Some(rule),
            ..Change::default()
        };
        return verify::apply(file, add(file, &written)?, &change);
    };
    file.check_marks(Some(n))?;
    let change = Change {
        replaced: BTreeMap::from([(n, rule)]),
        ..Change::default()
    };
    let fine = verify::apply(file, replace_fields(file, n, &written), &change);
    fine.or_else(|_| verify::apply(file, replace_whole(file, n, &written), &change))
}

/// The fields of a rule as they stand in a file of this source.
fn written(rule: &Rule, source: &Source<'_>) -> Option<Value> {
    let Value::Map(mut fields) = rule.to_value() else {
        return None;
    };
    if let IdSpace::Pack(pack) = &source.space {
        let name = rule
            .id()
            .as_str()
            .strip_prefix(pack.as_str())?
            .strip_prefix(':')?;
        let id = fields.iter_mut().find(|(name, _)| name == "id")?;
        id.1 = Value::Text(name.to_owned());
    }
    Some(Value::Map(fields))
}

/// Rewrites those fields of an entry that change.
fn replace_fields(file: &File<'_>, n: usize, new: &Value) -> Option<Splices> {
    let (node, part) = (&file.nodes()[n], &file.parts()[n]);
    let (Content::Map(entries), Form::Map { pairs, .. }, Value::Map(fields)) =
        (&node.content, &part.form, new)
    else {
        return None;
    };
    let was = node.to_value()?;
    // What it means: trimmed, with its defaults.
    let old = file.rule(n).and_then(|rule| written(&rule, file.source));
    let meant = by_name(old.as_ref().unwrap_or(&was));
    let wanted = by_name(new);
    let fate = |key: &str| {
        if is_ignored(key) {
            return Fate::Keep;
        }
        match (meant.get(key).copied(), wanted.get(key).copied()) {
            (None, None) => Fate::Keep,
            // No value at all; only in a field of the author's own is that one.
            (Some(Value::Null), None) if !key.starts_with("x-") => Fate::Keep,
            (Some(_), None) => Fate::Remove,
            (Some(a), Some(b)) if a == b => Fate::Keep,
            (a, Some(b)) => Fate::Replace(a, b),
        }
    };
    let fates: Vec<_> = entries.iter().map(|entry| fate(&entry.key)).collect();
    let there: HashSet<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
    let is_there = |key: &str| {
        let is_default_id = key == "id" && file.has_default_id(n, new.get(key));
        is_default_id || there.contains(key)
    };
    let added = fields.iter().filter(|(key, _)| !is_there(key));
    let added: Vec<_> = added.map(|(key, value)| (key.as_str(), value)).collect();
    (pairs.len() == entries.len()).then_some(())?;
    fields::rewrite(&file.page(Some(n)), part, &fates, &added)
}

/// The fields of a mapping, to be found at once: an author's own may be many.
fn by_name(map: &Value) -> HashMap<&str, &Value> {
    match map {
        Value::Map(fields) => fields.iter().map(|(key, value)| (key.as_str(), value)).collect(),
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::List(_) => HashMap::new(),
    }
}

/// Whether a field is accepted and ignored, so that it is nothing of the rule's.
fn is_ignored(key: &str) -> bool {
    FIELDS
        .iter()
        .any(|field| field.name == key && field.kind == FieldKind::ReadOnly)
}

/// Writes an entry anew, in the place and the style of the old one.
fn replace_whole(file: &File<'_>, n: usize, new: &Value) -> Option<Splices> {
    let (page, part) = (&file.page(Some(n)), &file.parts()[n]);
    let mut splices = Splices::default();
    if part.is_flow() {
        let indent = page.before_on_line(part.range.start);
        let indent = &indent[..indent.len() - indent.trim_start().len()];
        let printed = list::flow_entry(page, new, Some(part), indent);
        splices.push(part.range.clone(), printed);
    } else {
        let end = page.line_end(part.range.end);
        let mut layout = page.layout;
        layout.keeps_ends &= !page.blank_follows(end);
        let printed = print::mapping(new, page.column(part.range.start)?, layout);
        let printed = page.lines(printed.strip_suffix('\n').unwrap_or(&printed));
        splices.push(part.range.start..end, printed);
    }
    Some(splices)
}

/// Adds an entry: at the end of the list, or as the one rule of a file that holds nothing.
fn add(file: &File<'_>, new: &Value) -> Result<Option<Splices>, EditError> {
    let page = &file.page(file.parts().len().checked_sub(1));
    let mut splices = Splices::default();
    let added = match (&file.place, file.list()) {
        (Place::Nothing, _) if page.format == Format::Yaml => {
            let begun = page.before_on_line(page.text.len());
            let end = if begun.is_empty() { "" } else { page.line_end };
            let printed = page.lines(&print::mapping(new, 0, page.layout));
            splices.push(page.text.len()..page.text.len(), format!("{end}{printed}"));
            Some(())
        }
        (Place::EmptyRules(pair), _) if pair.value.range.is_empty() => pair.colon.map(|colon| {
            let at = page.line_end(colon);
            let column = page.column(pair.key.range.start).unwrap_or_default() + page.layout.list_step;
            let entry = list::block_entry(page, new, false, column, at);
            splices.push(at..at, format!("{}{entry}", page.line_end));
        }),
        (Place::EmptyRules(pair), _) => {
            splices.push(pair.value.range.clone(), format!("[{}]", flow::line(page, new)));
            Some(())
        }
        (Place::List { .. }, Some(list)) => {
            let last = file.parts().len().checked_sub(1);
            list::add(page, list, last, new, &mut splices)
        }
        _ => {
            let line = file.root_line();
            return Err(EditError::NoList { line });
        }
    };
    Ok(added.map(|()| splices))
}

#[cfg(test)]
mod tests;

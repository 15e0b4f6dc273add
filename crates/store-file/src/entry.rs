//! Rules of a file: put into it, or taken out of it, while everything else keeps its bytes.

use crate::scan::RuleFile;
use rulefile::{EditError, EntryEdit, Format};
use rules::{IdSpace, Rule, RuleId, Value};
use std::sync::Arc;
use store::{Error, ErrorKind};

/// The bytes of a new file with one rule.
pub(crate) fn new(rule: &Rule, file: &RuleFile) -> Vec<u8> {
    let printed = rulefile::print(&[rule]);
    match (file.source().space, rule.id().as_str().split_once(':')) {
        (IdSpace::Pack(_), Some((_, name))) => {
            // A pack's file has its ids without the name of the pack; the id is what a file begins with.
            let (_, rest) = printed.split_once('\n').unwrap_or(("", &printed));
            format!("id: {}\n{rest}", quoted(name)).into_bytes()
        }
        (IdSpace::Pack(_) | IdSpace::Local, _) => printed.into_bytes(),
    }
}

/// An id that YAML could take for something else is quoted.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && rulefile::parse_value(name.as_bytes(), Format::Yaml) == Ok(Value::Text(name.to_owned()));
    if is_plain {
        name.to_owned()
    } else {
        format!("'{name}'")
    }
}

/// Bytes that may be gone through to find out which of several changes cannot be made.
const SEARCHED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One change of a file that exists.
pub(crate) enum Change {
    /// The rule takes the place of the one with its id.
    Put(Arc<Rule>),
    /// The rules of an id go.
    Remove(RuleId),
}

impl Change {
    fn edit(&self) -> EntryEdit<'_> {
        match self {
            Self::Put(rule) => EntryEdit::Put(rule),
            Self::Remove(id) => EntryEdit::Remove(id),
        }
    }

    pub(crate) fn id(&self) -> &RuleId {
        match self {
            Self::Put(rule) => rule.id(),
            Self::Remove(id) => id,
        }
    }
}

/// The bytes of a file after changes; `None` where nothing is left.
pub(crate) fn change(bytes: &[u8], file: &RuleFile, changes: &[Change]) -> Result<Option<Vec<u8>>, Error> {
    let edits: Vec<_> = changes.iter().map(Change::edit).collect();
    let edited = rulefile::edit_all(bytes, &file.source(), &edits);
    edited.map_err(|error: EditError| {
        let message = format!("`{}`: {error}", file.shown);
        let error = Error::new(ErrorKind::Unwritable, message).because(error);
        error.about(to_blame(bytes, file, changes))
    })
}

/// Which changes cannot be made even alone; all of them, where that is too much to find out or each could be.
fn to_blame<'a>(bytes: &[u8], file: &RuleFile, changes: &'a [Change]) -> Vec<&'a RuleId> {
    let fails = |change: &&Change| rulefile::edit(bytes, &file.source(), change.edit()).is_err();
    let is_affordable = bytes.len().saturating_mul(changes.len()) <= SEARCHED_BYTES_MAX;
    let alone: Vec<_> = changes
        .iter()
        .filter(|change| is_affordable && fails(change))
        .collect();
    let all = || changes.iter().collect();
    let found: Vec<&Change> = Some(alone).filter(|alone| !alone.is_empty()).unwrap_or_else(all);
    found.into_iter().map(Change::id).collect()
}

//! Whether an edited file says what it should: the entries are the rules, and everything else is as it was.

use super::{
    EditError, File,
    file::Place,
    splices::{Ordered, Splices},
};
use crate::{
    diagnostic::Fault,
    node::{Content, Entry, Node},
    text::Text,
};
use rules::Rule;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What is said where nothing better can be.
pub(super) const OTHERS: &str = "the entry cannot be rewritten without a change to what stands around it";

/// What an edit does to the entries.
#[derive(Default)]
pub(super) struct Change<'a> {
    /// The rules that those at these places become.
    pub(super) replaced: BTreeMap<usize, &'a Rule>,
    /// The places of those that are taken out.
    pub(super) removed: BTreeSet<usize>,
    /// What comes behind all others.
    pub(super) added: Option<&'a Rule>,
}

impl Change<'_> {
    /// The first entry that it is about.
    fn entry(&self) -> Option<usize> {
        self.replaced.keys().chain(&self.removed).min().copied()
    }

    /// Whether it leaves an entry as it is.
    fn keeps(&self, n: usize) -> bool {
        !self.replaced.contains_key(&n) && !self.removed.contains(&n)
    }
}

/// Replaces the pieces, and gives the text out if it is what it should be.
pub(super) fn apply(
    file: &File<'_>,
    plan: Option<Splices>,
    change: &Change<'_>,
) -> Result<String, EditError> {
    let lossy = |reason: &str| file.lossy(change.entry(), reason);
    let splices = plan.and_then(Splices::ordered).ok_or_else(|| lossy(OTHERS))?;
    let edited = splices.apply(file.page.text).ok_or_else(|| lossy(OTHERS))?;
    let text = Text::decode(edited.as_bytes()).map_err(|diagnostic| lossy(&diagnostic.reason))?;
    let after = File::read(text, file.source)
        .map_err(|error| lossy(&format!("the entry cannot be written: {error}")))?;
    check_default_id(file, &after, change)?;
    if is_as_wanted(file, &after, change, &splices) {
        Ok(edited)
    } else {
        Err(lossy(OTHERS))
    }
}

/// A rule without an id has the file's while it is alone, and must neither lose nor get it.
fn check_default_id(before: &File<'_>, after: &File<'_>, change: &Change<'_>) -> Result<(), EditError> {
    let counts = [before.nodes().len(), after.nodes().len()];
    let differs = (counts[0] == 1) != (counts[1] == 1) && before.source.default_id.is_some();
    let nameless = (0..counts[0]).find(|&n| change.keeps(n) && before.is_without_id(n));
    match nameless.filter(|_| differs) {
        Some(n) => Err(before.lossy(
            Some(n),
            "this entry has no `id`, and the name of the file stands in only where it is alone",
        )),
        None => Ok(()),
    }
}

/// Whether every entry is what it should be: those that are kept where they have moved to, the others as wanted.
fn is_as_wanted(before: &File<'_>, after: &File<'_>, change: &Change<'_>, splices: &Ordered) -> bool {
    let is_rule = |n: usize, wanted: &Rule| {
        let found = after.rule(n);
        found.is_some_and(|found| found.to_value() == wanted.to_value())
    };
    let mut n = 0;
    for (was, node) in before.nodes().iter().enumerate() {
        if change.removed.contains(&was) {
            continue;
        }
        let Some(found) = after.nodes().get(n) else {
            return false;
        };
        let is_right = match change.replaced.get(&was) {
            Some(rule) => is_rule(n, rule),
            None => is_moved(node, found, splices),
        };
        if !is_right {
            return false;
        }
        n += 1;
    }
    let is_added = change.added.is_none_or(|rule| is_rule(n, rule));
    is_added
        && after.nodes().len() == n + usize::from(change.added.is_some())
        && keeps_around(before, after, splices)
        && keeps_faults(before, after, splices)
}

/// Whether what stands beside the list is the same.
fn keeps_around(before: &File<'_>, after: &File<'_>, splices: &Ordered) -> bool {
    let is_same_place = match (&before.place, &after.place) {
        (Place::Nothing | Place::One, Place::One)
        | (Place::EmptyRules(_), Place::List { under: Some(_) }) => true,
        (Place::List { under: a }, Place::List { under: b }) => a == b,
        _ => false,
    };
    let is_moved = |a: &Entry, b: &Entry| {
        let is_key_moved = a.key == b.key && splices.moved(a.key_start) == Some(b.key_start);
        is_key_moved && (a.key == "rules" || is_moved(&a.value, &b.value, splices))
    };
    is_same_place
        && match (beside(before), beside(after)) {
            (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_moved(a, b)),
            (None, None) => true,
            _ => false,
        }
}

/// The fields of a mapping that has the entries under one of them.
fn beside<'f>(file: &'f File<'_>) -> Option<&'f [Entry]> {
    match (&file.place, &file.tree.root.as_ref()?.content) {
        (Place::EmptyRules(_) | Place::List { .. }, Content::Map(entries)) => Some(entries),
        _ => None,
    }
}

/// Whether nothing is refused that was not refused before, for the same reason.
fn keeps_faults(before: &File<'_>, after: &File<'_>, splices: &Ordered) -> bool {
    let (before, after) = (&before.tree.faults, &after.tree.faults);
    let moved = |fault: &Fault| Some((splices.moved(fault.offset)?, fault.reason.clone()));
    let known: HashSet<_> = before.list.iter().filter_map(moved).collect();
    let is_known = |fault: &Fault| known.contains(&(fault.offset, fault.reason.clone()));
    before.more > 0 || after.list.iter().all(is_known)
}

/// Whether two nodes are the same, the second one where the first has moved to.
fn is_moved(a: &Node, b: &Node, splices: &Ordered) -> bool {
    let is_content_same = match (&a.content, &b.content) {
        // Where nothing is written, its place is that of what comes next.
        (Content::Null, Content::Null) => return true,
        (Content::Text(a), Content::Text(b)) if a.trim().is_empty() => return a == b,
        (Content::List(a), Content::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_moved(a, b, splices))
        }
        (Content::Map(a), Content::Map(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| {
                    let is_key_moved = splices.moved(a.key_start) == Some(b.key_start);
                    is_key_moved && a.key == b.key && is_moved(&a.value, &b.value, splices)
                })
        }
        (Content::Bool(a), Content::Bool(b)) => a == b,
        (Content::Integer(a), Content::Integer(b)) => a == b,
        (Content::Float(a), Content::Float(b)) => a.to_bits() == b.to_bits(),
        (Content::Text(a), Content::Text(b)) => a == b,
        (Content::Refused, Content::Refused) => true,
        _ => false,
    };
    is_content_same && splices.moved(a.start) == Some(b.start)
}

//! The tree of a file and the bounds on building it, the same for YAML and JSON.

use crate::{
    diagnostic::Fault,
    node::{Content, Entry, Node},
};
use std::collections::HashMap;

/// Levels of lists and mappings of one value: a rule, or a request body.
pub(crate) const DEPTH_MAX: usize = 64;
/// The same for a file, where a rule may stand in a list under `rules`.
pub(crate) const FILE_DEPTH_MAX: usize = DEPTH_MAX + 2;
/// Nodes of one file, those that aliases repeat included.
pub(crate) const NODES_MAX: usize = 1_000_000;
/// Bytes of text that aliases of one file may repeat.
pub(crate) const REPEATED_BYTES_MAX: usize = crate::FILE_BYTES_MAX;

/// What a text holds.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// `None` when there is nothing but comments.
    pub(crate) root: Option<Node>,
    /// What was refused on the way; a `Refused` node stands where each of them was.
    pub(crate) faults: Faults,
}

/// Problems found while a tree was built, at most one for each refused node.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) list: Vec<Fault>,
    /// Those beyond [`crate::DIAGNOSTICS_MAX`].
    pub(crate) more: usize,
}

impl Faults {
    /// Reports a fault and gives the node that stands in its place.
    pub(crate) fn refuse(&mut self, fault: Fault) -> Node {
        let start = fault.offset;
        if self.list.len() < crate::DIAGNOSTICS_MAX {
            self.list.push(fault);
        } else {
            self.more += 1;
        }
        Node {
            start,
            content: Content::Refused,
        }
    }
}

/// Reports every key that is written again and refuses its value.
pub(crate) fn refuse_duplicates(entries: &mut [Entry], faults: &mut Faults) {
    for (first, again) in duplicates(entries) {
        let Entry { key, key_start, .. } = &entries[again];
        let fault = Fault::syntax(*key_start, format!("key `{key}` is written twice, first on line"));
        let fault = Fault {
            first: Some(entries[first].key_start),
            ..fault.hint("keep one of the two")
        };
        entries[again].value = faults.refuse(fault);
    }
}

/// Positions of keys that are there already, each with the first one.
fn duplicates(entries: &[Entry]) -> Vec<(usize, usize)> {
    // Rules have about ten keys: comparing those costs less than hashing them.
    const FEW: usize = 16;
    if entries.len() <= FEW {
        let first = |again: usize| {
            entries[..again]
                .iter()
                .position(|entry| entry.key == entries[again].key)
        };
        return (1..entries.len())
            .filter_map(|again| Some((first(again)?, again)))
            .collect();
    }
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
    let mut found = Vec::new();
    for (n, entry) in entries.iter().enumerate() {
        let first = *seen.entry(entry.key.as_str()).or_insert(n);
        if first != n {
            found.push((first, n));
        }
    }
    found
}

//! Judges a history as a whole.
//!
//! Whoever reads asks for the server's revision before and after; where both are one, it is known what the state of
//! that number holds. All states have one order, so each register goes through values in the order of their revisions,
//! and each change of it must be somebody's write. A write has its place after the newest state that anybody had been
//! shown when it began, and not after the first state that the same server shows once it is acknowledged. Where no
//! place is left a write is lost or comes from nowhere; this is what makes the history linearizable for writes and for
//! reads of the server that was written to. Reads of other servers may be old: by a second where nothing is wrong, and
//! never older than what the same server has shown before.

mod order;
mod register;
mod times;

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, History, Operation};
use times::Times;

/// Findings that are listed; the first ones explain the others.
const FINDINGS_MAX: usize = 20;

/// What a check came to.
#[derive(Debug, Default)]
pub(in crate::chaos) struct Verdict {
    /// What is wrong.
    pub(in crate::chaos) findings: Vec<String>,
    pub(in crate::chaos) reads: usize,
    pub(in crate::chaos) writes: usize,
    pub(in crate::chaos) registers: usize,
}

/// Judges a history that ends with a look at every server, all of them with the same state.
pub(in crate::chaos) fn check(history: &History) -> Verdict {
    let times = Times::of(history);
    let mut findings = Vec::new();
    order::check(history, &times, &mut findings);
    let keys = keys(&history.operations);
    let mut by_key: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    let mut looks = Vec::new();
    for operation in &history.operations {
        match &operation.act {
            Act::Read { key, .. } | Act::Write { key, .. } => by_key.entry(key).or_default().push(operation),
            Act::Look(_) => looks.push(operation),
        }
    }
    for key in &keys {
        let own = by_key.get(key).map_or(&[][..], Vec::as_slice);
        register::check(key, own, &looks, &times, &mut findings);
    }
    findings.truncate(FINDINGS_MAX);
    let is_write = |operation: &&Operation| matches!(operation.act, Act::Write { .. });
    let writes = history.operations.iter().filter(is_write).count();
    Verdict {
        findings,
        reads: history.operations.len() - writes,
        writes,
        registers: keys.len(),
    }
}

/// The names of all registers.
fn keys(operations: &[Operation]) -> BTreeSet<&str> {
    let mut keys = BTreeSet::new();
    for operation in operations {
        match &operation.act {
            Act::Read { key, .. } | Act::Write { key, .. } => drop(keys.insert(key.as_str())),
            Act::Look(values) => keys.extend(values.keys().map(String::as_str)),
        }
    }
    keys
}

#[cfg(test)]
mod tests;

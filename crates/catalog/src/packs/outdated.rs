//! Overrides whose rule in the pack is another one than when they were made.
//!
//! An override names the version that it was made from. Whether its rule changed since is known only to the update
//! that brought another version, so that is noted: without a note an override of another version counts as outdated.

use super::{Kept, PackChange, Sources};
use crate::Snapshot;
use ::packs::content::Content;
use rules::{Entry, Layer, Rule, RuleId};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

/// The most overrides that are noted.
const NOTES_MAX: usize = 100_000;

/// The overrides of packs, by the pack's name.
pub(super) fn overrides(snapshot: &Snapshot) -> BTreeMap<&str, Vec<&Arc<Entry>>> {
    let mut by_pack: BTreeMap<&str, Vec<&Arc<Entry>>> = BTreeMap::new();
    for entry in snapshot.set().entries() {
        let sourced = &entry.sourced;
        if let Some(pack) = sourced
            .rule
            .id()
            .pack()
            .filter(|_| sourced.origin.layer == Layer::Override)
        {
            by_pack.entry(pack).or_default().push(entry);
        }
    }
    by_pack
}

/// An override whose rule in the pack is in one version what it was in another.
#[derive(Clone, Debug)]
pub(super) struct Same {
    id: RuleId,
    versions: Versions,
}

/// The version that an override was made from, and one whose rule is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Versions {
    base: String,
    version: String,
}

/// Notes of overrides that updates have not outdated.
#[derive(Default)]
pub(super) struct Unchanged {
    notes: Mutex<Option<HashMap<String, Versions>>>,
}

impl Unchanged {
    /// Which overrides of a pack another version makes outdated, and which it does not.
    pub(super) fn compare(
        &self,
        sources: &Sources,
        snapshot: &Snapshot,
        (overrides, change): (&[&Arc<Entry>], &PackChange),
        content: &Content,
    ) -> (Vec<RuleId>, Vec<Same>) {
        let version = content.manifest.version.to_string();
        let from = change.from.as_ref().map(ToString::to_string);
        let new: HashMap<&RuleId, &Rule> = content.rules.iter().map(|rule| (rule.id(), &**rule)).collect();
        let (mut outdated, mut same) = (Vec::new(), Vec::new());
        for entry in overrides {
            let rule = &entry.sourced.rule;
            let (id, Some(base)) = (rule.id(), rule.base_version()) else {
                continue;
            };
            let is_known = from
                .as_deref()
                .is_some_and(|from| base == from || self.has(sources, id, base, from));
            let old = in_pack(snapshot, id);
            let is_same = match (old, new.get(id)) {
                (Some(old), Some(new)) => old.same_rule(new),
                (None, None) => true,
                _ => false,
            };
            match is_same && is_known {
                _ if base == version => {}
                true => same.push(Same {
                    id: id.clone(),
                    versions: Versions {
                        base: base.to_owned(),
                        version: version.clone(),
                    },
                }),
                false => outdated.push(id.clone()),
            }
        }
        (outdated, same)
    }

    /// Those of a pack's overrides that count as outdated, with the versions that they were made from.
    pub(super) fn outdated(
        &self,
        sources: &Sources,
        overrides: &[&Arc<Entry>],
        version: &str,
    ) -> Vec<(RuleId, String)> {
        let outdated = overrides.iter().filter_map(|entry| {
            let rule = &entry.sourced.rule;
            let base = rule.base_version()?;
            let is_current = base == version || self.has(sources, rule.id(), base, version);
            (!is_current).then(|| (rule.id().clone(), base.to_owned()))
        });
        outdated.collect()
    }

    /// Notes overrides whose rule is the same. It blocks.
    pub(super) fn note(&self, sources: &Sources, same: Vec<Same>) {
        let mut notes = self.notes(sources);
        let notes = notes.get_or_insert_default();
        for Same { id, versions } in same {
            if notes.len() < NOTES_MAX || notes.contains_key(id.as_str()) {
                notes.insert(id.as_str().to_owned(), versions);
            }
        }
        // A note that is lost shows an override as outdated that may not be.
        if let Ok(bytes) = serde_json::to_vec(notes) {
            let _ = sources.keep.write(Kept::Overrides, &bytes);
        }
    }

    fn has(&self, sources: &Sources, id: &RuleId, base: &str, version: &str) -> bool {
        let notes = self.notes(sources);
        let noted = notes.as_ref().and_then(|notes| notes.get(id.as_str()));
        noted.is_some_and(|noted| noted.base == base && noted.version == version)
    }

    /// The notes, as they were kept.
    fn notes(&self, sources: &Sources) -> MutexGuard<'_, Option<HashMap<String, Versions>>> {
        let mut notes = self.notes.lock().expect("no holder of the lock panics");
        if notes.is_none() {
            let kept = sources.keep.read(Kept::Overrides).ok().flatten();
            let kept = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            *notes = Some(kept.unwrap_or_default());
        }
        notes
    }
}

/// The pack's own rule with that id.
fn in_pack<'s>(snapshot: &'s Snapshot, id: &RuleId) -> Option<&'s Rule> {
    let mut entries = snapshot.set().all_of(id.as_str()).iter();
    entries
        .find(|entry| entry.sourced.origin.layer == Layer::Community)
        .map(|entry| &*entry.sourced.rule)
}

//! What the last synchronization of single rules knew, so that the next one goes on where it stopped.
//!
//! Losing it costs downloads and nothing else: which files there are, the rules in force say.

use super::{Kept, Sources};
use crate::Snapshot;
use ::packs::repository::Files;
use rules::{Layer, SINGLES};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a file's path begins with, where a store has files.
const FOLDER: &str = "community/singles/";
/// What it ends with.
pub(super) const ENDING: &str = ".rule.yaml";

/// A file that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refused {
    /// The hash that it had in the index.
    hash: String,
    pub(super) reason: String,
}

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// The URL of the repository; of another one nothing is known.
    source: String,
    /// SHA-256 of the index that was followed.
    pub(super) index: String,
    /// SHA-256 of every file that was put.
    pub(super) files: BTreeMap<String, String>,
    /// Files that are still to come.
    pub(super) rest: BTreeSet<String>,
    /// Files that would be refused again.
    pub(super) refused: BTreeMap<String, Refused>,
}

impl Remembered {
    /// Reads it; nothing where there is none that can be used.
    pub(super) fn read(sources: &Sources, source: &str) -> Self {
        let kept = sources.keep.read(Kept::Singles).ok().flatten();
        let kept: Option<Self> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        kept.filter(|kept| kept.source == source).unwrap_or_else(|| Self {
            source: source.to_owned(),
            ..Self::default()
        })
    }

    /// Keeps it; where that fails the next round downloads more than it would have to.
    pub(super) fn write(&self, sources: &Sources) {
        if let Ok(bytes) = serde_json::to_vec(self) {
            let _ = sources.keep.write(Kept::Singles, &bytes);
        }
    }

    /// The files that are installed, with their hashes; an empty one where nobody knows.
    pub(super) fn installed(&self, snapshot: &Snapshot) -> BTreeMap<String, String> {
        let hash = |file: String| {
            let hash = self.files.get(&file).cloned().unwrap_or_default();
            (file, hash)
        };
        files(snapshot).into_iter().map(hash).collect()
    }

    /// The files that come once more although they have no hash that says so.
    pub(super) fn again(
        &self,
        index: &str,
        listed: &Files,
        installed: &BTreeMap<String, String>,
    ) -> BTreeSet<String> {
        if self.index != index {
            return listed.keys().cloned().collect();
        }
        let unknown = installed.iter().filter(|(_, hash)| hash.is_empty());
        let unknown = unknown.map(|(file, _)| file.clone());
        self.rest.iter().cloned().chain(unknown).collect()
    }

    /// Notes that a file would be refused again while the index lists it with that hash.
    pub(super) fn refuse(&mut self, file: &str, hash: Option<&str>, reason: &str) {
        if let Some(hash) = hash {
            let refused = Refused {
                hash: hash.to_owned(),
                reason: reason.to_owned(),
            };
            self.refused.insert(file.to_owned(), refused);
        }
    }

    /// Why a file would be refused again.
    pub(super) fn refusal(&self, file: &str, hash: Option<&str>) -> Option<&Refused> {
        self.refused
            .get(file)
            .filter(|refused| Some(&*refused.hash) == hash)
    }
}

/// The files of the singles, as an index names them.
fn files(snapshot: &Snapshot) -> BTreeSet<String> {
    let entries = snapshot
        .set()
        .entries()
        .iter()
        .map(|entry| &*entry.sourced.origin);
    let left_out = snapshot.set().left_out().iter().map(|left_out| &*left_out.origin);
    let singles = entries
        .chain(left_out)
        .filter(|origin| origin.layer == Layer::Community && origin.pack_name.as_deref() == Some(SINGLES));
    let file = |origin: &rules::Origin| {
        let file = origin.file.as_deref()?.strip_prefix(FOLDER)?;
        Some(file.strip_suffix(ENDING)?.to_owned())
    };
    singles.filter_map(file).collect()
}

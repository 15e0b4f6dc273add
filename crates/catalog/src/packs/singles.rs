//! What the last synchronization of single rules knew, so that the next one goes on where it stopped.
//!
//! Losing it costs downloads and nothing else: which files there are, and what is in them, the store says.

use super::{Kept, Sources};
use ::packs::repository::Files;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the path of a file that came from an index ends with.
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
    /// The key that signed it; `None` where no keys were trusted.
    #[serde(default)]
    key: Option<String>,
    /// SHA-256 of every installed file that this index, or an earlier one of the same key, has listed.
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

    /// Takes over what is installed under an index, and gives the files that its key does not vouch for.
    ///
    /// A file counts that is the one which is listed, or that the same key has vouched for before: while its newer
    /// version cannot be had, it stays.
    pub(super) fn follow(
        &mut self,
        key: Option<&str>,
        listed: &Files,
        installed: &BTreeMap<String, String>,
    ) -> BTreeSet<String> {
        let before = std::mem::take(&mut self.files);
        let is_same_key = self.key.as_deref() == key;
        let is_vouched = |(file, hash): &(&String, &String)| {
            let of_before = before.get(*file).filter(|_| is_same_key);
            listed
                .get(*file)
                .is_some_and(|listed| listed.as_ref() == Some(*hash) || of_before == Some(*hash))
        };
        let (vouched, others): (Vec<_>, Vec<_>) = installed.iter().partition(is_vouched);
        let owned = |(file, hash): (&String, &String)| (file.clone(), hash.clone());
        self.files = vouched.into_iter().map(owned).collect();
        self.key = key.map(str::to_owned);
        others.into_iter().map(|(file, _)| file.clone()).collect()
    }

    /// The files that come once more although they have no hash that says so.
    pub(super) fn again(&self, index: &str, listed: &Files) -> BTreeSet<String> {
        match self.index == index {
            true => self.rest.clone(),
            false => listed.keys().cloned().collect(),
        }
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

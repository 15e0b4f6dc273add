//! What a community repository offers: `index.json` for packs, `singles/index.json` for single rules.
//!
//! The shapes on the wire stay in `wire`; here stands what they mean. An entry that cannot be used is left out and
//! reported, so that it hides none of the others.

mod build;
mod read;
mod wire;

use rules::{Requirement, Timestamp};
use semver::Version;
use std::collections::BTreeSet;

/// The most bytes of an index: tens of thousands of entries, and no more memory than a process can spare when they are
/// nothing but empty fields.
pub const INDEX_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The version that indexes built here say they have.
const FORMAT_VERSION: &str = "1";

/// Why an index is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It has too many bytes.
    #[error("the index has more than {INDEX_BYTES_MAX} bytes")]
    TooLarge,
    /// It is not an index.
    #[error("the index cannot be read: {0}")]
    Malformed(String),
    /// It says another number of rules than it lists: it may be cut off.
    #[error("the index says that it lists {count} rules, and lists {entries}")]
    Count {
        /// What it says.
        count: u64,
        /// What it lists.
        entries: u64,
    },
    /// It lists so few rules that most of those that are here would go.
    #[error("the index would remove {removed} of {installed} single rules, more than half")]
    Shrinks {
        /// The rules that would go.
        removed: usize,
        /// The rules that are here.
        installed: usize,
    },
    /// It is older than the one that was accepted before: somebody may be playing it back.
    #[error("the index is of {offered}, older than the one that is known, of {known}")]
    Older {
        /// The time of the new one.
        offered: Timestamp,
        /// The time of the known one.
        known: Timestamp,
    },
}

/// Whether an index may take the place of the one that is known, where indexes are signed.
///
/// # Errors
///
/// When it is older.
pub fn check_age(offered: Timestamp, known: Option<Timestamp>) -> Result<(), Error> {
    match known {
        Some(known) if offered < known => Err(Error::Older { offered, known }),
        _ => Ok(()),
    }
}

/// The packs of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The version that the index says it has; nothing follows from it.
    pub version: String,
    /// When it was made.
    pub updated_at: Timestamp,
    /// What packs are sorted by.
    pub categories: Vec<String>,
    /// The packs, by name.
    pub packs: Vec<ListedPack>,
    /// Entries that were left out, each with the reason.
    pub problems: Vec<String>,
}

/// A pack that an index lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPack {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who made it.
    pub author: String,
    /// The rules of its newest version.
    pub rule_count: u64,
    /// Its versions, newest first; never empty.
    pub releases: Vec<Release>,
}

/// A version of a pack that an index lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// SHA-256 of its archive in lower case hexadecimal digits.
    pub sha256: Option<String>,
    /// Bytes of its archive.
    pub size: Option<u64>,
    /// Which engines it is for; `None`: all, or not known before it is there.
    pub requires: Option<Requirement>,
}

/// The single rules of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinglesIndex {
    /// The version that the index says it has; nothing follows from it.
    pub version: String,
    /// When it was made.
    pub updated_at: Timestamp,
    /// How many rules it says it lists.
    pub count: u64,
    /// How many entries it lists, those that were left out included.
    pub entries: u64,
    /// The rules, by file.
    pub rules: Vec<ListedRule>,
    /// Entries that were left out, each with the reason.
    pub problems: Vec<String>,
}

/// A single rule that an index lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRule {
    /// Its id, without `singles:`.
    pub id: String,
    /// Its file below `singles/rules/`, without `.rule.yaml`.
    pub file: String,
    /// SHA-256 of the file in lower case hexadecimal digits.
    pub hash: Option<String>,
    /// Its pattern.
    pub pattern: String,
    /// The kind of its pattern.
    pub kind: String,
    /// What it is for.
    pub description: String,
    /// Who wrote it.
    pub author: String,
    /// What it can be found by.
    pub tags: Vec<String>,
}

impl Index {
    /// What it lists of a pack.
    pub fn find(&self, name: &str) -> Option<&ListedPack> {
        let found = self.packs.binary_search_by(|pack| pack.name.as_str().cmp(name));
        found.ok().map(|n| &self.packs[n])
    }
}

impl ListedPack {
    /// The newest version that is no pre-release.
    pub fn newest(&self) -> Option<&Release> {
        self.releases
            .iter()
            .find(|release| release.version.pre.is_empty())
    }

    /// The newest version that is no pre-release and that this engine may use, as far as the index says.
    pub fn newest_for(&self, engine: &Version) -> Option<&Release> {
        let fits = |release: &&Release| {
            release
                .requires
                .as_ref()
                .is_none_or(|requires| requires.matches(engine))
        };
        let mut stable = self
            .releases
            .iter()
            .filter(|release| release.version.pre.is_empty());
        stable.find(fits)
    }

    /// Exactly this version.
    pub fn release(&self, version: &Version) -> Option<&Release> {
        self.releases.iter().find(|release| release.version == *version)
    }
}

impl SinglesIndex {
    /// Whether the index may be followed, given the files that are here, without `.rule.yaml`. `force` follows one
    /// that lists another number than it says, or few of those that are here.
    ///
    /// # Errors
    ///
    /// When it may not.
    pub fn check(&self, installed: &BTreeSet<String>, force: bool) -> Result<(), Error> {
        if force {
            return Ok(());
        }
        let (count, entries) = (self.count, self.entries);
        if count != entries {
            return Err(Error::Count { count, entries });
        }
        let listed: BTreeSet<_> = self.rules.iter().map(|rule| rule.file.as_str()).collect();
        let removed = installed
            .iter()
            .filter(|file| !listed.contains(file.as_str()))
            .count();
        let installed = installed.len();
        match removed * 2 > installed {
            true => Err(Error::Shrinks { removed, installed }),
            false => Ok(()),
        }
    }

    /// Whether every rule has the hash without which, where keys are trusted, it is not used.
    pub fn has_all_hashes(&self) -> bool {
        self.rules.iter().all(|rule| rule.hash.is_some())
    }
}

impl ListedRule {
    /// Whether a file's bytes are those that the index lists. Without a hash they are, unless one is required: where
    /// keys are trusted.
    pub fn accepts(&self, bytes: &[u8], is_hash_required: bool) -> bool {
        match &self.hash {
            Some(hash) => *hash == crate::digest::sha256(bytes),
            None => !is_hash_required,
        }
    }
}

#[cfg(test)]
mod tests;

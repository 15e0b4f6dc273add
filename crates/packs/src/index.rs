//! What a community repository offers: `index.json` for packs, `singles/index.json` for single rules.
//!
//! The shapes on the wire stay in `wire`; here stands what they mean. An entry that cannot be used is left out and
//! reported, so that it hides none of the others.

use rules::{Requirement, Timestamp};
use semver::Version;

/// The most bytes of an index.
pub const INDEX_BYTES_MAX: usize = 64 * 1024 * 1024;

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

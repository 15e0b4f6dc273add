//! What operations on packs came to, and what can be seen of packs.

use super::PackError;
use crate::Snapshot;
use ::packs::index::Index;
use rules::{InstalledPack, RuleId, Timestamp};
use semver::Version;
use std::sync::Arc;

/// A pack that is installed.
#[derive(Clone, Debug)]
pub struct SeenPack {
    /// Its name.
    pub name: String,
    /// What it says of itself, and where it came from.
    pub pack: InstalledPack,
    /// Whether its scripts and its priorities count.
    pub trusted: bool,
    /// How many rules it has, whatever their state.
    pub rules: usize,
    /// The overrides of its rules.
    pub overrides: Vec<RuleId>,
    /// Those of them whose rule in the pack may be another one than when they were made, each with the version that
    /// it was made from.
    pub outdated: Vec<(RuleId, String)>,
    /// Dependencies that are missing or do not fit.
    pub warnings: Vec<String>,
}

/// What became of one pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackChange {
    /// Its name.
    pub name: String,
    /// The version that was there before.
    pub from: Option<Version>,
    /// The version that is there now.
    pub to: Option<Version>,
    /// Whether anything was changed.
    pub changed: bool,
    /// What is worth a word: dependencies that are missing, trust that was lost, files that were left out.
    pub warnings: Vec<String>,
    /// Overrides whose rule in the pack is another one than before, or gone.
    pub outdated: Vec<RuleId>,
}

/// What an installation came to.
#[derive(Clone)]
pub struct Installed {
    /// One for each pack, in the order in which they were asked for.
    pub packs: Vec<PackChange>,
    /// What is worth a word beside them.
    pub warnings: Vec<String>,
    /// The rules after it.
    pub snapshot: Arc<Snapshot>,
}

/// What an update came to.
#[derive(Clone)]
pub struct Updated {
    /// One for each pack, by name: those that failed keep the version that they have.
    pub packs: Vec<(String, Result<PackChange, PackError>)>,
    /// What is worth a word beside them.
    pub warnings: Vec<String>,
    /// The rules after it.
    pub snapshot: Arc<Snapshot>,
}

impl Updated {
    /// Whether any pack was updated.
    pub fn changed(&self) -> bool {
        let mut packs = self.packs.iter();
        packs.any(|(_, pack)| pack.as_ref().is_ok_and(|pack| pack.changed))
    }

    /// Why the first of those that failed was not updated.
    pub fn first_failure(&self) -> Option<&PackError> {
        self.packs.iter().find_map(|(_, pack)| pack.as_ref().err())
    }
}

/// What a removal came to.
#[derive(Clone)]
pub struct Uninstalled {
    /// The pack.
    pub change: PackChange,
    /// The overrides that went with it.
    pub purged: Vec<RuleId>,
    /// The overrides that stay without it.
    pub orphaned: Vec<RuleId>,
    /// The rules after it.
    pub snapshot: Arc<Snapshot>,
}

/// What a synchronization of single rules came to.
#[derive(Clone)]
pub struct Synced {
    /// Files that came, or were replaced.
    pub put: usize,
    /// Files that went.
    pub removed: usize,
    /// Files that cannot be had or used, each with the reason.
    pub failed: Vec<(String, String)>,
    /// Files that are still to come.
    pub rest: usize,
    /// Why it stopped before the end.
    pub stopped: Option<PackError>,
    /// When it can go on, where that is known.
    pub until: Option<Timestamp>,
    /// Whether anything was changed.
    pub changed: bool,
    /// The rules after it.
    pub snapshot: Arc<Snapshot>,
}

/// How old what is known of the community repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// When the repository last gave the index, or said that it is the same.
    pub fetched_at: Timestamp,
    /// Why it was not asked since, although it should have been.
    pub stale: Option<String>,
}

/// What can be installed from the repository.
#[derive(Clone, Debug)]
pub struct Available {
    /// The index.
    pub index: Arc<Index>,
    /// How old it is.
    pub freshness: Freshness,
}

/// A newer version of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackUpdate {
    /// The pack.
    pub name: String,
    /// The version that is installed.
    pub installed: Option<Version>,
    /// The version that an update would install; `None`: none.
    pub available: Option<Version>,
    /// Why there is none, where that is worth a word.
    pub note: Option<String>,
}

/// Newer versions of what is installed.
#[derive(Clone, Debug)]
pub struct Updates {
    /// The packs that could be updated, or could not with a word on why.
    pub packs: Vec<PackUpdate>,
    /// How old the index is.
    pub freshness: Freshness,
}

/// What is known of the community repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Community {
    /// How old the index of packs is; `None` while there is none.
    pub index: Option<Freshness>,
    /// Why the last attempt to ask it failed.
    pub failure: Option<String>,
}

/// What is known of the single rules' synchronization in this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SinglesStatus {
    /// When one last succeeded.
    pub synced_at: Option<Timestamp>,
    /// Files that are still to come.
    pub rest: usize,
    /// Why the last one failed, or stopped before the end.
    pub failure: Option<String>,
}

/// How often an operation came to an end, since the process began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationCount {
    /// `install`, `update`, `uninstall` or `sync`.
    pub operation: &'static str,
    /// `changed`, `unchanged`, `refused` or `failed`.
    pub outcome: &'static str,
    /// How often.
    pub count: u64,
}

/// What health and metrics report of packs.
#[derive(Clone, Debug)]
pub struct PacksStatus {
    /// The community repository; `None` where none is configured.
    pub community: Option<Community>,
    /// The single rules.
    pub singles: SinglesStatus,
    /// Operations by outcome, every one of them.
    pub operations: Vec<OperationCount>,
}

//! Packs: what is installed, what could be, and the operations that change it.
//!
//! One operation runs at a time, a second one waits; each goes on when its caller gives up. Network, archives and
//! parsers keep to threads of their own. What an operation changes is decided by `packs::plan` in a turn of the
//! catalog, on the packs as they are then, and is one write: all of it or nothing.

mod error;
mod outcome;
mod outside;

pub use error::PackError;
pub use outcome::{
    Available, Community, Freshness, Installed, OperationCount, PackChange, PackUpdate, PacksStatus,
    SinglesStatus, Synced, Uninstalled, Updated, Updates,
};
pub use outside::{Keep, Kept, Repository, Sources};

use crate::Catalog;
use ::packs::plan::Wanted;
use bytes::Bytes;
use std::{fmt, sync::Arc};

/// What is to be installed.
#[derive(Clone, Debug)]
pub enum Install {
    /// A pack of the repository, or the archive at a URL.
    Wanted(Wanted),
    /// This archive, which the one who asks has in hand.
    Archive(Bytes),
    /// What `packs.lock` records, exactly.
    Locked,
}

/// Which packs are to be updated.
#[derive(Clone, Debug)]
pub enum Which {
    /// All that are installed.
    All,
    /// These.
    Named(Vec<String>),
}

/// Installs, updates and removes packs, and says which there are.
pub struct Packs {
    catalog: Arc<Catalog>,
    sources: Sources,
}

impl fmt::Debug for Packs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packs").finish_non_exhaustive()
    }
}

impl Packs {
    /// The packs of a catalog, with what they need from outside.
    pub fn new(catalog: Arc<Catalog>, sources: Sources) -> Self {
        Self { catalog, sources }
    }

    /// The catalog that holds them.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// What they need from outside.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Installs packs; with `trust` the admin who asks vouches for what is in them.
    ///
    /// # Errors
    ///
    /// When nothing was installed.
    pub async fn install(&self, what: Install, trust: bool) -> Result<Installed, PackError> {
        let _ = (what, trust);
        Err(PackError::Busy)
    }

    /// Updates packs, in one write: those that can be; the others keep the version that they have.
    ///
    /// # Errors
    ///
    /// When none of them could be tried, or what was tried could not be written.
    pub async fn update(&self, which: Which) -> Result<Updated, PackError> {
        let _ = which;
        Err(PackError::Busy)
    }

    /// Takes a pack out, with `purge` its overrides too; disabled ids and pins stay.
    ///
    /// # Errors
    ///
    /// When it is not installed, or cannot be taken out.
    pub async fn uninstall(&self, name: String, purge: bool) -> Result<Uninstalled, PackError> {
        let _ = (name, purge);
        Err(PackError::Busy)
    }

    /// Makes the single rules those of the repository; `force` follows an index that looks damaged.
    ///
    /// # Errors
    ///
    /// When the index cannot be had or followed, or what came could not be written.
    pub async fn sync(&self, force: bool) -> Result<Synced, PackError> {
        let _ = force;
        Err(PackError::Busy)
    }

    /// What the repository offers; `None` where none is configured.
    ///
    /// # Errors
    ///
    /// When its index cannot be had, and there is no copy that may serve.
    pub async fn available(&self) -> Result<Option<Available>, PackError> {
        Err(PackError::Busy)
    }

    /// Newer versions of what is installed; `None` where no repository is configured.
    ///
    /// # Errors
    ///
    /// As [`available`](Self::available).
    pub async fn updates(&self) -> Result<Option<Updates>, PackError> {
        Err(PackError::Busy)
    }

    /// What health and metrics report.
    pub fn status(&self) -> PacksStatus {
        PacksStatus {
            community: None,
            singles: SinglesStatus::default(),
            operations: Vec::new(),
        }
    }
}

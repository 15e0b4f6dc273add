//! Packs: what is installed, what could be, and the operations that change it.
//!
//! One operation runs at a time, a second one waits; each goes on when its caller gives up. Network, archives and
//! parsers keep to threads of their own. What an operation changes is decided by `packs::plan` in a turn of the
//! catalog, on the packs as they are then, and is one write: all of it or nothing.

mod download;
mod error;
mod held;
mod index_copy;
mod install;
#[cfg(feature = "doubles")]
mod kept_in_memory;
mod line;
mod lock_file;
mod look;
mod outcome;
mod outdated;
mod outside;
mod singles;
mod sync;
mod uninstall;
mod update;

pub use download::{Download, Listener};
pub use error::PackError;
#[cfg(feature = "doubles")]
pub use kept_in_memory::KeptInMemory;
pub use outcome::{
    Available, Community, Freshness, Installed, OperationCount, PackChange, PackUpdate, PacksStatus,
    SeenPack, SinglesStatus, Synced, Uninstalled, Updated, Updates,
};
pub use outside::{HELD_BYTES_MAX, Keep, Kept, Sources, Upstream};

use crate::{Catalog, Error, Snapshot};
use ::packs::{
    index::{Index, SinglesIndex},
    plan::Wanted,
    signature::TrustedKeys,
};
use bytes::Bytes;
use index_copy::IndexCopy;
use line::{Line, Operation};
use outdated::Unchanged;
use rules::Timestamp;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};
use store::Edit;

/// What is to be installed.
#[derive(Clone, Debug)]
pub enum Install {
    /// A pack of the repository, or the archive at a URL.
    Wanted(Wanted),
    /// This archive, which the one who asks has in hand, and its signature if there is one.
    Archive(Bytes, Option<String>),
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
    inner: Arc<Inner>,
    listener: Listener,
}

/// Edits of packs that are made only where the packs are still those that they were decided on: others may write too.
fn as_seen(snapshot: &Snapshot, edits: Vec<Edit>) -> Vec<Edit> {
    if edits.is_empty() {
        return edits;
    }
    let seen = Edit::ExpectPacks(Arc::new(snapshot.packs().clone()));
    std::iter::once(seen).chain(edits).collect()
}

/// What an operation that outlives its caller holds on to.
struct Inner {
    catalog: Arc<Catalog>,
    sources: Sources,
    line: Line,
    index: IndexCopy<Index>,
    singles_index: IndexCopy<SinglesIndex>,
    unchanged: Unchanged,
    singles: Mutex<SinglesStatus>,
}

impl fmt::Debug for Packs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packs").finish_non_exhaustive()
    }
}

impl Packs {
    /// The packs of a catalog, with what they need from outside.
    pub fn new(catalog: Arc<Catalog>, sources: Sources) -> Self {
        Self {
            inner: Arc::new(Inner {
                catalog,
                sources,
                line: Line::default(),
                index: IndexCopy::default(),
                singles_index: IndexCopy::default(),
                unchanged: Unchanged::default(),
                singles: Mutex::default(),
            }),
            listener: Arc::new(|_| {}),
        }
    }

    /// The same packs, whose operations tell the listener how far their downloads are.
    #[must_use]
    pub fn telling(&self, listener: Listener) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            listener,
        }
    }

    /// The catalog that holds them.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.inner.catalog
    }

    /// What they need from outside.
    pub fn sources(&self) -> &Sources {
        &self.inner.sources
    }

    /// Installs packs; with `trust` the admin who asks vouches for what is in them.
    ///
    /// # Errors
    ///
    /// When nothing was installed.
    pub async fn install(&self, what: Install, trust: bool) -> Result<Installed, PackError> {
        let (inner, listener) = (Arc::clone(&self.inner), Arc::clone(&self.listener));
        let work = async move { inner.install(what, trust, listener).await };
        self.inner.in_line(Operation::Install, work).await
    }

    /// Updates packs, in one write: those that can be; the others keep the version that they have.
    ///
    /// # Errors
    ///
    /// When none of them could be tried, or what was tried could not be written.
    pub async fn update(&self, which: Which) -> Result<Updated, PackError> {
        let (inner, listener) = (Arc::clone(&self.inner), Arc::clone(&self.listener));
        let work = async move { inner.update(which, listener).await };
        self.inner.in_line(Operation::Update, work).await
    }

    /// Takes a pack out, with `purge` its overrides too; disabled ids and pins stay.
    ///
    /// # Errors
    ///
    /// When it is not installed, or cannot be taken out.
    pub async fn uninstall(&self, name: String, purge: bool) -> Result<Uninstalled, PackError> {
        let inner = Arc::clone(&self.inner);
        let work = async move { inner.uninstall(name, purge).await };
        self.inner.in_line(Operation::Uninstall, work).await
    }

    /// Makes the single rules those of the repository; `force` follows an index that looks damaged.
    ///
    /// # Errors
    ///
    /// When the index cannot be had or followed, or what came could not be written.
    pub async fn sync(&self, force: bool) -> Result<Synced, PackError> {
        let inner = Arc::clone(&self.inner);
        let work = async move { inner.sync(force).await };
        self.inner.in_line(Operation::Sync, work).await
    }

    /// Lets `packs.lock` follow what an operation has changed that ended with its process.
    ///
    /// # Errors
    ///
    /// When the process is stopping.
    pub async fn catch_up(&self) -> Result<(), PackError> {
        let _turn = self.inner.line.turn().await;
        self.inner.catch_up().await
    }

    /// What is installed, by name; among them [`SINGLES`](rules::SINGLES), once there have been any.
    ///
    /// # Errors
    ///
    /// When the rules are still being loaded, or the process is stopping.
    pub async fn installed(&self) -> Result<Vec<SeenPack>, PackError> {
        self.inner.installed().await
    }

    /// What the repository offers; `None` where none is configured.
    ///
    /// # Errors
    ///
    /// When its index cannot be had, and there is no copy that may serve.
    pub async fn available(&self) -> Result<Option<Available>, PackError> {
        self.inner.available().await
    }

    /// Newer versions of what is installed; `None` where no repository is configured.
    ///
    /// # Errors
    ///
    /// As [`available`](Self::available).
    pub async fn updates(&self) -> Result<Option<Updates>, PackError> {
        self.inner.updates().await
    }

    /// What health and metrics report.
    pub fn status(&self) -> PacksStatus {
        let inner = &*self.inner;
        PacksStatus {
            community: inner.sources.repository.as_ref().map(|_| inner.index.status()),
            singles: inner.singles().clone(),
            operations: inner.line.counts(),
        }
    }
}

impl Inner {
    fn now(&self) -> Timestamp {
        self.catalog.clock().now()
    }

    /// The snapshot that an operation begins with; nothing is asked of others where nothing can be written.
    fn writable(&self) -> Result<Arc<Snapshot>, PackError> {
        match self.catalog.inner.store.read_only() {
            Some(why) => Err(Error::ReadOnly(why).into()),
            None => self.snapshot(),
        }
    }

    /// The same with what other processes have written until now: whoever is told that nothing had to be done has to rely
    /// on it.
    async fn up_to_date(&self) -> Result<Arc<Snapshot>, PackError> {
        let snapshot = self.writable()?;
        match self.catalog.inner.store.is_shared() {
            true => Ok(self.catalog.refresh().await?),
            false => Ok(snapshot),
        }
    }

    fn snapshot(&self) -> Result<Arc<Snapshot>, PackError> {
        Ok(self.catalog.snapshot().ok_or(Error::Loading)?)
    }

    /// Whose signatures count.
    fn keys(&self) -> &TrustedKeys {
        &self.catalog.settings().keys
    }

    fn repository(&self) -> Result<Arc<dyn Upstream>, PackError> {
        self.sources.repository.clone().ok_or(PackError::NoRepository)
    }

    /// Does what takes its time apart from the threads that answer requests.
    async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, PackError> {
        let inner = Arc::clone(self);
        let threads = self.catalog.settings().threads;
        Ok(threads.run(move || work(&inner)).await?)
    }

    fn singles(&self) -> MutexGuard<'_, SinglesStatus> {
        self.singles.lock().expect("no holder of the lock panics")
    }
}

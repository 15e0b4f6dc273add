//! The store over a tree of files.

use crate::{
    disk::Disk,
    left_overs,
    owner::{Access, Owner},
    pack_files, scan,
    view::View,
    watch::Watch,
    write,
};
use async_trait::async_trait;
use rules::{Clock, PackFile};
use std::{
    collections::BTreeMap,
    fmt,
    hash::RandomState,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
};
use store::{Changes, Contents, Digest, Edit, Error, ErrorKind, Look, Revision, RuleStore};

/// The folders of a rules tree.
#[derive(Clone, Debug)]
pub struct Folders {
    /// `RULES_DIR`: the tree; holds `.state.json`.
    pub root: PathBuf,
    /// `LOCAL_RULES_DIR`.
    pub local: PathBuf,
    /// `COMMUNITY_RULES_DIR`.
    pub community: PathBuf,
    /// `OVERRIDE_RULES_DIR`.
    pub overrides: PathBuf,
}

impl Folders {
    /// The default layout below a root.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            local: root.join("local"),
            community: root.join("community"),
            overrides: root.join("overrides"),
            root,
        }
    }
}

/// Rules in a tree of files.
pub struct FileStore {
    shared: Arc<Shared>,
}

/// What work on another thread needs.
pub(crate) struct Shared {
    pub(crate) folders: Folders,
    pub(crate) owner: Owner,
    pub(crate) disk: Disk,
    pub(crate) hasher: RandomState,
    pub(crate) watch: Watch,
    /// Whoever reads or writes the tree has it: one after the other.
    view: Mutex<View>,
}

impl FileStore {
    /// A store over these folders that only reads; nothing is read yet.
    pub fn new(folders: Folders) -> Self {
        let reason = "the files are only read".to_owned();
        Self::with(folders, Owner::Nobody(reason), Disk::default())
    }

    /// A store over these folders; nothing is read yet.
    ///
    /// For writing, folders that are missing are made and the tree is locked for as long as the store lives. A tree
    /// that cannot be written is read, and [`read_only`](RuleStore::read_only) says why. The clock decides, as in
    /// every merge, which of several rules with one id counts and is the one to be changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InUse`] when another process has opened the tree for writing.
    pub fn open(folders: Folders, access: Access, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let owner = Owner::of(&folders, access, clock)?;
        Ok(Self::with(folders, owner, Disk::default()))
    }

    pub(crate) fn with(folders: Folders, owner: Owner, disk: Disk) -> Self {
        let shared = Shared {
            watch: Watch::new(folders.clone()),
            folders,
            owner,
            disk,
            hasher: RandomState::new(),
            view: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The folders.
    pub fn folders(&self) -> &Folders {
        &self.shared.folders
    }

    /// Does something that waits for files on a thread that may wait.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let shared = Arc::clone(&self.shared);
        let working = tokio::task::spawn_blocking(move || work(&shared));
        working.await.unwrap_or_else(|stopped| {
            let message = "work on the rules folder was stopped";
            Err(Error::new(ErrorKind::Unavailable, message).because(stopped))
        })
    }
}

impl Shared {
    /// The tree as it was seen last; waits for whoever reads or writes it.
    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(|poisoned| {
            self.view.clear_poison();
            let mut view = poisoned.into_inner();
            view.distrust();
            view
        })
    }

    /// Looks at everything.
    fn refresh(&self, view: &mut View) -> Result<(), Error> {
        if view.revision() == Revision(0) && self.owner.read_only().is_none() {
            left_overs::remove(&self.folders);
        }
        view.refresh(&self.folders, &self.hasher)
    }

    /// The tree, seen at least once.
    fn seen(&self) -> Result<MutexGuard<'_, View>, Error> {
        let mut view = self.view();
        if !view.is_seen() {
            self.refresh(&mut view)?;
        }
        Ok(view)
    }

    fn load(&self) -> Result<Contents, Error> {
        let mut view = self.view();
        self.refresh(&mut view)?;
        Ok(view.contents())
    }

    fn changes(&self, since: Revision, look: Look) -> Result<Option<Changes>, Error> {
        let mut view = match look {
            Look::OwnWrites => self.seen()?,
            Look::Everywhere => {
                let mut view = self.view();
                self.refresh(&mut view)?;
                view
            }
        };
        Ok(view.changes(since))
    }

    fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        let clock = match &self.owner {
            Owner::Us { clock, .. } => clock,
            Owner::Nobody(reason) => return Err(Error::new(ErrorKind::ReadOnly, reason)),
        };
        let mut view = self.seen()?;
        view.refuse_vanished(&self.folders)?;
        write::write(self, &mut view, edits, clock.now())?;
        Ok(view.revision())
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("FileStore");
        shown.field("folders", self.folders()).finish_non_exhaustive()
    }
}

#[async_trait]
impl RuleStore for FileStore {
    async fn load(&self) -> Result<Contents, Error> {
        self.run(Shared::load).await
    }

    async fn changes(&self, since: Revision, look: Look) -> Result<Option<Changes>, Error> {
        self.run(move |shared| shared.changes(since, look)).await
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        self.run(move |shared| Ok(scan::singles(&shared.folders, digest)))
            .await
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        let name = name.to_owned();
        self.run(move |shared| {
            // No pack is exchanged meanwhile, by us at least.
            let _view = shared.view();
            pack_files::read(&shared.folders, &name)
        })
        .await
    }

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        let edits = edits.to_vec();
        self.run(move |shared| shared.write(&edits)).await
    }

    async fn changed(&self) {
        self.shared.watch.changed().await;
    }

    fn read_only(&self) -> Option<String> {
        self.shared.owner.read_only().map(str::to_owned)
    }

    fn kind(&self) -> &'static str {
        "files"
    }
}

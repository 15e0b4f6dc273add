//! A store in memory that refuses to write when it is told to.

use async_trait::async_trait;
use rules::PackFile;
use std::{
    collections::BTreeMap,
    ops::Deref,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use store::{Changes, Contents, Digest, Edit, Error, ErrorKind, Look, MemoryStore, Revision, RuleStore};

pub(crate) struct TestStore {
    memory: MemoryStore,
    refuses: Mutex<Option<ErrorKind>>,
    cannot_load: AtomicBool,
    is_read_only: AtomicBool,
    is_shared: AtomicBool,
}

impl TestStore {
    pub(crate) fn of(contents: Contents) -> Self {
        Self {
            memory: MemoryStore::new(contents),
            refuses: Mutex::default(),
            cannot_load: AtomicBool::new(false),
            is_read_only: AtomicBool::new(false),
            is_shared: AtomicBool::new(false),
        }
    }

    /// Answers every write with such an error from now on.
    pub(crate) fn refuse(&self, kind: ErrorKind) {
        *self.refuses.lock().unwrap() = Some(kind);
    }

    pub(crate) fn break_loading(&self) {
        self.cannot_load.store(true, Ordering::SeqCst);
    }

    pub(crate) fn make_read_only(&self) {
        self.is_read_only.store(true, Ordering::SeqCst);
    }

    /// Says from now on that others write it all the time.
    pub(crate) fn share(&self) {
        self.is_shared.store(true, Ordering::SeqCst);
    }

    fn readable(&self) -> Result<(), Error> {
        match self.cannot_load.load(Ordering::SeqCst) {
            true => Err(Error::new(ErrorKind::Unavailable, "the disk is gone")),
            false => Ok(()),
        }
    }
}

impl Deref for TestStore {
    type Target = MemoryStore;

    fn deref(&self) -> &MemoryStore {
        &self.memory
    }
}

#[async_trait]
impl RuleStore for TestStore {
    async fn load(&self) -> Result<Contents, Error> {
        self.readable()?;
        self.memory.load().await
    }

    async fn changes(&self, since: Revision, look: Look) -> Result<Option<Changes>, Error> {
        self.readable()?;
        self.memory.changes(since, look).await
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        self.readable()?;
        self.memory.singles(digest).await
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        self.readable()?;
        self.memory.pack_files(name).await
    }

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        let refuses = *self.refuses.lock().unwrap();
        match refuses {
            Some(kind) => Err(Error::new(kind, "local/a.rule.yaml:3: it has an anchor")),
            None => self.memory.write(edits).await,
        }
    }

    fn read_only(&self) -> Option<String> {
        let is_read_only = self.is_read_only.load(Ordering::SeqCst);
        is_read_only.then(|| "this instance is read-only".to_owned())
    }

    fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::SeqCst)
    }

    fn kind(&self) -> &'static str {
        self.memory.kind()
    }
}

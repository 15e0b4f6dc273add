//! A store in memory that others write too, and that fails when it is told to.

use async_trait::async_trait;
use catalog::{Catalog, Error as CatalogError, Settings, Terms, Written};
use rules::{IdSpace, Layer, Origin, PackFile, Rule, RuleId, Sourced, Value};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use store::{Changes, Contents, Digest, Edit, Error, ErrorKind, Look, MemoryStore, Revision, RuleStore};
use tokio::sync::Semaphore;

use crate::fixtures::{TestClock, settings};

type Meddler = Box<dyn FnMut(&MemoryStore) + Send>;

pub(crate) struct SharedStore {
    pub(crate) memory: MemoryStore,
    /// What somebody else does before each write.
    meddler: Mutex<Option<Meddler>>,
    /// The first state of the history that it holds now: another place has come under its name.
    pub(crate) begins: Mutex<Revision>,
    pub(crate) refuses: Mutex<Option<ErrorKind>>,
    pub(crate) cannot_load: AtomicBool,
    /// Whether it has forgotten what changed.
    pub(crate) forgets: AtomicBool,
    /// Whether it panics once a write is stored.
    pub(crate) panics: AtomicBool,
    /// What it was asked for: how far to look for changes, or (none) for everything.
    pub(crate) asked: Mutex<Vec<Option<Look>>>,
    pub(crate) is_read_only: AtomicBool,
    /// Whether it says that others write it all the time.
    pub(crate) is_shared: AtomicBool,
    /// A write takes one permit before it does anything.
    pub(crate) gate: Semaphore,
}

impl SharedStore {
    pub(crate) fn meddle(&self, meddler: impl FnMut(&MemoryStore) + Send + 'static) {
        *self.meddler.lock().unwrap() = Some(Box::new(meddler));
    }
}

#[async_trait]
impl RuleStore for SharedStore {
    async fn load(&self) -> Result<Contents, Error> {
        self.asked.lock().unwrap().push(None);
        if self.cannot_load.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the disk is gone"));
        }
        self.memory.load().await
    }

    async fn changes(&self, since: Revision, look: Look) -> Result<Option<Changes>, Error> {
        self.asked.lock().unwrap().push(Some(look));
        if self.cannot_load.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the disk is gone"));
        }
        if self.forgets.load(Ordering::SeqCst) {
            return Ok(None);
        }
        self.memory.changes(since, look).await
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        self.memory.singles(digest).await
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        self.memory.pack_files(name).await
    }

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        self.gate.acquire().await.unwrap().forget();
        if let Some(meddler) = &mut *self.meddler.lock().unwrap() {
            meddler(&self.memory);
        }
        let begins = *self.begins.lock().unwrap();
        let is_older = |edit: &Edit| matches!(edit, Edit::ExpectState(seen) if *seen < begins);
        if edits.iter().any(is_older) {
            return Err(Error::new(ErrorKind::Changed, "it is another place"));
        }
        let refuses = *self.refuses.lock().unwrap();
        match refuses {
            Some(kind) => Err(Error::new(kind, "refused")),
            None => {
                let written = self.memory.write(edits).await;
                assert!(!self.panics.load(Ordering::SeqCst), "the disk is on fire");
                written
            }
        }
    }

    fn read_only(&self) -> Option<String> {
        let is_read_only = self.is_read_only.load(Ordering::SeqCst);
        is_read_only.then(|| "it is a museum".to_owned())
    }

    fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::SeqCst)
    }

    fn kind(&self) -> &'static str {
        "shared"
    }
}

/// A catalog over rules that can be written, and its store and clock.
pub(crate) struct Writing {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) store: Arc<SharedStore>,
    pub(crate) clock: Arc<TestClock>,
}

impl Writing {
    pub(crate) async fn of(rules: Vec<Sourced>) -> Self {
        Self::over(crate::fixtures::contents(1, rules)).await
    }

    pub(crate) async fn over(contents: Contents) -> Self {
        Self::with(contents, settings()).await
    }

    pub(crate) async fn with(contents: Contents, settings: Settings) -> Self {
        let store = Arc::new(SharedStore {
            memory: MemoryStore::new(contents),
            meddler: Mutex::default(),
            begins: Mutex::default(),
            refuses: Mutex::default(),
            cannot_load: AtomicBool::new(false),
            forgets: AtomicBool::new(false),
            panics: AtomicBool::new(false),
            asked: Mutex::default(),
            is_read_only: AtomicBool::new(false),
            is_shared: AtomicBool::new(false),
            gate: Semaphore::new(Semaphore::MAX_PERMITS / 2),
        });
        let clock = TestClock::new();
        let catalog = Catalog::new(Arc::clone(&store) as _, Arc::clone(&clock) as _, settings);
        catalog.refresh().await.unwrap();
        store.asked.lock().unwrap().clear();
        let catalog = Arc::new(catalog);
        Self {
            catalog,
            store,
            clock,
        }
    }
}

/// A rule of a pack.
pub(crate) fn rule_of_pack(pack: &str, id: &str, css: &str) -> Arc<Rule> {
    let draft = fields(&[
        ("id", id),
        ("type", "wildcard"),
        ("pattern", "https://shop.example/*"),
        ("css", css),
    ]);
    let checked = rules::check(&draft, &IdSpace::Pack(pack.to_owned()), None).unwrap();
    Arc::new(checked.rule)
}

/// A rule of the pack `shop`.
pub(crate) fn of_pack(id: &str, css: &str) -> Sourced {
    let origin = Origin {
        layer: Layer::Community,
        pack_name: Some("shop".into()),
        pack_version: Some("1.2.3".into()),
        ..Origin::local(None)
    };
    Sourced {
        rule: rule_of_pack("shop", id, css),
        origin: Arc::new(origin),
        line: None,
    }
}

/// Text fields; the text `null` is none.
pub(crate) fn fields(fields: &[(&str, &str)]) -> Value {
    let value = |text: &str| match text {
        "null" => Value::Null,
        text => Value::Text(text.to_owned()),
    };
    let fields = fields.iter().map(|(key, text)| ((*key).to_owned(), value(text)));
    Value::Map(fields.collect())
}

pub(crate) const PAGE: &str = "https://shop.example/a";

pub(crate) fn id(text: &str) -> RuleId {
    RuleId::parse(text).unwrap()
}

pub(crate) fn by(name: &str) -> Terms {
    Terms {
        by: Some(name.into()),
        condition: None,
    }
}

pub(crate) fn on(condition: impl Fn(Option<&Rule>) -> bool + Send + Sync + 'static) -> Terms {
    Terms {
        by: None,
        condition: Some(Arc::new(condition)),
    }
}

pub(crate) fn in_force(written: &Written) -> (&Rule, Layer) {
    let entry = written.rule().unwrap();
    (&entry.sourced.rule, entry.sourced.origin.layer)
}

impl Writing {
    pub(crate) async fn create(&self, text: &str) -> Result<Written, CatalogError> {
        let draft = fields(&[
            ("id", text),
            ("type", "wildcard"),
            ("pattern", "https://shop.example/*"),
            ("css", "new{}"),
        ]);
        self.catalog
            .create(draft, "unnamed".to_owned(), Terms::default())
            .await
    }

    pub(crate) async fn update(&self, text: &str, patch: &[(&str, &str)]) -> Result<Written, CatalogError> {
        self.catalog
            .update(id(text), fields(patch), Terms::default())
            .await
    }

    pub(crate) async fn delete(&self, text: &str) -> Result<Written, CatalogError> {
        self.catalog.delete(id(text), Terms::default()).await
    }

    pub(crate) async fn pin(&self, text: &str, layer: Layer) -> Result<Written, CatalogError> {
        self.catalog.pin(id(text), layer, Terms::default()).await
    }

    pub(crate) fn revision(&self) -> Revision {
        self.catalog.snapshot().unwrap().revision()
    }
}

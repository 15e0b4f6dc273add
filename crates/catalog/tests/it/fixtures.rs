//! Rules, clocks and stores for the tests.

use async_trait::async_trait;
use catalog::{Catalog, Settings, Threads};
use packs::signature::TrustedKeys;
use rules::{Clock, IdSpace, Layer, Mode, Origin, PackFile, PackJs, Sourced, StackLimits, Timestamp, Value};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::{Contents, Digest, Edit, Error, ErrorKind, Revision, RuleStore};
use tokio::sync::Semaphore;
use urlmatch::Candidate;

/// 2026-01-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A clock that the test moves.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(START.as_millis())))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl TestClock {
    /// Moves the clock, also back.
    pub(crate) fn jump(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A store that loads only when the test lets it, counts, and can be told to fail.
pub(crate) struct TestStore {
    contents: Mutex<Result<Contents, ErrorKind>>,
    pub(crate) loads: AtomicUsize,
    /// A load takes one permit, after it has read the contents.
    pub(crate) gate: Semaphore,
}

impl TestStore {
    /// A store that loads at once.
    pub(crate) fn open(contents: Contents) -> Arc<Self> {
        let store = Self::closed(contents);
        store.gate.add_permits(Semaphore::MAX_PERMITS / 2);
        store
    }

    /// A store whose loads wait for permits.
    pub(crate) fn closed(contents: Contents) -> Arc<Self> {
        Arc::new(Self {
            contents: Mutex::new(Ok(contents)),
            loads: AtomicUsize::new(0),
            gate: Semaphore::new(0),
        })
    }

    pub(crate) fn replace(&self, contents: Contents) {
        *self.contents.lock().unwrap() = Ok(contents);
    }

    pub(crate) fn fail(&self) {
        *self.contents.lock().unwrap() = Err(ErrorKind::Unavailable);
    }

    pub(crate) fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl RuleStore for TestStore {
    async fn load(&self) -> Result<Contents, Error> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let contents = self.contents.lock().unwrap().clone();
        self.gate.acquire().await.unwrap().forget();
        contents.map_err(|kind| Error::new(kind, "the disk is gone"))
    }

    async fn singles(&self, _: Digest) -> Result<BTreeMap<String, String>, Error> {
        Ok(BTreeMap::new())
    }

    async fn pack_files(&self, _: &str) -> Result<Vec<PackFile>, Error> {
        Ok(Vec::new())
    }

    async fn write(&self, _: &[Edit]) -> Result<Revision, Error> {
        Err(Error::new(ErrorKind::ReadOnly, "this store is only read"))
    }

    fn kind(&self) -> &'static str {
        "test"
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        default_mode: Mode::Best,
        stack: StackLimits::default(),
        pack_js: PackJs::Trusted,
        keys: TrustedKeys::default(),
        rules_max: 1000,
        cache_entries_max: 100,
        cache_ttl: Duration::from_secs(60),
        delta_max: 4,
        threads: Threads::Apart,
    }
}

/// A catalog over a store, with its clock.
pub(crate) fn catalog(store: &Arc<TestStore>) -> (Arc<Catalog>, Arc<TestClock>) {
    catalog_with(store, settings())
}

pub(crate) fn catalog_with(store: &Arc<TestStore>, settings: Settings) -> (Arc<Catalog>, Arc<TestClock>) {
    let clock = TestClock::new();
    let store: Arc<dyn RuleStore> = Arc::clone(store) as _;
    (
        Arc::new(Catalog::new(store, Arc::clone(&clock) as _, settings)),
        clock,
    )
}

/// A local wildcard rule with this CSS and further text fields.
pub(crate) fn rule(id: &str, pattern: &str, css: &str, more: &[(&str, &str)]) -> Sourced {
    let fixed = [
        ("id", id),
        ("type", "wildcard"),
        ("pattern", pattern),
        ("css", css),
    ];
    let fields = fixed
        .iter()
        .chain(more)
        .map(|(key, value)| ((*key).to_owned(), Value::Text((*value).to_owned())));
    let checked = rules::check(&Value::Map(fields.collect()), &IdSpace::Local, None).unwrap();
    let origin = Origin {
        layer: Layer::Local,
        pack_name: None,
        pack_version: None,
        source_url: None,
        file: Some(format!("local/{id}.rule.yaml").into()),
        trusted: true,
    };
    Sourced {
        rule: Arc::new(checked.rule),
        origin: Arc::new(origin),
        line: Some(1),
    }
}

pub(crate) fn contents(revision: u64, rules: Vec<Sourced>) -> Contents {
    Contents {
        revision: Revision(revision),
        rules,
        ..Contents::default()
    }
}

pub(crate) fn url(text: &str) -> Candidate {
    Candidate::parse(text).unwrap()
}

/// The CSS that a page gets now.
pub(crate) fn css(catalog: &Catalog, page: &str) -> String {
    let snapshot = catalog.snapshot().expect("there is a snapshot");
    snapshot
        .resolve(&url(page), Mode::Best, catalog.clock().now())
        .resolution
        .css
        .clone()
}

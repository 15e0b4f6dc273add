//! A store whose states are numbers, for models: each rule of a state says the number in its CSS.

use crate::fixtures::{TestClock, contents, rule, settings, url};
use async_trait::async_trait;
use catalog::{Catalog, Settings, Snapshot};
use rules::{Mode, PackFile, Sourced, Timestamp};
use shuttle::{
    future::yield_now,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    thread,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize},
    },
};
use store::{Changes, Contents, Digest, Edit, Error, ErrorKind, Look, Revision, RuleStore};

const PAGES: [&str; 2] = ["a", "b"];

/// The store. What it counts for the model is no step of the model.
pub(super) struct Numbered {
    number: AtomicU64,
    is_asked: AtomicBool,
    answers: AtomicUsize,
}

impl Numbered {
    /// A store in this state.
    pub(super) fn new(number: u64) -> Arc<Self> {
        Arc::new(Self {
            number: AtomicU64::new(number),
            is_asked: AtomicBool::new(false),
            answers: AtomicUsize::new(0),
        })
    }

    /// Changes it, as another process does; returns the number of the new state.
    pub(super) fn change(&self) -> u64 {
        self.number.fetch_add(1, SeqCst) + 1
    }

    /// The number of its state.
    pub(super) fn number(&self) -> u64 {
        self.number.load(SeqCst)
    }

    /// How often it was asked.
    pub(super) fn answers(&self) -> usize {
        self.answers.load(SeqCst)
    }

    /// Reads the number, and takes its time to say it.
    async fn ask(&self) -> u64 {
        assert!(!self.is_asked.swap(true, SeqCst), "two refreshes at a time");
        let number = self.number();
        yield_now().await;
        self.answers.fetch_add(1, SeqCst);
        self.is_asked.store(false, SeqCst);
        number
    }
}

#[async_trait]
impl RuleStore for Numbered {
    async fn load(&self) -> Result<Contents, Error> {
        Ok(state(self.ask().await))
    }

    async fn changes(&self, _: Revision, _: Look) -> Result<Option<Changes>, Error> {
        let number = self.ask().await;
        let rules = rules(number).map(|rule| (rule.rule.id().clone(), vec![rule]));
        Ok(Some(Changes {
            revision: Revision(number),
            rules: rules.into(),
            ..Changes::default()
        }))
    }

    async fn singles(&self, _: Digest) -> Result<BTreeMap<String, String>, Error> {
        Ok(BTreeMap::new())
    }

    async fn pack_files(&self, _: &str) -> Result<Vec<PackFile>, Error> {
        Ok(Vec::new())
    }

    async fn write(&self, _: &[Edit]) -> Result<Revision, Error> {
        Err(Error::new(ErrorKind::ReadOnly, "others change it"))
    }

    fn kind(&self) -> &'static str {
        "numbered"
    }
}

/// A catalog over the store, which makes a new base of almost every change.
pub(super) fn catalog(store: &Arc<Numbered>) -> Arc<Catalog> {
    let settings = Settings {
        delta_max: 1,
        ..settings()
    };
    let store: Arc<dyn RuleStore> = Arc::clone(store) as _;
    Arc::new(Catalog::new(store, TestClock::new(), settings))
}

/// Waits until everything has ended that went on beside the model: it is not to be cut off in the middle.
pub(super) fn end(catalog: Arc<Catalog>, store: &Arc<Numbered>) {
    drop(catalog);
    while Arc::strong_count(store) > 1 {
        thread::yield_now();
    }
}

/// Everything that the store holds in the state of this number.
pub(super) fn state(number: u64) -> Contents {
    contents(number, rules(number).into())
}

fn rules(number: u64) -> [Sourced; 2] {
    PAGES.map(|page| rule(page, &format!("example.com/{page}"), &css(number), &[]))
}

fn css(number: u64) -> String {
    format!("n{number}{{}}")
}

/// The number of the state that all answers of a snapshot are of.
pub(super) fn whole(snapshot: &Snapshot, now: Timestamp) -> u64 {
    let number = snapshot.revision().0;
    for page in PAGES {
        let page = url(&format!("https://example.com/{page}"));
        let resolved = snapshot.resolve(&page, Mode::Best, now);
        assert_eq!(resolved.resolution.css, css(number), "a mix of states");
    }
    number
}

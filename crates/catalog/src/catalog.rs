//! Holds the store, publishes snapshots.

use crate::{
    CacheStats, Changed, Error, Failure, Matches, Refreshes, Snapshot, Status,
    problems::Memory,
    queue::{self, Queue},
    refresh,
    sync::{ArcSwapOption, Mutex},
    tally::Tally,
    threads::Threads,
    turn::{self, Turns},
};
use ::packs::signature::TrustedKeys;
use rules::{Clock, Mode, PackJs, RuleId, StackLimits, Timestamp};
use std::{
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};
use store::{Contents, Edit, Look, RuleStore};
use tokio::sync::watch;

/// What the catalog can be told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The mode of a resolve that names none.
    pub default_mode: Mode,
    /// Bounds of stacked answers.
    pub stack: StackLimits,
    /// Whose packs' JavaScript counts.
    pub pack_js: PackJs,
    /// Whose signatures count: trust that other keys gave does not.
    pub keys: TrustedKeys,
    /// The most rules of a set.
    pub rules_max: usize,
    /// Entries of the resolve cache; 0: none.
    pub cache_entries_max: usize,
    /// How long a cached answer may serve.
    pub cache_ttl: Duration,
    /// Rules that differ from the base of a set before both are made one; they are walked beside it.
    pub delta_max: usize,
    /// Where merging and compiling happen.
    pub threads: Threads,
}

/// The one stateful object.
pub struct Catalog {
    pub(crate) inner: Arc<Inner>,
}

/// What a refresh that outlives its caller holds on to.
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn RuleStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) current: ArcSwapOption<Snapshot>,
    /// Told of every snapshot that is published.
    pub(crate) published: watch::Sender<()>,
    pub(crate) queue: Queue,
    pub(crate) turns: Turns,
    pub(crate) memory: Mutex<Memory>,
    /// Told of every refresh that fails, and of the one that ends it.
    pub(crate) failure: watch::Sender<Option<Failure>>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) build_ms: AtomicU64,
}

impl Catalog {
    /// A catalog without a snapshot yet.
    pub fn new(store: Arc<dyn RuleStore>, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                clock,
                settings,
                current: ArcSwapOption::empty(),
                published: watch::Sender::new(()),
                queue: Queue::default(),
                turns: Turns::default(),
                memory: Mutex::default(),
                failure: watch::Sender::default(),
                tally: Arc::default(),
                build_ms: AtomicU64::new(0),
            }),
        }
    }

    /// The snapshot in force; `None` until the first refresh succeeded.
    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.inner.current.load_full()
    }

    /// Is told of every snapshot that is published from now on; several at once are one.
    pub fn publications(&self) -> watch::Receiver<()> {
        self.inner.published.subscribe()
    }

    /// Why the last refresh failed, if it did; is told of every refresh that fails from now on, whoever asked for it.
    pub fn failures(&self) -> watch::Receiver<Option<Failure>> {
        self.inner.failure.subscribe()
    }

    /// Publishes rules that were kept from an earlier process, to serve until the store can be loaded for the first
    /// time: `kept_at` is when they were in force. Nothing is published where there are rules in force.
    ///
    /// Nothing is written meanwhile, since every decision would be made on what may be long gone. Their revision is
    /// shown, and never compared with one of the store, which may have begun anew.
    ///
    /// # Errors
    ///
    /// When compiling panics or the process is stopping.
    pub async fn stand_in(
        &self,
        contents: Contents,
        kept_at: Timestamp,
    ) -> Result<Option<Arc<Snapshot>>, Error> {
        let inner = Arc::clone(&self.inner);
        let threads = self.inner.settings.threads;
        threads
            .run(move || refresh::stand_in(&inner, contents, kept_at))
            .await
    }

    /// Publishes what the store holds, wherever that comes from: the only way into a snapshot.
    ///
    /// Concurrent calls coalesce: each is served by the first refresh that starts after it, so a burst
    /// costs one or two of them. The work goes on when a caller gives up. It needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or what it answers cannot be published; the old snapshot stays.
    pub async fn refresh(&self) -> Result<Arc<Snapshot>, Error> {
        queue::request(&self.inner, Look::Everywhere).await
    }

    /// Makes these changes, all or none: durable, and seen by every resolve that begins after it returns.
    ///
    /// Writes take turns. The work goes on when a caller gives up. It needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the store did not change anything; [`Error::NotInForce`] when it did, and the change cannot be published
    /// yet; [`Error::Undecided`] when nobody knows. The next refresh that succeeds shows what is stored.
    pub async fn write(&self, edits: Vec<Edit>) -> Result<Arc<Snapshot>, Error> {
        turn::write(&self.inner, edits).await
    }

    /// Reads the rules in force, decides which edits they call for, and makes those, in one turn.
    ///
    /// Where something else changed what the edits expect to find, the rules are read anew and the decision is
    /// made again, a few times. No edits: nothing is written. Returns the edits with the snapshot that holds them.
    ///
    /// The decision may take its time: it is not made on a thread that answers requests.
    /// The work goes on when a caller gives up. It needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// Those of the decision and those of [`write`](Self::write).
    pub async fn change<D>(&self, decide: D) -> Result<Changed, Error>
    where
        D: Fn(&Snapshot, Timestamp) -> Result<Vec<Edit>, Error> + Send + Sync + 'static,
    {
        turn::change(&self.inner, decide).await
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Where now comes from.
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    /// Counters of the resolve cache.
    pub fn cache_stats(&self) -> CacheStats {
        let counters = &self.inner.tally.cache;
        CacheStats {
            hits: counters.hits(),
            misses: counters.misses(),
            evictions: counters.evictions(),
            entries: self
                .snapshot()
                .map_or(0, |snapshot| snapshot.compiled.cache.len()),
            capacity: self.inner.settings.cache_entries_max,
        }
    }

    /// How often the rule with this effective id was part of an answer.
    pub fn matches(&self, id: &RuleId) -> Matches {
        self.inner.tally.matches.find(id)
    }

    /// The rules that were part of the most answers, at most so many, the greatest first.
    ///
    /// It walks through the counters of all rules, so it is not done on a thread that answers requests.
    ///
    /// # Errors
    ///
    /// When the process is stopping.
    pub async fn most_matched(&self, rules_max: usize) -> Result<Vec<(RuleId, Matches)>, Error> {
        let tally = Arc::clone(&self.inner.tally);
        let threads = self.inner.settings.threads;
        threads.run(move || tally.matches.most(rules_max)).await
    }

    /// What health, readiness and metrics report.
    pub fn status(&self) -> Status {
        let snapshot = self.snapshot();
        let snapshot = snapshot.as_deref();
        let now = self.inner.clock.now();
        let problems = |snapshot: &Snapshot| {
            snapshot.problems().len() + snapshot.problems_more() + snapshot.over_budget().len()
        };
        Status {
            store: self.inner.store.kind(),
            failure: self.inner.failure.borrow().clone(),
            revision: snapshot.map(Snapshot::revision),
            now,
            loaded_at: snapshot.map(Snapshot::loaded_at),
            kept_at: snapshot.and_then(Snapshot::kept_at),
            build_ms: self.inner.build_ms.load(Ordering::Relaxed),
            counts: snapshot.map(|snapshot| snapshot.counts(now)).unwrap_or_default(),
            matching: snapshot.map_or(0, |snapshot| snapshot.set().len()),
            problems: snapshot.map_or(0, problems),
            over_budget: self.inner.tally.over_budget.get(),
            answers: self.inner.tally.answers.read(),
            rules_matched: self.inner.tally.matches.len(),
            store_operations: self.inner.tally.store.read(),
            refreshes: Refreshes {
                done: self.inner.tally.refreshes.load(Ordering::Relaxed),
                failed: self.inner.tally.refreshes_failed.load(Ordering::Relaxed),
            },
            cache: self.cache_stats(),
        }
    }
}

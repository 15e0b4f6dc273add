//! Answers that were computed before, kept for the life of one snapshot.
//!
//! The cache is bounded twice: it holds at most `CACHE_MAX_SIZE` answers, and at most so many times
//! [`SHARE_BYTES`]. An answer counts with its bytes, but with one share at least, so both bounds are one
//! capacity. There is no function that clears it: it dies with its snapshot.

use crate::matches;
use bytes::Bytes;
use quick_cache::{
    DefaultHashBuilder, Equivalent, Lifecycle, Weighter,
    sync::{Cache, DefaultLifecycle},
};
use rules::{Mode, Resolution, Timestamp};
use std::{
    hash::{Hash, Hasher},
    ops::Deref,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use urlmatch::Candidate;

/// What one entry may take on average, in bytes.
const SHARE_BYTES: u64 = 8 * 1024;

/// Counters of the resolve cache since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Answers from the cache.
    pub hits: u64,
    /// Answers that were computed.
    pub misses: u64,
    /// Answers that had to make room for others; not those that died with their snapshot.
    pub evictions: u64,
    /// Entries now.
    pub entries: usize,
    /// Entries at most (`CACHE_MAX_SIZE`).
    pub capacity: usize,
}

/// Hits, misses and evictions, which outlive the snapshots.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    evictions: AtomicU64,
}

impl Counters {
    pub(crate) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    pub(crate) fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    pub(crate) fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }
}

/// Which of the two representations of an answer is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The one that says that it came from the cache.
    Cached,
    /// The one that does not say where it came from.
    Plain,
}

/// An answer as bytes, made by the edge and kept beside the answer.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The representation.
    pub bytes: Bytes,
    /// Its entity tag, where it has one.
    pub tag: Option<Box<str>>,
}

/// What a page gets, and the representations of it that were already made.
#[derive(Debug)]
pub struct Answer {
    resolution: Resolution,
    /// When it was computed: where the clock goes back, what has expired by then has not yet.
    serve_from: Timestamp,
    serve_before: Timestamp,
    rendered: [OnceLock<Rendered>; 2],
    matches: matches::Counters,
}

impl Answer {
    fn new(resolution: Resolution, matches: matches::Counters, ttl: Duration, now: Timestamp) -> Self {
        let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
        let aged = Timestamp::from_millis(now.as_millis().saturating_add(ttl));
        let serve_before = resolution.valid_until.map_or(aged, |until| until.min(aged));
        Self {
            resolution,
            serve_from: now,
            serve_before,
            rendered: Default::default(),
            matches,
        }
    }

    /// The representation of that form; `make` makes it the first time.
    pub fn rendered(&self, form: Form, make: impl FnOnce(&Resolution) -> Rendered) -> &Rendered {
        self.rendered[form as usize].get_or_init(|| make(&self.resolution))
    }

    /// Counts that its rules were part of an answer once more.
    pub(crate) fn count_matches(&self, now: Timestamp) {
        self.matches.iter().for_each(|counter| counter.add(now));
    }

    /// The bytes it may come to hold: its own strings and both representations.
    fn bytes_max(&self) -> u64 {
        3 * (self.resolution.css.len() + self.resolution.js.len()) as u64
    }
}

impl Deref for Answer {
    type Target = Resolution;

    fn deref(&self) -> &Resolution {
        &self.resolution
    }
}

struct Key {
    subject: Box<str>,
    mode: Mode,
}

/// A key that is looked up, borrowed.
struct KeyRef<'a> {
    subject: &'a str,
    mode: Mode,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.mode == other.mode && self.subject == other.subject
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        KeyRef {
            subject: &self.subject,
            mode: self.mode,
        }
        .hash(state);
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.subject.hash(state);
        self.mode.hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.mode == key.mode && *self.subject == *key.subject
    }
}

#[derive(Clone)]
struct Shares;

impl Weighter<Key, Arc<Answer>> for Shares {
    fn weight(&self, key: &Key, answer: &Arc<Answer>) -> u64 {
        (key.subject.len() as u64 + answer.bytes_max()).max(SHARE_BYTES)
    }
}

/// Counts what makes room.
#[derive(Clone)]
struct Evictions {
    counters: Arc<Counters>,
    /// Drops it when the cache is not locked any more.
    dropping: DefaultLifecycle<Key, Arc<Answer>>,
}

impl Lifecycle<Key, Arc<Answer>> for Evictions {
    type RequestState = <DefaultLifecycle<Key, Arc<Answer>> as Lifecycle<Key, Arc<Answer>>>::RequestState;

    fn on_evict(&self, state: &mut Self::RequestState, key: Key, answer: Arc<Answer>) {
        self.counters.evictions.fetch_add(1, Ordering::Relaxed);
        self.dropping.on_evict(state, key, answer);
    }
}

type Answers = Cache<Key, Arc<Answer>, Shares, DefaultHashBuilder, Evictions>;

/// The cache of one snapshot.
pub(crate) struct ResolveCache {
    answers: Option<Answers>,
    ttl: Duration,
    counters: Arc<Counters>,
}

impl ResolveCache {
    pub(crate) fn new(entries_max: usize, ttl: Duration, counters: Arc<Counters>) -> Self {
        let capacity = (entries_max as u64).saturating_mul(SHARE_BYTES);
        let evictions = Evictions {
            counters: Arc::clone(&counters),
            dropping: DefaultLifecycle::default(),
        };
        let make = || {
            Answers::with(
                entries_max,
                capacity,
                Shares,
                DefaultHashBuilder::default(),
                evictions,
            )
        };
        let answers = (entries_max > 0).then(make);
        Self {
            answers,
            ttl,
            counters,
        }
    }

    /// The answer that was kept, while it may still serve.
    pub(crate) fn get(&self, candidate: &Candidate, mode: Mode, now: Timestamp) -> Option<Arc<Answer>> {
        let key = KeyRef {
            subject: candidate.as_str(),
            mode,
        };
        let answer = self
            .answers
            .as_ref()?
            .get(&key)
            .filter(|answer| answer.serve_from <= now && now < answer.serve_before);
        let counter = if answer.is_some() {
            &self.counters.hits
        } else {
            &self.counters.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        answer
    }

    /// An answer that was computed at `now`, with the counters of its rules.
    pub(crate) fn answer(
        &self,
        resolution: Resolution,
        matches: matches::Counters,
        now: Timestamp,
    ) -> Arc<Answer> {
        Arc::new(Answer::new(resolution, matches, self.ttl, now))
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, candidate: &Candidate, mode: Mode, answer: &Arc<Answer>) {
        if let Some(answers) = &self.answers {
            answers.insert(
                Key {
                    subject: candidate.as_str().into(),
                    mode,
                },
                Arc::clone(answer),
            );
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.answers.as_ref().map_or(0, Cache::len)
    }
}

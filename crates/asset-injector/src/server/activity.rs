//! What a connection is doing, as far as its end and the server's have to know.
//!
//! A connection is busy from a request's head until the system has taken the whole answer. All parts of a connection
//! run on one thread; the atomics are there because tasks must be able to move.

use super::sync::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

/// A request has come, and its answer is not handed over yet.
const ANSWERING: u8 = 1;

/// The client does not take what is written.
const STALLED: u8 = 2;

/// A request's body was answered without being read to its end.
const UNREAD: u8 = 4;

/// What all connections of a server share.
#[derive(Debug)]
pub(super) struct Census {
    began: Instant,
    /// From now on each answer closes its connection, so that no client sends another request on it.
    pub(super) last_answers: AtomicBool,
    open: AtomicUsize,
    busy: AtomicUsize,
}

impl Census {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            last_answers: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
        })
    }

    /// The time since the beginning; it never goes back.
    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Connections that are open.
    pub(super) fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// Connections whose request has not ended.
    pub(super) fn busy(&self) -> usize {
        self.busy.load(Relaxed)
    }
}

/// One connection, from its acceptance to its end.
#[derive(Debug)]
pub(super) struct Activity {
    census: Arc<Census>,
    state: AtomicU8,
    /// Since when nothing is asked, by the census's clock.
    idle_since: AtomicU64,
}

impl Activity {
    /// Counts a connection as open until it is dropped.
    pub(super) fn new(census: &Arc<Census>) -> Arc<Self> {
        census.open.fetch_add(1, Relaxed);
        Arc::new(Self {
            census: Arc::clone(census),
            state: AtomicU8::new(0),
            idle_since: AtomicU64::new(census.millis()),
        })
    }

    /// A request has come; it has ended when what is returned is dropped and nothing waits to be written.
    pub(super) fn answer(self: &Arc<Self>) -> Answering {
        self.set(ANSWERING);
        Answering(Arc::clone(self))
    }

    /// Whether the client takes what is written.
    pub(super) fn stall(&self, is_stalled: bool) {
        if is_stalled {
            self.set(STALLED);
        } else {
            self.clear(STALLED);
        }
    }

    /// Whether a request has not ended.
    fn is_busy(&self) -> bool {
        is_busy(self.state.load(Relaxed))
    }

    /// Whether nothing was asked for so long.
    pub(super) fn is_idle_for(&self, time: Duration) -> bool {
        let idle = self.census.millis() - self.idle_since.load(Relaxed);
        !self.is_busy() && Duration::from_millis(idle) >= time
    }

    /// Notes that the client may still be sending what nobody reads.
    pub(super) fn leave_unread(&self) {
        self.state.fetch_or(UNREAD, Relaxed);
    }

    /// Whether it may.
    pub(super) fn is_unread(&self) -> bool {
        self.state.load(Relaxed) & UNREAD != 0
    }

    fn set(&self, bit: u8) {
        if !is_busy(self.state.fetch_or(bit, Relaxed)) {
            self.census.busy.fetch_add(1, Relaxed);
        }
    }

    fn clear(&self, bit: u8) {
        let before = self.state.fetch_and(!bit, Relaxed);
        if is_busy(before) && !is_busy(before & !bit) {
            self.idle_since.store(self.census.millis(), Relaxed);
            self.census.busy.fetch_sub(1, Relaxed);
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.clear(ANSWERING | STALLED);
        self.census.open.fetch_sub(1, Relaxed);
    }
}

fn is_busy(state: u8) -> bool {
    state & (ANSWERING | STALLED) != 0
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Answering(Arc<Activity>);

impl Answering {
    /// Whether the connection is to end after it.
    pub(super) fn is_last(&self) -> bool {
        self.0.census.last_answers.load(Relaxed)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.clear(ANSWERING);
    }
}

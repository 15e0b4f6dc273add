//! Those who wait for a refresh, and the one task at a time that serves them.
//!
//! Only that task publishes, so what it finds in force stays so until it publishes itself. A refresh takes the whole
//! queue *before* it asks the store, so everybody in it sees what they wrote. A compaction that is ready waits in the
//! same queue.

use crate::{
    Error, Failure, Snapshot,
    catalog::Inner,
    compaction::{self, Compacted},
    refresh,
    sync::{self, Mutex, MutexGuard},
};
use std::sync::{Arc, atomic::Ordering};
use store::Look;
use tokio::sync::oneshot;
use trace::{Kind, Span};

/// What everybody who waited for a refresh gets.
pub(crate) type Outcome = Result<Arc<Snapshot>, Error>;

/// What there is to do.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether a task is doing it.
    driven: bool,
    /// Whether a compaction is under way.
    compacting: bool,
    work: Work,
}

/// What is done in one go.
#[derive(Default)]
struct Work {
    waiting: Vec<oneshot::Sender<Outcome>>,
    /// How far the widest of those who wait wants the store to look.
    look: Option<Look>,
    compacted: Option<Compacted>,
    /// The trace of the first who waits: the others find their refresh in it.
    trace: Option<trace::Context>,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the lock panics")
    }

    /// Joins the queue; true when nobody drives it yet, and the caller has to start somebody.
    fn join(&self, waiter: oneshot::Sender<Outcome>, look: Look) -> bool {
        let mut state = self.state();
        state.work.waiting.push(waiter);
        state.work.look = state.work.look.max(Some(look));
        if state.work.trace.is_none() {
            state.work.trace = trace::current();
        }
        !std::mem::replace(&mut state.driven, true)
    }

    /// All there is to do; `None` when there is nothing, which ends the driving.
    fn take(&self) -> Option<Work> {
        let mut state = self.state();
        state.driven = !state.work.waiting.is_empty() || state.work.compacted.is_some();
        state.driven.then(|| std::mem::take(&mut state.work))
    }

    /// The right to compact; false while somebody has it, or what came of it is not taken over yet.
    pub(crate) fn begin_compaction(&self) -> bool {
        let mut state = self.state();
        let is_free = !state.compacting && state.work.compacted.is_none();
        state.compacting |= is_free;
        is_free
    }

    /// Gives the right back; true when something came of it that nobody drives, and the caller has to start somebody.
    pub(crate) fn end_compaction(&self, compacted: Option<Compacted>) -> bool {
        let mut state = self.state();
        state.compacting = false;
        state.work.compacted = compacted;
        state.work.compacted.is_some() && !std::mem::replace(&mut state.driven, true)
    }
}

/// Asks for a refresh and waits for the first one that starts after the call.
pub(crate) async fn request(inner: &Arc<Inner>, look: Look) -> Outcome {
    let (waiter, outcome) = oneshot::channel();
    if inner.queue.join(waiter, look) {
        start(inner);
    }
    outcome.await.unwrap_or(Err(Error::Stopped))
}

/// Starts a task that drives the queue.
pub(crate) fn start(inner: &Arc<Inner>) {
    sync::spawn(drive(Driver {
        inner: Arc::clone(inner),
        done: false,
    }));
}

/// The right to do the work. Dropped early (the runtime stops), it lets go of the queue and of those in it.
struct Driver {
    inner: Arc<Inner>,
    /// The queue was empty and somebody else may be driving it by now.
    done: bool,
}

impl Drop for Driver {
    fn drop(&mut self) {
        while !self.done {
            self.done = self.inner.queue.take().is_none();
        }
    }
}

async fn drive(mut driver: Driver) {
    let inner = Arc::clone(&driver.inner);
    while let Some(work) = inner.queue.take() {
        if let Some(compacted) = work.compacted {
            compaction::adopt(&inner, compacted).await;
        }
        if let Some(look) = work.look {
            // A task of its own, so that a panic in a store or in the compiler ends this refresh only.
            let refresh = refresh::refresh(Arc::clone(&inner), look);
            let refresh = trace::in_span_async("refresh", Kind::Internal, refresh, describe);
            let outcome = sync::spawn(trace::carried_in(work.trace, refresh))
                .await
                .unwrap_or_else(stopped_or_panicked);
            note(&inner, &outcome);
            for waiter in work.waiting {
                // Whoever gave up waiting does not need the outcome.
                let _ = waiter.send(outcome.clone());
            }
        }
        compaction::start_if_due(&inner);
    }
    driver.done = true;
}

/// What a span says of a refresh.
fn describe(span: &mut Span, outcome: &Outcome) {
    match outcome {
        Ok(snapshot) => {
            span.set("snapshot.revision", snapshot.revision().0);
            span.set("rules.total", snapshot.set().entries().len());
        }
        Err(Error::Store(error)) => span.fail(format!("{:?}", error.kind)),
        Err(Error::Backwards { .. }) => span.fail("Backwards"),
        Err(_) => span.fail("_OTHER"),
    }
}

pub(crate) fn stopped_or_panicked<T>(error: sync::JoinError) -> Result<T, Error> {
    Err(if sync::has_panicked(&error) {
        Error::Panicked
    } else {
        Error::Stopped
    })
}

/// Counts it, and keeps the reason of a failure, and since when refreshes have failed.
fn note(inner: &Inner, outcome: &Outcome) {
    let counter = match outcome {
        Ok(_) => &inner.tally.refreshes,
        Err(_) => &inner.tally.refreshes_failed,
    };
    counter.fetch_add(1, Ordering::Relaxed);
    inner.failure.send_if_modified(|failure| {
        let earlier = failure.take();
        let was_failing = earlier.is_some();
        *failure = outcome.as_ref().err().map(|error| Failure {
            message: error.to_string(),
            since: earlier.map_or_else(|| inner.clock.now(), |earlier| earlier.since),
        });
        was_failing || failure.is_some()
    });
}

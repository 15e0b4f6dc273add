//! Operations on packs, one at a time; each is a task, a span and a count.

use super::{Inner, Installed, OperationCount, PackError, Synced, Uninstalled, Updated};
use crate::{queue::stopped_or_panicked, sync::spawn};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{Mutex, MutexGuard, Semaphore};
use trace::{Kind, Span};

/// Operations that may wait for their turn or have it: each may hold an archive.
const WAITING_MAX: usize = 8;

/// What is done with packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Install,
    Update,
    Uninstall,
    Sync,
}

impl Operation {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Install, "install", "packs.install"),
        (Self::Update, "update", "packs.update"),
        (Self::Uninstall, "uninstall", "packs.uninstall"),
        (Self::Sync, "sync", "packs.sync"),
    ];

    fn span(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Changed,
    Unchanged,
    Refused,
    Failed,
}

const OUTCOMES: [(Outcome, &str); 4] = [
    (Outcome::Changed, "changed"),
    (Outcome::Unchanged, "unchanged"),
    (Outcome::Refused, "refused"),
    (Outcome::Failed, "failed"),
];

/// What an operation that did not fail came to.
pub(super) trait Done {
    /// Whether it changed anything.
    fn changed(&self) -> bool;

    /// What failed of it all the same.
    fn failure(&self) -> Option<&PackError> {
        None
    }
}

impl Done for Installed {
    fn changed(&self) -> bool {
        self.packs.iter().any(|pack| pack.changed)
    }
}

impl Done for Updated {
    fn changed(&self) -> bool {
        self.changed()
    }

    fn failure(&self) -> Option<&PackError> {
        self.first_failure()
    }
}

impl Done for Uninstalled {
    fn changed(&self) -> bool {
        true
    }
}

impl Done for Synced {
    fn changed(&self) -> bool {
        self.changed
    }

    fn failure(&self) -> Option<&PackError> {
        self.stopped.as_ref()
    }
}

/// The line of those who change packs.
pub(super) struct Line {
    places: Semaphore,
    turn: Mutex<()>,
    counters: [[AtomicU64; OUTCOMES.len()]; Operation::ALL.len()],
}

impl Default for Line {
    fn default() -> Self {
        Self {
            places: Semaphore::new(WAITING_MAX),
            turn: Mutex::new(()),
            counters: Default::default(),
        }
    }
}

impl Line {
    /// Waits for a turn, for what is no operation.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(super) fn counts(&self) -> Vec<OperationCount> {
        let of = |(operation, name, _)| {
            let counters = &self.counters[operation as usize];
            OUTCOMES.map(|(outcome, outcome_name)| OperationCount {
                operation: name,
                outcome: outcome_name,
                count: counters[outcome as usize].load(Ordering::Relaxed),
            })
        };
        Operation::ALL.into_iter().flat_map(of).collect()
    }
}

/// Counts when it is dropped; an operation that panics has failed.
struct Ending<'l> {
    counters: &'l [AtomicU64; OUTCOMES.len()],
    outcome: Outcome,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.counters[self.outcome as usize].fetch_add(1, Ordering::Relaxed);
    }
}

impl Inner {
    /// Carries out an operation when it is its turn, whatever becomes of the one who asked.
    pub(super) async fn in_line<T: Done + Send + 'static>(
        self: &Arc<Self>,
        operation: Operation,
        work: impl Future<Output = Result<T, PackError>> + Send + 'static,
    ) -> Result<T, PackError> {
        let inner = Arc::clone(self);
        let working = spawn(trace::carried(async move {
            let mut ending = Ending {
                counters: &inner.line.counters[operation as usize],
                outcome: Outcome::Failed,
            };
            let _place = inner.line.places.try_acquire().map_err(|_| PackError::Busy)?;
            let _turn = inner.line.turn().await;
            inner.catch_up().await?;
            let done = trace::in_span_async(operation.span(), Kind::Internal, work, describe).await;
            ending.outcome = outcome(&done);
            done
        }));
        let done = working.await;
        done.unwrap_or_else(|error| stopped_or_panicked(error).unwrap_or_else(|error| Err(error.into())))
    }
}

fn outcome<T: Done>(done: &Result<T, PackError>) -> Outcome {
    match done {
        Ok(done) => match done.failure() {
            Some(failure) => of_failure(failure),
            None if done.changed() => Outcome::Changed,
            None => Outcome::Unchanged,
        },
        Err(failure) => of_failure(failure),
    }
}

fn of_failure(failure: &PackError) -> Outcome {
    match failure.is_refusal() {
        true => Outcome::Refused,
        false => Outcome::Failed,
    }
}

/// What a span says of an operation.
fn describe<T: Done>(span: &mut Span, done: &Result<T, PackError>) {
    let failure = match done {
        Ok(done) => {
            span.set("packs.changed", done.changed());
            done.failure()
        }
        Err(failure) => Some(failure),
    };
    if let Some(failure) = failure {
        span.fail(failure.name());
    }
}

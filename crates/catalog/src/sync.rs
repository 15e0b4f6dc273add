//! What the threads and tasks of the catalog share, and how tasks are started.
//!
//! With the feature `shuttle` each of these is one that a model checker schedules, so that the models in
//! `tests/it/models` run this very crate in orders that chance would not find. What only waits (tokio's channels and
//! locks between tasks) is the same in both: a task that waits is one that the checker knows of by its waker.

#[cfg(not(feature = "shuttle"))]
mod real {
    pub(crate) use arc_swap::ArcSwapOption;
    pub(crate) use std::sync::{Mutex, MutexGuard};
    pub(crate) use tokio::task::{JoinError, spawn, spawn_blocking};

    /// Whether a task ended by a panic, not because the runtime stops.
    pub(crate) fn has_panicked(error: &JoinError) -> bool {
        error.is_panic()
    }
}

#[cfg(feature = "shuttle")]
mod modelled;

#[cfg(feature = "shuttle")]
pub(crate) use modelled::*;
#[cfg(not(feature = "shuttle"))]
pub(crate) use real::*;

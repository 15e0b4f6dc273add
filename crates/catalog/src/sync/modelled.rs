//! The same names for the model checker, as far as the catalog uses them.

pub(crate) use shuttle::{
    future::{JoinError, JoinHandle, spawn},
    sync::{Mutex, MutexGuard},
};
use std::sync::Arc;

/// A panic ends the whole model, so no task is seen to have ended by one.
pub(crate) fn has_panicked(_: &JoinError) -> bool {
    false
}

/// A task that goes on in steps of its own, as a thread does.
pub(crate) fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    spawn(async move { work() })
}

/// A place for a shared value that is replaced whole: each operation is one step.
pub(crate) struct ArcSwapOption<T>(Mutex<Option<Arc<T>>>);

impl<T> ArcSwapOption<T> {
    pub(crate) fn empty() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn load(&self) -> Option<Arc<T>> {
        self.load_full()
    }

    pub(crate) fn load_full(&self) -> Option<Arc<T>> {
        self.place().clone()
    }

    pub(crate) fn store(&self, value: Option<Arc<T>>) {
        *self.place() = value;
    }

    /// Replaces the value where it is this one; returns what it was.
    pub(crate) fn compare_and_swap(&self, current: &Option<Arc<T>>, value: Option<Arc<T>>) -> Option<Arc<T>> {
        let mut place = self.place();
        let before = place.clone();
        if before.as_ref().map(Arc::as_ptr) == current.as_ref().map(Arc::as_ptr) {
            *place = value;
        }
        before
    }

    fn place(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.0.lock().expect("no holder of the lock panics")
    }
}

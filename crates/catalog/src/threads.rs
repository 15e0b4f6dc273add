//! Where the work is done that takes longer than a request may wait.

use crate::{Error, queue::stopped_or_panicked, sync};

/// Where merging, compiling and deciding happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Threads {
    /// On threads of their own, so that no request waits for them.
    #[default]
    Apart,
    /// On the thread that asked, so that a run of a single thread is the same each time.
    Same,
}

impl Threads {
    /// Does a piece of work.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        match self {
            Self::Apart => sync::spawn_blocking(trace::carry(work))
                .await
                .map_or_else(stopped_or_panicked, Ok),
            Self::Same => Ok(work()),
        }
    }
}

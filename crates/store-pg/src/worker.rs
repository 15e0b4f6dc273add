//! The thread on which connections live: they outlast the runtime of whoever asked first, and nobody who gives up
//! waiting breaks off what is under way.

use crate::error::unavailable;
use std::thread;
use store::Error;
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// A runtime on a thread of its own, which ends with this.
#[derive(Debug)]
pub(crate) struct Worker {
    handle: Handle,
    /// The thread waits for its end.
    _stop: oneshot::Sender<()>,
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system has no thread or no descriptor left.
    pub(crate) fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new()
            .name("store-pg".to_owned())
            .spawn(move || {
                let _ = runtime.block_on(stopped);
                // Checks that still run must not hold up whoever ends.
                runtime.shutdown_background();
            })?;
        Ok(Self { handle, _stop: stop })
    }

    /// Does something to its end, whether or not somebody waits for it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let working = self.handle.spawn(work);
        working.await.unwrap_or_else(|stopped| {
            Err(unavailable("the work on the database was stopped").because(stopped))
        })
    }

    /// Begins something that goes on until it ends, or the worker does.
    pub(crate) fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(work);
    }
}

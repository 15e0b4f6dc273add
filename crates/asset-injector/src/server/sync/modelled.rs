//! The same names for the model checker, as far as the server uses them.

pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize};
use shuttle::{
    future::{JoinError, JoinHandle, spawn, yield_now},
    rand::{Rng as _, thread_rng},
};
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

/// The most steps of others after which a time is over.
const STEPS_MAX: u32 = 4;

/// Tasks that are waited for together.
pub(crate) struct JoinSet<T>(Vec<JoinHandle<T>>);

impl<T: Send + 'static> JoinSet<T> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn spawn(&mut self, task: impl Future<Output = T> + Send + 'static) {
        self.0.push(spawn(task));
    }

    /// Waits for the next one that ends; `None` when there are none.
    pub(crate) async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|context| {
            if self.0.is_empty() {
                return Poll::Ready(None);
            }
            for place in 0..self.0.len() {
                if let Poll::Ready(ended) = Pin::new(&mut self.0[place]).poll(context) {
                    drop(self.0.swap_remove(place));
                    return Poll::Ready(Some(ended));
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// A time that was over before the future had ended.
#[derive(Debug)]
pub(crate) struct Elapsed;

/// Waits for the future, and a time that ends whenever the checker likes.
pub(crate) async fn timeout<F: Future>(_: Duration, future: F) -> Result<F::Output, Elapsed> {
    let steps = thread_rng().gen_range(0..=STEPS_MAX);
    let mut time = pin!(async {
        for _ in 0..steps {
            yield_now().await;
        }
    });
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => time.as_mut().poll(context).map(|()| Err(Elapsed)),
    })
    .await
}

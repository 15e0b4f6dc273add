//! Of several processes over one store, one at a time does what changes it by itself.

use std::{pin::pin, time::Duration};
use store::RuleStore;
use tokio::time::{sleep, timeout};

/// How often one who has to do something asks whether it is its turn.
const ASK_EVERY: Duration = Duration::from_secs(60);

/// The part of a lease after which it is renewed, so that it outlives two renewals that fail.
const RENEWALS: u32 = 3;

/// Whose turn it is, as the store has it.
pub(super) struct Turns<'s> {
    store: &'s dyn RuleStore,
    /// Who we are.
    holder: String,
}

impl<'s> Turns<'s> {
    /// The turns over a store, of somebody who was never there before.
    pub(super) fn of(store: &'s dyn RuleStore) -> Self {
        let holder = format!("{:032x}", fastrand::u128(..));
        Self { store, holder }
    }

    /// Whether it is our turn, from now on for so long.
    pub(super) async fn take(&self, what: &str, lease: Duration) -> bool {
        let granted = self.store.lease(what, &self.holder, lease).await;
        granted.unwrap_or_else(|error| {
            tracing::debug!(what, %error, "nobody can say whose turn it is");
            false
        })
    }

    /// Does the work if it is our turn, which stays ours for as long as that takes; `None` where it is not.
    pub(super) async fn hold<T>(
        &self,
        what: &str,
        lease: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        if !self.take(what, lease).await {
            return None;
        }
        let mut work = pin!(work);
        loop {
            match timeout(lease / RENEWALS, &mut work).await {
                Ok(done) => return Some(done),
                // Who loses its turn goes on: what it writes is judged by what it has seen.
                Err(_) => drop(self.take(what, lease).await),
            }
        }
    }

    /// Does the work when it is our turn, again and again until it says that it is done. Where nothing can be written
    /// nobody's turn comes.
    pub(super) async fn until_done(&self, what: &str, lease: Duration, work: impl AsyncFn() -> bool) {
        while self.hold(what, lease, work()).await != Some(true) && self.store.read_only().is_none() {
            sleep(ASK_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests;

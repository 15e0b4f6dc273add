//! Finds out that somebody else has written.
//!
//! The truth is the revision, which is asked for again and again. A notification only makes the next question come
//! at once: it can be lost with its connection, and behind a proxy that shares connections none arrives at all.

use crate::{
    connect::Hosts,
    error::{of, silent, unavailable},
    memory::Stamp,
};
use std::{
    future::{pending, poll_fn},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use store::Error;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_postgres::AsyncMessage;

/// The pause between two questions.
const POLL: Duration = Duration::from_millis(500);

/// The first pause after a failure, and the longest; each is up to twice the one before.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// What is known of the database from the outside.
#[derive(Debug, Default)]
pub(crate) struct Follow {
    known: Mutex<Known>,
    woken: Notify,
    /// Whether the last answer was one.
    pub(crate) is_up: AtomicBool,
    /// Notifications that arrived.
    pub(crate) notifications: AtomicU64,
    /// How often the connection that listens was made again.
    pub(crate) reconnects: AtomicU64,
}

#[derive(Debug)]
struct Known {
    /// The last state that somebody here was told of.
    stamp: Option<Stamp>,
    is_up: bool,
    /// Whether something was heard that nobody was told.
    has_news: bool,
    /// When it is time to ask again; at once, where it is not said.
    due: Option<Instant>,
    pause: Pause,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            stamp: None,
            is_up: true,
            has_news: false,
            due: None,
            pause: Pause::default(),
        }
    }
}

impl Follow {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().expect("no holder of the lock panics")
    }

    /// A state was given out: whatever led to it is no news any more.
    pub(crate) fn told(&self, stamp: &Stamp) {
        self.is_up.store(true, Ordering::Relaxed);
        let mut known = self.known();
        known.stamp = Some(stamp.clone());
        known.has_news = false;
    }

    /// Whether there is news since the last time.
    pub(crate) fn take_news(&self) -> bool {
        std::mem::take(&mut self.known().has_news)
    }

    /// Takes note of an answer, also where whoever asked has given up meanwhile.
    pub(crate) fn hear(&self, answer: Result<Stamp, Error>) {
        self.is_up.store(answer.is_ok(), Ordering::Relaxed);
        let mut known = self.known();
        let is_news = match answer {
            Ok(stamp) => {
                known.pause = Pause::default();
                known.due = Some(Instant::now() + POLL);
                let was_up = std::mem::replace(&mut known.is_up, true);
                if !was_up {
                    tracing::info!("the database answers again");
                }
                let is_other = known
                    .stamp
                    .replace(stamp.clone())
                    .is_some_and(|known| known != stamp);
                is_other || !was_up
            }
            Err(error) => {
                known.due = Some(Instant::now() + known.pause.next());
                let was_up = std::mem::replace(&mut known.is_up, false);
                if was_up {
                    tracing::warn!(%error, "the database does not answer");
                }
                was_up
            }
        };
        known.has_news |= is_news;
    }

    /// Waits until it is time to ask again. Whoever gives up waits no longer the next time.
    pub(crate) async fn rest(&self) {
        let Some(due) = self.known().due else { return };
        // Where the database is away, who listens may be let in first.
        if timeout_at(due, self.woken.notified()).await.is_ok() {
            self.known().due = None;
        }
    }

    /// Listens for notifications on a connection of its own, for ever.
    pub(crate) async fn listen(&self, hosts: &Hosts) {
        let mut pause = Pause::default();
        loop {
            let ended = self.listen_once(hosts, &mut pause).await;
            tracing::debug!(error = %ended, "no notifications from the database; the revision is asked for");
            sleep(pause.next()).await;
            self.reconnects.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Listens until the connection ends; says why it did.
    async fn listen_once(&self, hosts: &Hosts, pause: &mut Pause) -> Error {
        let (client, mut connection) = match hosts.connect().await {
            Ok(connected) => connected,
            Err(error) => return error,
        };
        let messages = async {
            loop {
                match poll_fn(|context| connection.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notification(_))) => {
                        self.notifications.fetch_add(1, Ordering::Relaxed);
                        self.woken.notify_one();
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return of(error),
                    None => return unavailable("the database closed the connection"),
                }
            }
        };
        let listening = async {
            let listen = client.batch_execute("LISTEN asset_injector");
            match timeout(hosts.limit(), listen).await {
                Ok(Ok(())) => {
                    *pause = Pause::default();
                    // Something may have happened before.
                    self.woken.notify_one();
                    pending().await
                }
                Ok(Err(error)) => of(error),
                Err(_) => silent(),
            }
        };
        tokio::select! {
            ended = messages => ended,
            failed = listening => failed,
        }
    }
}

/// Growing pauses, each by chance a little shorter: those who lost a database together do not come back together.
#[derive(Debug)]
struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(RETRY.0)
    }
}

impl Pause {
    fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(RETRY.1);
        pause.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests;

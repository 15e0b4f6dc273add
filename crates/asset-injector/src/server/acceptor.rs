//! Takes connections from the listener and hands them out in turn.
//!
//! When as many are open as may be, those that are idle are closed, and new ones wait in the system's queue.

use super::{
    Accepted,
    activity::{Activity, Census},
};
use std::{
    cell::Cell,
    io,
    net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    sync::{mpsc::UnboundedSender, watch},
    time::sleep,
};

/// The wait after the system has no more descriptors or memory for a connection, or too many are open.
const PAUSE: Duration = Duration::from_millis(100);

/// The wait between two further looks for room.
const LOOK: Duration = Duration::from_millis(10);

/// The time between two warnings: whoever floods the service must not flood the log.
const WARNING: Duration = Duration::from_secs(10);

/// The one that accepts.
pub(crate) struct Acceptor {
    listener: TcpListener,
    threads: Threads<StdStream>,
    /// The most connections at a time.
    connections_max: usize,
    /// Asks idle connections to end.
    close_idle: watch::Sender<()>,
    warned: Cell<Option<Instant>>,
}

impl Acceptor {
    pub(super) fn new(
        listener: StdListener,
        threads: Threads<StdStream>,
        connections_max: usize,
        close_idle: watch::Sender<()>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: TcpListener::from_std(listener)?,
            threads,
            connections_max,
            close_idle,
            warned: Cell::new(None),
        })
    }

    /// Accepts until it is dropped.
    pub(crate) async fn run(&self) {
        loop {
            self.room().await;
            match self.listener.accept().await {
                Ok((stream, peer)) => self.threads.hand_out(stream.into_std(), peer),
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    if self.may_warn() {
                        tracing::warn!(%error, "connections cannot be accepted; idle ones are closed");
                    }
                    self.close_idle.send_replace(());
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Waits until one more connection may be open.
    async fn room(&self) {
        let census = &self.threads.census;
        if census.open() < self.connections_max {
            return;
        }
        if self.may_warn() {
            let (open, busy) = (census.open(), census.busy());
            tracing::warn!(
                open,
                busy,
                "as many connections are open as may be; idle ones are closed"
            );
        }
        let mut wait = PAUSE;
        while census.open() >= self.connections_max {
            self.close_idle.send_replace(());
            sleep(wait).await;
            wait = LOOK;
        }
    }

    fn may_warn(&self) -> bool {
        let may = self.warned.get().is_none_or(|at| at.elapsed() > WARNING);
        if may {
            self.warned.set(Some(Instant::now()));
        }
        may
    }

    /// Closes the listener. Connections that the system has accepted already are served first.
    pub(crate) fn close(self) {
        let Self {
            listener, threads, ..
        } = self;
        if let Ok(listener) = listener.into_std() {
            while let Ok((stream, peer)) = listener.accept() {
                let nonblocking = stream.set_nonblocking(true);
                threads.hand_out(nonblocking.map(|()| stream), peer);
            }
        }
    }
}

/// The threads that serve. Their queues need no bound: each entry is an open connection, and those are bounded.
pub(super) struct Threads<S> {
    pub(super) queues: Vec<UnboundedSender<Accepted<S>>>,
    pub(super) next: Cell<usize>,
    pub(super) census: Arc<Census>,
}

impl<S> Threads<S> {
    pub(super) fn hand_out(&self, stream: io::Result<S>, peer: SocketAddr) {
        let turn = self.next.get();
        self.next.set((turn + 1) % self.queues.len());
        let accepted = match stream {
            Ok(stream) => Accepted {
                stream,
                peer,
                activity: Activity::new(&self.census),
            },
            Err(error) => {
                tracing::debug!(%error, "a connection was lost before it was served");
                return;
            }
        };
        if self.queues[turn].send(accepted).is_err() {
            // Its thread has panicked; its turn is lost, not the service.
            tracing::error!("a thread that serves connections has ended");
        }
    }
}

/// Whether the error is about the one connection, which its client has given up.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

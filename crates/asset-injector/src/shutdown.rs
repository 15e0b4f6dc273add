//! The order of a stop: not ready, drain, no new connections, requests end, hard end.

use crate::server::{Acceptor, Server};
use std::{
    future::pending,
    io,
    time::{Duration, Instant},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::timeout_at,
};

/// The signals that ask for an end.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches the signals from now on.
    ///
    /// # Errors
    ///
    /// When the system refuses the handlers.
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one and returns its name.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            Some(()) = self.terminate.recv() => "SIGTERM",
            Some(()) = self.interrupt.recv() => "SIGINT",
            else => pending().await,
        }
    }
}

/// How a stop is timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// The wait between "not ready" and closing the listener.
    pub(crate) drain: Duration,
    /// The hard end, counted from the signal.
    pub(crate) limit: Duration,
}

/// How a stop came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped {
    /// The time from the signal to the end.
    pub(crate) took: Duration,
    /// Requests that had not ended.
    pub(crate) cut: usize,
    /// Whether a second signal ended it.
    pub(crate) forced: bool,
}

/// Stops a server that has just been told to; a second signal ends it at once.
pub(crate) async fn stop(
    server: Server,
    acceptor: Acceptor,
    signals: &mut Signals,
    timing: Timing,
) -> Stopped {
    let started = Instant::now();
    let deadline = tokio::time::Instant::from_std(started) + timing.limit;
    let requests = server.requests();
    let orderly = async {
        // Whoever sends us traffic needs this long to see that we are not ready; until then all is served.
        let drained = tokio::time::Instant::from_std(started) + timing.drain;
        let _ = timeout_at(drained, acceptor.run()).await;
        acceptor.close();
        server.finish().await;
    };
    let forced = tokio::select! {
        _ = timeout_at(deadline, orderly) => false,
        _ = signals.next() => true,
    };
    Stopped {
        took: started.elapsed(),
        cut: requests.count(),
        forced,
    }
}

//! Serves a router over HTTP/1.1: one acceptor, and one thread with its own runtime for each core.
//!
//! Connections are handed out in turn and stay where they are, so no request crosses threads. The
//! single listener can be closed on its own, and a second server on the port fails to start.

mod acceptor;
mod activity;
mod body;
mod connection;
mod stream;
mod sync;
mod worker;

#[cfg(test)]
#[cfg(feature = "shuttle")]
mod models;
#[cfg(test)]
mod tests;

pub(crate) use acceptor::Acceptor;
pub(crate) use body::RequestBody;

use acceptor::Threads;
use activity::{Activity, Census};
use bytes::Bytes;
use hyper::{Request, Response, body::Body};
use std::{
    cell::Cell,
    convert::Infallible,
    error::Error,
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;

/// The limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The longest wait for the end of a request's headers, then the longest pause in a body.
    pub(crate) read_timeout: Duration,
    /// The longest pause in which the client takes nothing.
    pub(crate) write_timeout: Duration,
    /// The most connections at a time.
    pub(crate) connections_max: usize,
}

/// A connection before its thread has it.
struct Accepted<S> {
    stream: S,
    peer: SocketAddr,
    activity: Arc<Activity>,
}

/// What can answer requests.
pub(crate) trait Answers:
    tower_service::Service<
        Request<RequestBody>,
        Response = Response<Self::Body>,
        Error = Infallible,
        Future: Send + 'static,
    > + Clone
    + Send
    + 'static
{
    /// The body of its answers.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;
}

impl<S, B> Answers for S
where
    S: tower_service::Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Body = B;
}

/// The number of requests that have not ended, as it is when asked.
#[derive(Clone, Debug)]
pub(crate) struct Requests(Arc<Census>);

impl Requests {
    /// The number now.
    pub(crate) fn count(&self) -> usize {
        self.0.busy()
    }
}

/// The threads that serve connections.
pub(crate) struct Server {
    census: Arc<Census>,
    stop: watch::Sender<bool>,
    alive: mpsc::Receiver<()>,
}

impl Server {
    /// Starts the threads; connections come from the acceptor that is returned with them.
    ///
    /// # Errors
    ///
    /// When the listener cannot be used or a thread cannot be started.
    pub(crate) fn start<A: Answers>(
        listener: std::net::TcpListener,
        router: A,
        tls: Option<TlsAcceptor>,
        limits: Limits,
        threads: usize,
    ) -> io::Result<(Self, Acceptor)> {
        let (close_idle, closing) = watch::channel(());
        let start = |number, accepted, stopping, living| {
            let shared = connection::Shared {
                router: router.clone(),
                tls: tls.clone(),
                limits,
                stopping,
                closing: closing.clone(),
            };
            worker::start(number, accepted, shared, living)
        };
        let (server, threads) = Self::of_threads(threads, start)?;
        let acceptor = Acceptor::new(listener, threads, limits.connections_max, close_idle)?;
        Ok((server, acceptor))
    }

    /// Starts threads that serve streams of some kind: each is given its queue, what says that the server stops, and
    /// what it drops when it ends.
    fn of_threads<S>(
        count: usize,
        start: impl Fn(
            usize,
            mpsc::UnboundedReceiver<Accepted<S>>,
            watch::Receiver<bool>,
            mpsc::Sender<()>,
        ) -> io::Result<()>,
    ) -> io::Result<(Self, Threads<S>)> {
        let census = Census::new();
        let (stop, stopping) = watch::channel(false);
        // Nothing is ever sent: that every sender is gone says that every thread has ended.
        let (living, alive) = mpsc::channel(1);
        let mut queues = Vec::with_capacity(count);
        for number in 0..count {
            let (queue, accepted) = mpsc::unbounded_channel();
            start(number, accepted, stopping.clone(), living.clone())?;
            queues.push(queue);
        }
        let threads = Threads {
            queues,
            next: Cell::new(0),
            census: Arc::clone(&census),
        };
        Ok((Self { census, stop, alive }, threads))
    }

    /// The number of requests, which can be asked for after the server is gone.
    pub(crate) fn requests(&self) -> Requests {
        Requests(Arc::clone(&self.census))
    }

    /// Lets every answer from now on close its connection.
    pub(crate) fn announce_end(&self) {
        self.census.last_answers.store(true, Ordering::Relaxed);
    }

    /// Closes idle connections and waits until every request has ended. The acceptor must be closed.
    pub(crate) async fn finish(mut self) {
        self.announce_end();
        self.stop.send_replace(true);
        while self.alive.recv().await.is_some() {}
    }
}

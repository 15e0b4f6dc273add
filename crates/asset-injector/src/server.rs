//! Serves a router over HTTP/1.1: one acceptor, and one thread with its own runtime for each core.
//!
//! Connections are handed out in turn and stay where they are, so no request crosses threads. The
//! single listener can be closed on its own, and a second server on the port fails to start.

mod acceptor;
mod body;
mod connection;
mod stream;
mod worker;

#[cfg(test)]
mod tests;

pub(crate) use acceptor::Acceptor;
pub(crate) use body::RequestBody;

use bytes::Bytes;
use hyper::{Request, Response, body::Body};
use std::{
    convert::Infallible,
    error::Error,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
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
}

/// A connection before its thread has it.
struct Accepted {
    stream: std::net::TcpStream,
    peer: SocketAddr,
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

/// Tells every connection how far a stop has come.
#[derive(Debug, Default)]
struct Stopping {
    /// From now on each answer closes its connection, so that no client sends another request on it.
    last_answers: AtomicBool,
    /// Connections that are open.
    open: AtomicUsize,
}

/// The number of open connections, as it is when asked.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Stopping>);

impl Connections {
    /// The number now.
    pub(crate) fn count(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }
}

/// The threads that serve connections.
pub(crate) struct Server {
    stopping: Arc<Stopping>,
    close_idle: watch::Sender<bool>,
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
        let stopping = Arc::new(Stopping::default());
        let (close_idle, closing) = watch::channel(false);
        // Nothing is ever sent: that every sender is gone says that every thread has ended.
        let (living, alive) = mpsc::channel(1);
        let mut queues = Vec::with_capacity(threads);
        for number in 0..threads {
            let (queue, streams) = mpsc::unbounded_channel();
            let shared = connection::Shared {
                router: router.clone(),
                tls: tls.clone(),
                limits,
                stopping: Arc::clone(&stopping),
                closing: closing.clone(),
            };
            worker::start(number, streams, shared, living.clone())?;
            queues.push(queue);
        }
        let acceptor = Acceptor::new(listener, queues)?;
        Ok((
            Self {
                stopping,
                close_idle,
                alive,
            },
            acceptor,
        ))
    }

    /// The number of open connections, which can be asked for after the server is gone.
    pub(crate) fn connections(&self) -> Connections {
        Connections(Arc::clone(&self.stopping))
    }

    /// Lets every answer from now on close its connection.
    pub(crate) fn announce_end(&self) {
        self.stopping.last_answers.store(true, Ordering::Relaxed);
    }

    /// Closes idle connections and waits until every request has ended. The acceptor must be closed.
    pub(crate) async fn finish(mut self) {
        self.announce_end();
        self.close_idle.send_replace(true);
        while self.alive.recv().await.is_some() {}
    }
}

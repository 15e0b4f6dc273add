//! Serves the requests of one connection.

use super::{Answers, Limits, RequestBody, Stopping, stream::TimedStream};
use api::Peer;
use hyper::{
    Request, Response,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use pin_project_lite::pin_project;
use std::{
    convert::Infallible,
    error::Error,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// How long a connection that is idle when a stop begins may still send a request. One that is
/// already on its way is answered, with the word that it is the last.
const IDLE_GRACE: Duration = Duration::from_millis(100);

/// What the connections of a thread share.
#[derive(Clone)]
pub(super) struct Shared<A> {
    pub(super) router: A,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) limits: Limits,
    pub(super) stopping: Arc<Stopping>,
    pub(super) closing: watch::Receiver<bool>,
}

/// Serves a connection to its end.
pub(super) async fn serve<A: Answers>(stream: TcpStream, address: SocketAddr, shared: Shared<A>) {
    let _open = Open::count(&shared.stopping);
    // Answers are written whole: waiting to fill a packet would only delay the end of each.
    let _ = stream.set_nodelay(true);
    let stream = TimedStream::new(stream, shared.limits.write_timeout);
    let is_tls = shared.tls.is_some();
    let peer = Peer { address, is_tls };
    let ended = match shared.tls.clone() {
        None => requests(stream, peer, shared).await.map_err(Into::into),
        // Apart, since it is large and others are not to pay for it.
        Some(tls) => Box::pin(encrypted(tls, stream, peer, shared)).await,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Agrees on encryption, within the time for the headers, and serves the requests.
async fn encrypted<A: Answers>(
    tls: TlsAcceptor,
    stream: TimedStream<TcpStream>,
    peer: Peer,
    mut shared: Shared<A>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let agreed = timeout(shared.limits.read_timeout, tls.accept(stream));
    let stream = tokio::select! {
        agreed = agreed => agreed??,
        // Nothing was asked on it yet.
        _ = shared.closing.wait_for(|closing| *closing) => return Ok(()),
    };
    Ok(requests(stream, peer, shared).await?)
}

/// Serves requests until the connection ends or the server stops.
async fn requests<A: Answers>(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    peer: Peer,
    shared: Shared<A>,
) -> hyper::Result<()> {
    let Shared {
        router,
        limits,
        stopping,
        mut closing,
        ..
    } = shared;
    let service = Service {
        router,
        peer,
        stopping,
        read_timeout: limits.read_timeout,
    };
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.read_timeout);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => Some(ended),
        _ = closing.wait_for(|closing| *closing) => None,
    };
    match ended {
        Some(ended) => ended,
        None => match timeout(IDLE_GRACE, connection.as_mut()).await {
            Ok(ended) => ended,
            Err(_) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        },
    }
}

/// Counts a connection as open until it is dropped.
struct Open(Arc<Stopping>);

impl Open {
    fn count(stopping: &Arc<Stopping>) -> Self {
        stopping.open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(stopping))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The router as the service of one connection.
struct Service<A> {
    router: A,
    peer: Peer,
    stopping: Arc<Stopping>,
    read_timeout: Duration,
}

impl<A: Answers> hyper::service::Service<Request<Incoming>> for Service<A> {
    type Response = Response<A::Body>;
    type Error = Infallible;
    type Future = Answering<A::Future>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(|body| RequestBody::new(body, self.read_timeout));
        request.extensions_mut().insert(self.peer);
        Answering {
            answer: self.router.clone().call(request),
            stopping: Arc::clone(&self.stopping),
        }
    }
}

pin_project! {
    /// The answer on its way; the last ones close their connection.
    struct Answering<F> {
        #[pin]
        answer: F,
        stopping: Arc<Stopping>,
    }
}

impl<F, B> Future for Answering<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Ok(mut answer) = ready!(this.answer.poll(context));
        if this.stopping.last_answers.load(Ordering::Relaxed) {
            answer
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(answer))
    }
}

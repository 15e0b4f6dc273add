//! Serves the requests of one connection.

use super::{
    Accepted, Answers, Limits, RequestBody,
    activity::{Activity, Answering},
    body::AnswerBody,
    stream::TimedStream,
    sync,
};
use api::Peer;
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use pin_project_lite::pin_project;
use std::{
    convert::Infallible,
    error::Error,
    net::TcpStream as StdStream,
    pin::{Pin, pin},
    sync::Arc,
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

/// How long a connection that is idle when it is to end may still send a request. One that is already on its way is
/// answered; when the server stops, with the word that it is the last.
const IDLE_GRACE: Duration = Duration::from_millis(100);

/// The most bytes of a request's head; the longest URL, percent-encoded, is less than half of it.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What the connections of a thread share.
#[derive(Clone)]
pub(super) struct Shared<A> {
    pub(super) router: A,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) limits: Limits,
    /// Becomes true when the server stops.
    pub(super) stopping: watch::Receiver<bool>,
    /// Says at times that idle connections are to end.
    pub(super) closing: watch::Receiver<()>,
}

/// Serves a connection to its end.
pub(super) async fn serve<A: Answers>(accepted: Accepted<StdStream>, shared: Shared<A>) {
    let Accepted {
        stream,
        peer: address,
        activity,
    } = accepted;
    let stream = match TcpStream::from_std(stream) {
        Ok(stream) => stream,
        Err(error) => return tracing::debug!(%error, "a connection was lost before it was served"),
    };
    // Answers are written whole: waiting to fill a packet would only delay the end of each.
    let _ = stream.set_nodelay(true);
    let stream = TimedStream::new(stream, shared.limits.write_timeout, Arc::clone(&activity));
    let is_tls = shared.tls.is_some();
    let connection = Connection {
        peer: Peer { address, is_tls },
        activity,
    };
    let ended = match shared.tls.clone() {
        None => requests(stream, connection, shared).await.map_err(Into::into),
        // Apart, since it is large and others are not to pay for it.
        Some(tls) => Box::pin(encrypted(tls, stream, connection, shared)).await,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Agrees on encryption, within the time for the headers, and serves the requests.
async fn encrypted<A: Answers>(
    tls: TlsAcceptor,
    stream: TimedStream<TcpStream>,
    connection: Connection,
    mut shared: Shared<A>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let agreed = timeout(shared.limits.read_timeout, tls.accept(stream));
    let stream = tokio::select! {
        agreed = agreed => agreed??,
        // Nothing was asked on it yet.
        _ = shared.stopping.wait_for(|stopping| *stopping) => return Ok(()),
    };
    Ok(requests(stream, connection, shared).await?)
}

/// Serves requests until the connection ends or the server stops.
async fn requests<A: Answers>(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    connection: Connection,
    shared: Shared<A>,
) -> hyper::Result<()> {
    let Shared {
        router,
        limits,
        stopping,
        closing,
        ..
    } = shared;
    let activity = Arc::clone(&connection.activity);
    let service = Service {
        router,
        connection,
        read_timeout: limits.read_timeout,
    };
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.read_timeout)
        // Who has asked and sends no more may still want the answer.
        .half_close(true)
        .max_header_size(HEAD_BYTES_MAX);
    let connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    until_end(connection, &activity, stopping, closing).await
}

/// A connection that can be told to end in order: what it has begun is answered, and nothing else.
pub(super) trait EndsInOrder: Future {
    /// Tells it.
    fn end(self: Pin<&mut Self>);
}

impl<I, S, B> EndsInOrder for http1::Connection<I, S>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Serves the requests of a connection until it ends by itself, or is told to since it is idle or the server stops.
pub(super) async fn until_end<C: EndsInOrder>(
    mut connection: Pin<&mut C>,
    activity: &Activity,
    mut stopping: watch::Receiver<bool>,
    mut closing: watch::Receiver<()>,
) -> C::Output {
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => return ended,
            _ = stopping.wait_for(|stopping| *stopping) => break,
            Ok(()) = closing.changed() => if activity.is_idle_for(IDLE_GRACE) {
                connection.as_mut().end();
            },
        }
    }
    if let Ok(ended) = sync::timeout(IDLE_GRACE, connection.as_mut()).await {
        return ended;
    }
    connection.as_mut().end();
    connection.await
}

/// What the requests of a connection share.
struct Connection {
    peer: Peer,
    activity: Arc<Activity>,
}

/// The router as the service of one connection.
struct Service<A> {
    router: A,
    connection: Connection,
    read_timeout: Duration,
}

impl<A: Answers> hyper::service::Service<Request<Incoming>> for Service<A> {
    type Response = Response<AnswerBody<A::Body>>;
    type Error = Infallible;
    type Future = Answer<A::Future>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let Connection { peer, activity } = &self.connection;
        let body = |body| RequestBody::new(body, self.read_timeout, Arc::clone(activity));
        let mut request = request.map(body);
        request.extensions_mut().insert(*peer);
        Answer {
            answering: Some(activity.answer()),
            answer: self.router.clone().call(request),
        }
    }
}

pin_project! {
    /// The answer on its way; the last ones close their connection.
    struct Answer<F> {
        #[pin]
        answer: F,
        answering: Option<Answering>,
    }
}

impl<F, B> Future for Answer<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = Result<Response<AnswerBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Ok(mut answer) = ready!(this.answer.poll(context));
        let answering = this.answering.take().expect("an answer comes once");
        if answering.is_last() {
            answer
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(answer.map(|body| AnswerBody::new(body, answering))))
    }
}

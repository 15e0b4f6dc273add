//! The limits of a connection, on a clock that the tests move; and what a request is told of its connection.

use super::{
    Limits, RequestBody, Server,
    activity::{Activity, Census},
    stream::TimedStream,
};
use crate::tls;
use api::Peer;
use http_body_util::Full;
use hyper::{Request, Response, body::Bytes};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::{
    convert::Infallible,
    future::{Ready, ready},
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex},
    net::TcpStream,
    time::{advance, pause},
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

const LIMIT: Duration = Duration::from_secs(5);

fn activity() -> Arc<Activity> {
    Activity::new(&Census::new())
}

/// A stream with room for four bytes, and its other end.
fn narrow() -> (TimedStream<DuplexStream>, DuplexStream) {
    let (ours, theirs) = duplex(4);
    (TimedStream::new(ours, LIMIT, activity()), theirs)
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_given_up() {
    pause();
    let (mut ours, _theirs) = narrow();
    // Nothing else runs, so the clock moves to the next timer by itself.
    let error = ours.write_all(b"more than four").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_slow_client_is_served_as_long_as_it_takes_something() {
    pause();
    let (mut ours, mut theirs) = narrow();
    let reader = tokio::spawn(async move {
        let mut taken = Vec::new();
        for _ in 0..5 {
            tokio::time::sleep(LIMIT - Duration::from_secs(1)).await;
            let mut bytes = [0; 4];
            let count = theirs.read(&mut bytes).await.unwrap();
            taken.extend_from_slice(&bytes[..count]);
        }
        taken
    });
    ours.write_all(b"twenty bytes in all.").await.unwrap();
    assert_eq!(reader.await.unwrap(), b"twenty bytes in all.");
}

/// A stream that never takes anything and never wakes anyone.
struct Stuck;

impl AsyncRead for Stuck {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Stuck {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn the_end_of_a_stream_is_bounded_too() {
    pause();
    advance(Duration::from_secs(1)).await;
    let error = TimedStream::new(Stuck, LIMIT, activity())
        .shutdown()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

/// Answers each request with what it was told of its connection.
#[derive(Clone)]
struct Echo;

impl tower_service::Service<Request<RequestBody>> for Echo {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let Peer { address, is_tls } = *request.extensions().get().unwrap();
        let text = format!("{address} {is_tls}");
        ready(Ok(Response::new(Full::new(text.into()))))
    }
}

/// What a server says of the connection that a client makes with its address.
async fn told<C: AsyncRead + AsyncWrite + Unpin>(
    tls: Option<TlsAcceptor>,
    connect: impl AsyncFnOnce(TcpStream) -> C,
) -> (SocketAddr, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits {
        read_timeout: LIMIT,
        write_timeout: LIMIT,
        connections_max: 1,
    };
    let (server, acceptor) = Server::start(listener, Echo, tls, limits, 1).unwrap();
    let client = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let ours = stream.local_addr().unwrap();
        let mut stream = connect(stream).await;
        let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        (ours, answer)
    };
    let told = tokio::select! {
        () = acceptor.run() => unreachable!("an acceptor runs until it is dropped"),
        told = client => told
    };
    acceptor.close();
    server.finish().await;
    told
}

#[tokio::test]
async fn a_request_knows_the_other_end_of_its_connection() {
    let (ours, answer) = told(None, async |stream| stream).await;
    assert!(answer.ends_with(&format!("{ours} false")), "{answer}");
}

#[tokio::test]
async fn a_request_knows_that_it_is_encrypted() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der());
    let server = ServerConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.try_into().unwrap())
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connect = async |stream| {
        let name = "localhost".try_into().unwrap();
        TlsConnector::from(Arc::new(client))
            .connect(name, stream)
            .await
            .unwrap()
    };
    let (ours, answer) = told(Some(Arc::new(server).into()), connect).await;
    assert!(answer.ends_with(&format!("{ours} true")), "{answer}");
}

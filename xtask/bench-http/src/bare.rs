//! A server with nothing in it: hyper's HTTP/1, one runtime per core, the same answer every time.
//!
//! It reads each request's body and sends the status, headers and body of a recorded answer, so it
//! moves the same bytes as the server that the answer was recorded from.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, DATE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket};

/// A recorded answer; hyper itself adds what belongs to the connection.
#[derive(Clone)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
}

/// Serves the answer in `file` on a free port of the loopback interface and prints the address.
pub(crate) fn main(file: &Path) -> Result<()> {
    let raw = std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let answer = parse(&raw)?;
    let address = reserve()?;
    let cores = std::thread::available_parallelism()?.get();
    let (listening, all_listening) = mpsc::channel();
    let runtimes: Vec<_> = (0..cores)
        .map(|_| {
            let (answer, listening) = (answer.clone(), listening.clone());
            std::thread::spawn(move || serve(address, &answer, &listening))
        })
        .collect();
    drop(listening);
    if all_listening.iter().take(cores).count() == cores {
        println!("{address}");
    }
    for runtime in runtimes {
        runtime.join().expect("no runtime panics")?;
    }
    Ok(())
}

/// A port that is free now; each runtime then binds it with `SO_REUSEPORT`.
fn reserve() -> Result<SocketAddr> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

fn serve(address: SocketAddr, answer: &Answer, listening: &mpsc::Sender<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let listener = listen(address)?;
        listening.send(()).context("nobody waits for this server")?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answer = answer.clone();
            let service = service_fn(move |request| respond(request, answer.clone()));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A connection that the load generator drops is no error of the benchmark.
            tokio::task::spawn_local(async { drop(connection.await) });
        }
    })
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket.listen(1024)?)
}

async fn respond(request: Request<Incoming>, answer: Answer) -> Result<Response<Full<Bytes>>, Infallible> {
    // A body that breaks off ends the connection by itself.
    drop(request.into_body().collect().await);
    let mut response = Response::new(Full::new(answer.body));
    *response.headers_mut() = answer.headers;
    Ok(response)
}

fn parse(raw: &[u8]) -> Result<Answer> {
    let end = raw
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .context("no empty line")?;
    let head = std::str::from_utf8(&raw[..end]).context("the head is no UTF-8")?;
    let of_connection = [CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING];
    let mut headers = HeaderMap::new();
    for line in head.lines().skip(1) {
        let (name, value) = line
            .split_once(':')
            .with_context(|| format!("no header: `{line}`"))?;
        let name = HeaderName::from_bytes(name.as_bytes())?;
        if !of_connection.contains(&name) {
            headers.append(name, HeaderValue::from_str(value.trim())?);
        }
    }
    Ok(Answer {
        headers,
        body: Bytes::copy_from_slice(&raw[end + 4..]),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_recorded_answer_keeps_its_headers_and_body() {
        let raw = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-a: 1\r\nx-a: 2\r\n\
                    content-length: 2\r\nconnection: close\r\n\r\n{}";
        let answer = parse(raw).expect("sound");
        assert_eq!(answer.headers.len(), 3);
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.body, "{}");
    }

    #[test]
    fn an_answer_without_an_end_of_head_is_refused() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n").is_err());
    }
}

//! Requests that nobody foresaw: random paths, methods, headers and bodies, so that whatever grows with them shows.
//!
//! Answers are read to their end and not judged; a connection that the server closes is opened again.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What to send, and where.
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) requests: u64,
    pub(crate) connections: u64,
    pub(crate) seed: u64,
}

/// Sends all of them and prints how many were answered.
pub(crate) fn main(plan: &Plan) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let answered = runtime.block_on(all_connections(plan))?;
    println!("{answered}");
    Ok(())
}

async fn all_connections(plan: &Plan) -> Result<u64> {
    let share = plan.requests / plan.connections;
    let tasks: Vec<_> = (0..plan.connections)
        .map(|n| tokio::spawn(one_connection(plan.address, share, plan.seed + n)))
        .collect();
    let mut answered = 0;
    for task in tasks {
        answered += task.await.context("a connection panicked")??;
    }
    Ok(answered)
}

async fn one_connection(address: SocketAddr, requests: u64, seed: u64) -> Result<u64> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut answered = 0;
    let mut connection = connect(address).await?;
    for _ in 0..requests {
        if connection.ready().await.is_err() {
            connection = connect(address).await?;
            connection.ready().await?;
        }
        let Ok(answer) = connection.send_request(request(address, &mut random)?).await else {
            continue;
        };
        if answer.into_body().collect().await.is_ok() {
            answered += 1;
        }
    }
    Ok(answered)
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.context("cannot connect")?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Its end shows where the next request is sent.
    tokio::spawn(connection);
    Ok(sender)
}

/// A word that was most likely never sent before.
fn word(random: &mut fastrand::Rng) -> String {
    let length = random.usize(4..24);
    (0..length).map(|_| random.lowercase()).collect()
}

fn request(address: SocketAddr, random: &mut fastrand::Rng) -> Result<Request<Full<Bytes>>> {
    let (one, other) = (word(random), word(random));
    let url = format!("https%3A%2F%2F{one}.example%2F{other}");
    let path = match random.u8(0..10) {
        0..3 => format!("/v1/resolve?url={url}"),
        3 => format!("/v1/inject.css?url={url}"),
        4 => format!("/v1/rules/{one}"),
        5 => format!("/v1/rules/{one}/stats?{other}={one}"),
        6 => format!("/v1/rules?q={one}&limit=1"),
        7 => format!("/swagger/{one}"),
        8 => format!("/health?{one}"),
        _ => format!("/{one}/{other}"),
    };
    let method = match random.u8(0..8) {
        0..4 => Method::GET,
        4 => Method::HEAD,
        5 => Method::POST,
        6 => Method::DELETE,
        _ => Method::from_bytes(one.as_bytes())?,
    };
    let body = match method == Method::POST {
        true => format!(r#"{{"{one}":"{other}","url":"https://{one}.example/"}}"#),
        false => String::new(),
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string())
        .header("content-type", "application/json")
        .header("x-request-id", &*word(random))
        .header("user-agent", &*word(random))
        .header(format!("x-{one}"), other);
    Ok(request.body(Full::from(body))?)
}

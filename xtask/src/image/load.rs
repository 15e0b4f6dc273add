//! Clients that ask without a pause, each request over a new connection or all over one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::http::Connection;

/// Of each kind.
const CLIENTS: usize = 3;
const PATH: &str = "/v1/resolve?url=https://www.site-1.example/news/";
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks while the work is done; returns what the work gave and how many requests were answered. One that was not, or
/// not with 200, fails.
pub(super) fn during<T>(
    address: SocketAddr,
    work: impl FnOnce(&AtomicBool) -> Result<T>,
) -> Result<(T, u64)> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .flat_map(|_| {
                [
                    scope.spawn(|| repeat(&over, || anew(address))),
                    scope.spawn(|| over_one(address, &over)),
                ]
            })
            .collect();
        let done = work(&over);
        over.store(true, Ordering::SeqCst);
        let answered: Result<Vec<u64>> = clients.into_iter().map(count).collect();
        Ok((done?, answered?.iter().sum()))
    })
}

fn count(client: ScopedJoinHandle<'_, Result<u64>>) -> Result<u64> {
    client.join().expect("a client does not panic")
}

fn repeat(over: &AtomicBool, mut ask: impl FnMut() -> Result<()>) -> Result<u64> {
    let mut answered = 0;
    while !over.load(Ordering::SeqCst) {
        ask().with_context(|| format!("request {} failed", answered + 1))?;
        answered += 1;
    }
    Ok(answered)
}

fn anew(address: SocketAddr) -> Result<()> {
    ask(&mut connect(address)?, "Connection: close\r\n").map(drop)
}

/// Keeps the connection until the server says that it closes it.
fn over_one(address: SocketAddr, over: &AtomicBool) -> Result<u64> {
    let mut kept = None;
    repeat(over, || {
        let mut open = match kept.take() {
            Some(open) => open,
            None => connect(address)?,
        };
        if ask(&mut open, "")? {
            kept = Some(open);
        }
        Ok(())
    })
}

fn connect(address: SocketAddr) -> Result<Connection> {
    Connection::open(address, &address.to_string(), PATIENCE)
}

/// Sends a request with these lines in its head; returns whether another one may follow the answer.
fn ask(open: &mut Connection, lines: &str) -> Result<bool> {
    let answer = open.get(PATH, lines)?;
    ensure!(answer.status == 200, "the answer has status {}", answer.status);
    Ok(answer.leaves_open())
}

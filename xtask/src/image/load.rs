//! Clients that ask without a pause, each request over a new connection or all over one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

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
    ask(&mut connect(address)?, address, "Connection: close\r\n").map(drop)
}

/// Keeps the connection until the server says that it closes it.
fn over_one(address: SocketAddr, over: &AtomicBool) -> Result<u64> {
    let mut kept = None;
    repeat(over, || {
        let mut open = match kept.take() {
            Some(open) => open,
            None => connect(address)?,
        };
        if ask(&mut open, address, "")? {
            kept = Some(open);
        }
        Ok(())
    })
}

fn connect(address: SocketAddr) -> Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

/// Sends a request with these lines in its head; returns whether another one may follow the answer.
fn ask(open: &mut BufReader<TcpStream>, address: SocketAddr, lines: &str) -> Result<bool> {
    let request = format!("GET {PATH} HTTP/1.1\r\nHost: {address}\r\n{lines}\r\n");
    open.get_mut().write_all(request.as_bytes())?;
    answer(open)
}

/// Reads a whole answer of status 200; returns whether another request may follow.
fn answer(open: &mut BufReader<TcpStream>) -> Result<bool> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        ensure!(open.read_until(b'\n', &mut head)? > 0, "the connection ended");
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    if !head.starts_with("http/1.1 200 ") {
        bail!("{}", head.lines().next().unwrap_or_default());
    }
    let field = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
    };
    let length: usize = field("content-length:").context("no length")?.parse()?;
    open.read_exact(&mut vec![0; length])?;
    Ok(field("connection:") != Some("close"))
}

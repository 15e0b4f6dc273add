//! Time and size: nothing that a server does makes a fetch take longer or hold more than it may.

use crate::server::{AUTHORITY, FRIEND, Server, answer, dawdle, path};
use flate2::{Compression, write::GzEncoder};
use packs::fetch::{Error, Exceptions, Fetcher, Lookup};
use std::{
    io,
    io::Write,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

const SHORT: Duration = Duration::from_millis(150);

fn slow(head: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut drip = |text: &str| {
        text.bytes().cycle().try_for_each(|byte| {
            dawdle();
            out.write_all(&[byte])?;
            out.flush()
        })
    };
    match path(head) {
        "/header" => drip("HTTP/1.1 200 OK\r\nx-a: b\r\nx-c: "),
        _ => {
            write!(out, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")?;
            out.write_all(&[])?;
            text_forever(out)
        }
    }
}

fn text_forever(out: &mut dyn Write) -> io::Result<()> {
    loop {
        dawdle();
        out.write_all(b"a")?;
        out.flush()?;
    }
}

#[test]
fn a_server_that_dawdles_runs_out_of_time() {
    let server = Server::https(slow);
    let fetcher = server.friend().with_time_max(SHORT);
    for path in ["/header", "/body"] {
        assert_eq!(
            fetcher.fetch(&server.url(path), 1_000_000),
            Err(Error::TimedOut),
            "{path}"
        );
    }
}

#[test]
fn a_server_that_never_speaks_runs_out_of_time() {
    // The backlog takes the connection, and nobody ever does.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for scheme in ["https", "http"] {
        let exceptions = Exceptions::parse(&format!("{scheme}://127.0.0.1:{port}")).unwrap();
        let fetcher = Fetcher::new(exceptions).with_time_max(SHORT);
        assert_eq!(
            fetcher.fetch(&format!("{scheme}://127.0.0.1:{port}/"), 1000),
            Err(Error::TimedOut),
            "{scheme}"
        );
    }
}

/// A resolver that answers when its test is over.
struct Stuck(Mutex<mpsc::Receiver<()>>);

impl Lookup for Stuck {
    fn addresses(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        let _ = self.0.lock().unwrap().recv();
        Ok(Vec::new())
    }
}

#[test]
fn a_resolver_that_never_answers_runs_out_of_time() {
    let (_release, stuck) = mpsc::channel();
    let fetcher = Fetcher::new(Exceptions::default())
        .with_lookup(Arc::new(Stuck(Mutex::new(stuck))))
        .with_time_max(SHORT);
    assert_eq!(
        fetcher.fetch("https://www.example.com/", 1000),
        Err(Error::TimedOut)
    );
}

#[test]
fn redirects_share_the_time() {
    let server = Server::https(|head, out| {
        (0..30).for_each(|_| dawdle());
        crate::server::redirect(out, path(head))
    });
    let fetcher = server.friend().with_time_max(SHORT);
    assert_eq!(fetcher.fetch(&server.url("/a"), 1000), Err(Error::TimedOut));
}

fn large(head: &str, out: &mut dyn Write) -> io::Result<()> {
    match path(head) {
        "/exact" => answer(out, 200, "", &[b'a'; 1000]),
        "/one-more" => answer(out, 200, "", &[b'a'; 1001]),
        "/chunked" => {
            write!(out, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            loop {
                write!(out, "400\r\n{}\r\n", "a".repeat(1024))?;
            }
        }
        "/endless" => {
            write!(out, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
            loop {
                out.write_all(&[b'a'; 4096])?;
            }
        }
        "/gzip" => answer(out, 200, "content-encoding: gzip\r\n", &gzip(1000)),
        "/bomb" => answer(out, 200, "content-encoding: GZIP\r\n", &gzip(600_000)),
        "/broken" => answer(out, 200, "content-encoding: gzip\r\n", b"no gzip at all"),
        "/cut" => answer(out, 200, "content-encoding: gzip\r\n", &gzip(1000)[..20]),
        "/brotli" => answer(out, 200, "content-encoding: br\r\n", b"a"),
        "/twice" => answer(out, 200, "content-encoding: gzip, gzip\r\n", b"a"),
        "/short" => write!(out, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"),
        "/headers" => loop {
            write!(out, "HTTP/1.1 200 OK\r\n{}", "x-a: b\r\n".repeat(20_000))?;
        },
        _ => write!(out, "this is not HTTP\r\n\r\n"),
    }
}

fn gzip(count: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b'a'; count]).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn no_more_is_held_than_is_allowed() {
    let server = Server::https(large);
    let fetch = |path: &str| server.friend().fetch(&server.url(path), 1000);
    for path in ["/exact", "/gzip"] {
        assert_eq!(fetch(path).unwrap().bytes, [b'a'; 1000], "{path}");
    }
    assert!(
        gzip(600_000).len() < 1000,
        "the bomb passes the bound on the wire"
    );
    for path in ["/one-more", "/chunked", "/endless", "/bomb"] {
        assert_eq!(fetch(path), Err(Error::TooLarge(1000)), "{path}");
    }
}

#[test]
fn an_answer_that_is_broken_is_not_taken() {
    let server = Server::https(large);
    let fetch = |path: &str| server.friend().fetch(&server.url(path), 1000).unwrap_err();
    for path in ["/broken", "/cut", "/brotli", "/twice"] {
        assert_eq!(fetch(path), Error::Encoding(FRIEND.to_owned()), "{path}");
    }
    for path in ["/headers", "/nonsense"] {
        assert_eq!(fetch(path), Error::Protocol(FRIEND.to_owned()), "{path}");
    }
    assert_eq!(fetch("/short"), Error::Connection(FRIEND.to_owned()));
}

#[test]
fn only_success_is_success() {
    let server = Server::https(|head, out| {
        let status = path(head)[1..].parse().unwrap();
        answer(out, status, "", b"secret")
    });
    for status in [201, 204, 206, 304, 401, 404, 500, 503] {
        let host = FRIEND.to_owned();
        assert_eq!(
            server.fetch(&format!("/{status}")),
            Err(Error::Status { host, status })
        );
    }
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let fetcher = Fetcher::new(Exceptions::parse("*").unwrap()).with_root(AUTHORITY.der());
    let refused = fetcher.fetch(&format!("https://127.0.0.1:{port}/"), 1000);
    assert_eq!(refused, Err(Error::Connection("127.0.0.1".to_owned())));
}

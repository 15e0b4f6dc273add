//! HTTP/1.1: one request over a fresh connection, or several over one.
//!
//! Enough to ask our own server a question; no redirects, no TLS, no chunked bodies.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

/// How long connecting and each read or write may take: very many packs on a busy machine included.
const PATIENCE: Duration = Duration::from_secs(300);

/// An answer, taken apart at the empty line.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The whole answer as it came over the wire.
    pub(crate) raw: Vec<u8>,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header, named in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.raw);
        let head = text.split("\r\n\r\n").next()?;
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        let found = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    }

    /// Whether another request may follow on the same connection.
    pub(crate) fn leaves_open(&self) -> bool {
        self.header("connection")
            .is_none_or(|value| !value.eq_ignore_ascii_case("close"))
    }
}

/// Sends GET.
pub(crate) fn get(address: SocketAddr, path: &str) -> Result<Answer> {
    send(address, "GET", path, None)
}

/// Sends POST with a JSON body.
pub(crate) fn post(address: SocketAddr, path: &str, json: &str) -> Result<Answer> {
    send(address, "POST", path, Some(json))
}

/// Sends POST with a JSON body, and these lines in the head.
pub(crate) fn post_with(address: SocketAddr, path: &str, head: &str, json: &str) -> Result<Answer> {
    send_with(address, "POST", path, head, Some(json))
}

/// Sends a request with these lines in the head, and with a JSON body if there is one.
pub(crate) fn send_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    head: &str,
    json: Option<&str>,
) -> Result<Answer> {
    exchange(address, &format!("{method} {path}"), head, json)
}

/// Sends a request, with a JSON body if there is one.
pub(crate) fn send(address: SocketAddr, method: &str, path: &str, json: Option<&str>) -> Result<Answer> {
    exchange(address, &format!("{method} {path}"), "", json)
}

fn exchange(address: SocketAddr, call: &str, head: &str, json: Option<&str>) -> Result<Answer> {
    let body = json.map_or_else(String::new, |json| {
        format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
            json.len()
        )
    });
    let end = if json.is_some() { "" } else { "\r\n" };
    let request = format!("{call} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{head}{body}{end}");
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw)?;
    parse(raw)
}

/// A connection for several requests, one after the other.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Connection {
    /// Connects. The other end is called `host`; connecting and each read or write may take as long as `patience`.
    pub(crate) fn open(address: SocketAddr, host: &str, patience: Duration) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: host.to_owned(),
        })
    }

    /// Whether the other end has closed it already.
    pub(crate) fn is_closed(&self) -> Result<bool> {
        let stream = self.stream.get_ref();
        stream.set_nonblocking(true)?;
        let seen = stream.peek(&mut [0]);
        stream.set_nonblocking(false)?;
        Ok(!matches!(seen, Err(error) if error.kind() == ErrorKind::WouldBlock))
    }

    /// Sends GET with these lines in the head, and reads the whole answer.
    pub(crate) fn get(&mut self, path: &str, lines: &str) -> Result<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", self.host);
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut raw = Vec::new();
        while !raw.ends_with(b"\r\n\r\n") {
            let read = self.stream.read_until(b'\n', &mut raw)?;
            ensure!(read > 0, "the connection ended after {} bytes", raw.len());
        }
        let head = parse(raw.clone())?;
        let length: usize = head.header("content-length").context("no length")?.parse()?;
        let begin = raw.len();
        raw.resize(begin + length, 0);
        self.stream.read_exact(&mut raw[begin..])?;
        parse(raw)
    }
}

fn parse(raw: Vec<u8>) -> Result<Answer> {
    let text = String::from_utf8_lossy(&raw);
    let (head, body) = text
        .split_once("\r\n\r\n")
        .context("the answer has no empty line")?;
    let Some(status) = head.split(' ').nth(1).and_then(|word| word.parse().ok()) else {
        bail!("no HTTP status in `{}`", head.lines().next().unwrap_or_default());
    };
    let body = body.to_owned();
    Ok(Answer { status, body, raw })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::{Duration, Instant};

    use super::{Connection, parse};

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn requests_follow_each_other_on_a_connection_until_it_is_closed() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            for end in ["", "Connection: close\r\n"] {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).expect("a request");
                    asked.extend(byte);
                }
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n{end}\r\nbody");
                stream.write_all(answer.as_bytes()).expect("the client reads");
            }
        });
        let mut open = Connection::open(address, "example.com", PATIENCE).expect("it listens");
        for is_last in [false, true] {
            assert!(!open.is_closed().expect("a socket"));
            let answer = open.get("/", "").expect("it answers");
            assert_eq!((answer.status, answer.body.as_str()), (200, "body"));
            assert_eq!(answer.leaves_open(), !is_last);
        }
        serving.join().expect("both were answered");
        let began = Instant::now();
        while !open.is_closed().expect("a socket") {
            assert!(began.elapsed() < PATIENCE);
        }
    }

    #[test]
    fn an_answer_is_taken_apart() {
        let answer = parse(b"HTTP/1.1 404 Not Found\r\na: b\r\n\r\nbody".to_vec()).expect("sound");
        assert_eq!((answer.status, answer.body.as_str()), (404, "body"));
        assert_eq!(answer.header("A").as_deref(), Some("b"));
        assert_eq!(answer.header("c"), None);
    }

    #[test]
    fn what_is_no_http_is_refused() {
        assert!(parse(b"hello".to_vec()).is_err());
        assert!(parse(b"hello there\r\n\r\n".to_vec()).is_err());
    }
}

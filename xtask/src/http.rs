//! One HTTP/1.1 request over a fresh connection to this machine.
//!
//! Enough to ask our own server a question; no redirects, no TLS, no chunked bodies.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

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
    use super::parse;

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

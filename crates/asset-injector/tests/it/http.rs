//! A client that shows what is on the wire.

use serde_json::Value;
use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Longer than anything here takes; a test that hangs must end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads until the server closes.
    pub(crate) fn read(mut stream: impl io::Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok(Self {
            status: status.ok_or(io::ErrorKind::InvalidData)?,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        })
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// A request that asks the server to close after it.
pub(crate) fn request(method: &str, path: &str, body: &str) -> String {
    let body_head = match body {
        "" => String::new(),
        _ => format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        ),
    };
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{body_head}\r\n{body}")
}

#[track_caller]
pub(crate) fn send(address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    let mut stream = connect(address);
    stream.write_all(request(method, path, body).as_bytes()).unwrap();
    Answer::read(&mut stream).unwrap()
}

#[track_caller]
pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    send(address, "GET", path, "")
}

/// What a page gets.
#[track_caller]
pub(crate) fn resolve(address: SocketAddr, url: &str) -> Value {
    let body = serde_json::json!({ "url": url }).to_string();
    let answer = send(address, "POST", "/v1/resolve", &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["data"].clone()
}

/// Waits until the server closes the connection, and returns what it sent before.
pub(crate) fn until_closed(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the connection was not closed: {error}"),
    }
    bytes
}

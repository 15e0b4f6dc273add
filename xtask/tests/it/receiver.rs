//! A web server and a mail server that keep what they are sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What one connection brought: the path and the body, or the recipient and the mail.
pub(crate) type Received = (String, String);

/// How it is spoken to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    Http,
    Smtp,
}

/// A server; stopped when dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    ended: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(crate) fn start(protocol: Protocol) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let (kept, end) = (Arc::clone(&received), Arc::clone(&ended));
        let serve = move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.expect("a connection");
                let taken = match protocol {
                    Protocol::Http => take_request(stream),
                    Protocol::Smtp => take_mail(stream),
                };
                let taken = taken.expect("the client speaks the protocol");
                kept.lock().expect("nobody panics").push(taken);
            }
        };
        Self {
            address,
            received,
            ended,
            listener: Some(thread::spawn(serve)),
        }
    }

    /// Takes out what has come so far.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().expect("nobody panics"))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(listener) = self.listener.take() {
            listener.join().expect("the server does not panic");
        }
    }
}

fn take_request(stream: TcpStream) -> std::io::Result<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    while line.trim_end() != "" {
        line.clear();
        reader.read_line(&mut line)?;
        if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    reader.get_mut().write_all(answer)?;
    Ok((path, String::from_utf8(body).expect("JSON is UTF-8")))
}

fn take_mail(stream: TcpStream) -> std::io::Result<Received> {
    let mut reader = BufReader::new(stream);
    reader.get_mut().write_all(b"220 mail.test\r\n")?;
    let (mut recipient, mut mail) = (String::new(), String::new());
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let answer: &[u8] = match line.trim_end().to_uppercase() {
            command if command.starts_with("RCPT TO:") => {
                recipient = line[8..].trim().to_owned();
                b"250 ok\r\n"
            }
            command if command == "DATA" => {
                reader.get_mut().write_all(b"354 go on\r\n")?;
                mail = read_data(&mut reader)?;
                b"250 ok\r\n"
            }
            command if command == "QUIT" => {
                reader.get_mut().write_all(b"221 bye\r\n")?;
                break;
            }
            _ => b"250 mail.test\r\n",
        };
        reader.get_mut().write_all(answer)?;
        line.clear();
    }
    Ok((recipient, mail))
}

/// The lines up to the one with a dot, without the dots that the protocol adds.
fn read_data(reader: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == ".\r\n" {
            return Ok(mail);
        }
        mail += line.strip_prefix('.').unwrap_or(&line);
    }
}

//! A server that does to its clients what a plan says, connection by connection.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Framing {
    /// `Content-Length`.
    Length,
    /// Chunks.
    Chunked,
    /// The end of the connection.
    Close,
}

/// What one connection gets.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A whole answer of status 200, after interim ones, with pauses.
    Good {
        framing: Framing,
        interim: bool,
        pause: u64,
    },
    /// A whole answer of another status, after a pause; 3xx lead to a page that is good.
    Status { status: u16, pause: u64 },
    /// A status of 200, and an end before the end.
    Truncated(Framing),
    /// An end inside of the head.
    HeadCut,
    /// The connection is reset.
    Reset,
    /// The connection ends without a byte.
    Silent,
    /// Something that is no HTTP.
    Garbage,
    /// No byte, and no end.
    Hanging,
    /// A status of 200, half a body, and no end.
    HalfHanging,
}

/// A listener that works through its plan; the last answer is given again and again.
pub(crate) struct SickServer {
    pub(crate) address: SocketAddr,
    ended: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

const BODY: &[u8] = b"{\"data\": {\"version\" : \"1.4.0\"}}";
/// The page that redirects lead to.
const ELSEWHERE: &str = "/elsewhere";
const TICK: Duration = Duration::from_millis(5);

impl SickServer {
    /// Serves after a time in which nobody listens; with an empty plan nobody ever does.
    pub(crate) fn start(refusing: Duration, plan: Vec<Answer>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        // Kept from the first moment on where nobody must be refused.
        let listener = (refusing.is_zero() && !plan.is_empty()).then_some(listener);
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let serve = move || {
            if plan.is_empty() {
                return;
            }
            thread::sleep(refusing);
            let listener = listener.or_else(|| listen_again(address, &end));
            if let Some(listener) = listener {
                serve(&listener, &plan, &end);
            }
        };
        Self {
            address,
            ended,
            listener: Some(thread::spawn(serve)),
        }
    }
}

impl Drop for SickServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some(listener) = self.listener.take() {
            listener.join().expect("the server does not panic");
        }
    }
}

fn listen_again(address: SocketAddr, ended: &AtomicBool) -> Option<TcpListener> {
    while !ended.load(Ordering::SeqCst) {
        if let Ok(listener) = TcpListener::bind(address) {
            return Some(listener);
        }
        thread::sleep(TICK);
    }
    None
}

fn serve(listener: &TcpListener, plan: &[Answer], ended: &Arc<AtomicBool>) {
    listener.set_nonblocking(true).expect("a socket of ours");
    let mut count = 0;
    let mut running = Vec::new();
    while !ended.load(Ordering::SeqCst) {
        match listener.accept() {
            Ok((stream, _)) => {
                let answer = plan[count.min(plan.len() - 1)].clone();
                count += 1;
                let ended = Arc::clone(ended);
                // A client that goes away is no matter of ours.
                running.push(thread::spawn(move || drop(give(&answer, stream, &ended))));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(TICK),
            Err(error) => panic!("cannot accept: {error}"),
        }
    }
    for answer in running {
        answer.join().expect("an answer does not panic");
    }
}

fn give(answer: &Answer, mut stream: TcpStream, ended: &AtomicBool) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    if let Answer::Reset = answer {
        // What arrived and was not read makes the kernel reset the connection.
        stream.peek(&mut [0])?;
        return Ok(());
    }
    let asked_elsewhere = read_head(&mut stream)?.contains(ELSEWHERE);
    if asked_elsewhere {
        return good(&mut stream, Framing::Length, false, 0);
    }
    match answer {
        Answer::Good {
            framing,
            interim,
            pause,
        } => good(&mut stream, *framing, *interim, *pause),
        Answer::Status { status, pause } => {
            thread::sleep(Duration::from_millis(*pause));
            let location = match status {
                300..=399 => format!("Location: {ELSEWHERE}\r\n"),
                _ => String::new(),
            };
            let head = format!("HTTP/1.1 {status} Said\r\n{location}Content-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes())
        }
        Answer::Truncated(framing) => {
            stream.write_all(&head(*framing))?;
            stream.write_all(&BODY[..5])
        }
        Answer::HeadCut => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Len"),
        Answer::Reset | Answer::Silent => Ok(()),
        Answer::Garbage => stream.write_all(b"200 OK and welcome\r\n\r\n"),
        Answer::Hanging => hang(ended),
        Answer::HalfHanging => {
            stream.write_all(&head(Framing::Length))?;
            stream.write_all(&BODY[..5])?;
            hang(ended)
        }
    }
}

fn good(stream: &mut TcpStream, framing: Framing, interim: bool, pause: u64) -> std::io::Result<()> {
    let pause = || thread::sleep(Duration::from_millis(pause));
    if interim {
        stream.write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")?;
    }
    pause();
    stream.write_all(&head(framing))?;
    pause();
    let (first, second) = BODY.split_at(7);
    stream.write_all(first)?;
    pause();
    stream.write_all(second)?;
    match framing {
        Framing::Chunked => stream.write_all(b"\r\n0\r\n\r\n"),
        Framing::Length | Framing::Close => Ok(()),
    }
}

/// The head of a status 200, up to the first byte of the body.
fn head(framing: Framing) -> Vec<u8> {
    let length = BODY.len();
    let told = match framing {
        Framing::Length => format!("Content-Length: {length}\r\n\r\n"),
        Framing::Chunked => format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n"),
        Framing::Close => "Connection: close\r\n\r\n".to_owned(),
    };
    format!("HTTP/1.1 200 OK\r\n{told}").into_bytes()
}

fn read_head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Keeps the connection open until the test is over.
fn hang(ended: &AtomicBool) -> std::io::Result<()> {
    while !ended.load(Ordering::SeqCst) {
        thread::sleep(TICK);
    }
    Ok(())
}

//! The order of a stop, seen by clients.

use crate::{
    binary::Sandbox,
    http::{self, Answer},
    serving::Serving,
};
use rustix::process::Signal;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

const BODY: &str = "{\"url\":\"https://example.com/\"}";

/// No time-out of a request ends it before the stop does.
const PATIENT: [(&str, &str); 2] = [("READ_TIMEOUT", "1m"), ("REQUEST_TIMEOUT", "1m")];

/// A request of which the server has read all but the last byte.
pub(crate) fn half_sent(serving: &Serving) -> TcpStream {
    let mut stream = http::connect(serving.address);
    let expect = "expect: 100-continue\r\n";
    let head = format!(
        "POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\n{expect}content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        BODY.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The server says "go on" when a handler waits for the body: from now on the request is in flight.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&BODY.as_bytes()[..BODY.len() - 1]).unwrap();
    stream
}

#[test]
fn a_request_in_flight_ends_well_and_is_the_last_of_its_connection() {
    let mut serving = Serving::ready(&Sandbox::new(), &PATIENT);
    let mut stream = half_sent(&serving);
    serving.signal(Signal::TERM);
    serving.event("stopping");
    stream.write_all(b"}").unwrap();
    let answer = Answer::read(&mut stream).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.head.contains("connection: close"), "{answer:?}");
    assert_eq!(serving.ended(), Some(0));
    let event = serving.event("stopped");
    assert_eq!(
        (&event["reason"], &event["requests.cut"]),
        (&"SIGTERM".into(), &0.into())
    );
    assert!(event["drain_ms"].is_u64(), "{event}");
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let mut serving = Serving::ready(&Sandbox::new(), &PATIENT);
    let unused = http::connect(serving.address);
    let mut idle = http::connect(serving.address);
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let mut byte = [0; 1];
    idle.read_exact(&mut byte).unwrap();
    let started = Instant::now();
    serving.signal(Signal::INT);
    assert_eq!(serving.ended(), Some(0));
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(serving.event("stopped")["reason"], "SIGINT");
    http::until_closed(unused);
}

#[test]
fn a_connection_that_nobody_has_accepted_yet_is_served() {
    let mut serving = Serving::ready(&Sandbox::new(), &PATIENT);
    serving.signal(Signal::STOP);
    let mut waiting = http::connect(serving.address);
    waiting
        .write_all(http::request("GET", "/health/live", "").as_bytes())
        .unwrap();
    serving.signal(Signal::TERM);
    serving.signal(Signal::CONT);
    assert_eq!(Answer::read(&mut waiting).unwrap().status, 200);
    assert_eq!(serving.ended(), Some(0));
}

#[test]
fn during_the_drain_it_is_not_ready_and_serves() {
    let mut serving = Serving::ready(&Sandbox::new(), &[("SHUTDOWN_DRAIN", "25s")]);
    serving.signal(Signal::TERM);
    serving.event("stopping");
    assert_eq!(http::get(serving.address, "/health/ready").status, 503);
    assert_eq!(http::get(serving.address, "/health/live").status, 200);
    http::resolve(serving.address, "https://example.com/");
    // One that is idle has no request that could be cut.
    let mut idle = http::connect(serving.address);
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\nGET /")
        .unwrap();
    idle.read_exact(&mut [0; 1]).unwrap();
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(), Some(0));
    let event = serving.event("stopped");
    assert_eq!(
        (&event["forced"], &event["requests.cut"]),
        (&true.into(), &0.into())
    );
}

#[test]
fn an_answer_that_is_not_taken_is_cut() {
    let variables = [("WRITE_TIMEOUT", "1m"), ("SHUTDOWN_TIMEOUT", "1s")];
    let mut serving = Serving::ready(&Sandbox::new(), &variables);
    let mut deaf = http::connect(serving.address);
    let request = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
    deaf.write_all(request.repeat(1_000).as_bytes()).unwrap();
    // When no more arrives, every buffer on the way is full.
    let (mut arrived, mut buffer) = (0, vec![0; 64 << 20]);
    loop {
        let now = deaf.peek(&mut buffer).unwrap();
        if now == arrived {
            break;
        }
        arrived = now;
        std::thread::sleep(Duration::from_millis(200));
    }
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(), Some(1));
    assert_eq!(serving.event("stopped")["requests.cut"], 1);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut serving = Serving::ready(&Sandbox::new(), &PATIENT);
    let stream = half_sent(&serving);
    serving.signal(Signal::TERM);
    serving.event("stopping");
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(), Some(1));
    let event = serving.event("stopped");
    assert_eq!(
        (&event["forced"], &event["requests.cut"]),
        (&true.into(), &1.into())
    );
    http::until_closed(stream);
}

#[test]
fn the_hard_end_cuts_what_still_runs() {
    let variables = [PATIENT[0], PATIENT[1], ("SHUTDOWN_TIMEOUT", "300ms")];
    let mut serving = Serving::ready(&Sandbox::new(), &variables);
    let stream = half_sent(&serving);
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(), Some(1));
    let event = serving.event("stopped");
    assert_eq!(
        (&event["forced"], &event["requests.cut"]),
        (&false.into(), &1.into())
    );
    assert!(event["drain_ms"].as_u64().unwrap() >= 300, "{event}");
    http::until_closed(stream);
}

/// Sends requests one after the other on one connection until an answer is the last one; returns how many.
fn busy_client(address: std::net::SocketAddr) -> usize {
    let mut stream = BufReader::new(http::connect(address));
    let request = format!(
        "POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    for answers in 1.. {
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut length, mut is_last) = (0, false);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            assert!(!line.is_empty(), "a request was lost after {answers} answers");
            let line = line.trim_end().to_ascii_lowercase();
            length = line
                .strip_prefix("content-length: ")
                .map_or(length, |text| text.parse().unwrap());
            is_last |= line == "connection: close";
            if line.is_empty() {
                break;
            }
        }
        stream.read_exact(&mut vec![0; length]).unwrap();
        if is_last {
            return answers;
        }
    }
    unreachable!("the server ends first")
}

#[test]
fn under_load_no_request_is_lost() {
    let mut serving = Serving::ready(&Sandbox::new(), &[("SHUTDOWN_DRAIN", "3s")]);
    let address = serving.address;
    let clients: Vec<_> = (0..16)
        .map(|_| std::thread::spawn(move || busy_client(address)))
        .collect();
    while http::get(address, "/health").json()["data"]["components"]["cache"]["hits"].as_u64() < Some(100) {}
    serving.signal(Signal::TERM);
    let answers: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert!(answers >= 100, "{answers}");
    assert_eq!(serving.ended(), Some(0));
    assert_eq!(serving.event("stopped")["requests.cut"], 0);
}

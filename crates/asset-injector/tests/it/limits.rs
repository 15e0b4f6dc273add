//! Clients that are slow, or never end.

use crate::{
    binary::Sandbox,
    http::{self, Answer},
    serving::Serving,
};
use std::io::{Read as _, Write as _};

const IMPATIENT: (&str, &str) = ("READ_TIMEOUT", "200ms");

#[test]
fn headers_that_never_end_are_given_up() {
    let serving = Serving::ready(&Sandbox::new(), &[IMPATIENT]);
    let mut stream = http::connect(serving.address);
    stream
        .write_all(b"GET /health/live HTTP/1.1\r\nhost: loc")
        .unwrap();
    http::until_closed(stream);
    assert_eq!(http::get(serving.address, "/health/live").status, 200);
}

#[test]
fn a_connection_without_requests_is_closed() {
    let serving = Serving::ready(&Sandbox::new(), &[IMPATIENT]);
    let unused = http::connect(serving.address);
    let mut idle = http::connect(serving.address);
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let sent = http::until_closed(idle);
    assert!(
        sent.starts_with(b"HTTP/1.1 200 OK\r\n"),
        "{}",
        String::from_utf8_lossy(&sent)
    );
    assert_eq!(http::until_closed(unused), b"");
}

#[test]
fn a_body_that_stops_is_given_up() {
    let serving = Serving::ready(&Sandbox::new(), &[IMPATIENT, ("REQUEST_TIMEOUT", "1m")]);
    let mut stream = http::connect(serving.address);
    let head = "POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    let answer = Answer::read(&mut stream).unwrap();
    assert!((400..500).contains(&answer.status), "{answer:?}");
}

#[test]
fn a_body_over_its_limit_is_refused_with_an_answer() {
    let serving = Serving::ready(&Sandbox::new(), &[("BODY_LIMIT", "1 KiB")]);
    let body = format!("{{\"url\":\"https://example.com/{}\"}}", "x".repeat(4096));
    let answer = http::send(serving.address, "POST", "/v1/resolve", &body);
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (413, &"PAYLOAD_TOO_LARGE".into())
    );
}

/// Sixty-four rules of 60 KiB make an answer of about 4 MiB; some of them fill every buffer on the way.
fn large_rules() -> Sandbox {
    let padding = "x".repeat(60 * 1024);
    let rule = |n: usize| {
        let text = format!("id: r{n}\ntype: wildcard\npattern: '*'\ncss: '.r{n} {{}} /* {padding} */'\n");
        (format!("rules/local/r{n}.rule.yaml"), text)
    };
    Sandbox::with((0..64).map(rule))
}

#[test]
fn a_client_that_takes_nothing_is_given_up() {
    let variables = [
        ("WRITE_TIMEOUT", "300ms"),
        ("RESOLVE_MODE", "all"),
        ("LOG_LEVEL", "debug"),
    ];
    let mut serving = Serving::ready(&large_rules(), &variables);
    let mut stream = http::connect(serving.address);
    let request = "GET /v1/inject.css?url=https%3A%2F%2Fexample.com%2F HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.repeat(12).as_bytes()).unwrap();
    let mut first = [0; 15];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let event = serving.event("a connection ended early");
    assert_eq!(event["level"], "debug");
    let taken = http::until_closed(stream);
    assert!(taken.len() < 12 * 64 * 60 * 1024, "everything was sent");
}

#[test]
fn a_client_that_is_slow_and_takes_something_is_served() {
    let variables = [("WRITE_TIMEOUT", "2s"), ("RESOLVE_MODE", "all")];
    let serving = Serving::ready(&large_rules(), &variables);
    let answer = http::get(serving.address, "/v1/inject.css?url=https%3A%2F%2Fexample.com%2F");
    assert_eq!(answer.status, 200);
    assert!(answer.body.len() > 3 * 1024 * 1024, "{}", answer.body.len());
}

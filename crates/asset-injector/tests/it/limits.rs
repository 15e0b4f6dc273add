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

/// What is answered to these bytes, which leave the connection open.
fn first_line(serving: &Serving, bytes: &[u8]) -> String {
    let mut stream = http::connect(serving.address);
    stream.write_all(bytes).unwrap();
    let mut line = Vec::new();
    let mut byte = [0];
    while line.last() != Some(&b'\n') && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        line.extend(byte);
    }
    String::from_utf8_lossy(&line).trim_end().to_owned()
}

/// The answer to the first request once waited for the end of the second, which may never come.
#[test]
fn what_follows_a_request_does_not_hold_its_answer_back() {
    let patient = [("READ_TIMEOUT", "1m")];
    let serving = Serving::ready(&Sandbox::new(), &patient);
    let request = "GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for rest in ["\r\n", "\n", "GET /hea", "garbage\r\n\r\n"] {
        let bytes = format!("{request}{rest}");
        assert_eq!(
            first_line(&serving, bytes.as_bytes()),
            "HTTP/1.1 200 OK",
            "{rest:?}"
        );
    }
}

/// A head that is no head was once answered with nothing but the connection's end.
#[test]
fn a_head_that_cannot_be_read_is_answered() {
    let serving = Serving::ready(&Sandbox::new(), &[]);
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200));
    let long_header = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    for (head, status) in [
        ("GET /a b HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nbad name: y\r\n\r\n", "400"),
        (&*many_headers, "431"),
        (&*long_header, "431"),
    ] {
        let line = first_line(&serving, head.as_bytes());
        assert!(line.starts_with(&format!("HTTP/1.1 {status}")), "{line:?}");
    }
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
    // Kept: the server follows the files.
    let sandbox = large_rules();
    let mut serving = Serving::ready(&sandbox, &variables);
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
    // Kept: the server follows the files.
    let sandbox = large_rules();
    let serving = Serving::ready(&sandbox, &variables);
    let answer = http::get(serving.address, "/v1/inject.css?url=https%3A%2F%2Fexample.com%2F");
    assert_eq!(answer.status, 200);
    assert!(answer.body.len() > 3 * 1024 * 1024, "{}", answer.body.len());
}

//! Clients that mean harm: many, slow, endless or deaf. Memory stays bounded, and others are answered meanwhile.
//!
//! Figures are printed, and compared with bounds that only a fault exceeds.

use crate::{
    binary::Sandbox,
    http::{self, Answer},
    serving::Serving,
};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    thread,
    time::{Duration, Instant},
};

/// No time-out of the server ends a connection within the test.
const PATIENT: [(&str, &str); 3] = [
    ("READ_TIMEOUT", "5m"),
    ("WRITE_TIMEOUT", "5m"),
    ("REQUEST_TIMEOUT", "5m"),
];

/// A figure of a process's memory in KiB: `VmRSS` is what it has now, `VmHWM` the most that it had.
fn memory(serving: &Serving, figure: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

/// Does something and fails when the server took more than that for it.
#[expect(clippy::print_stdout, reason = "figures are for who looks at the test")]
#[track_caller]
fn within<T>(serving: &Serving, mebibytes: u64, what: &str, act: impl FnOnce() -> T) -> T {
    let before = memory(serving, "VmRSS:");
    let done = act();
    let most = memory(serving, "VmHWM:").saturating_sub(before) / 1024;
    println!(
        "{what}: at most {most} MiB more than the {} MiB before",
        before / 1024
    );
    assert!(most <= mebibytes, "{what}: {most} MiB, more than {mebibytes}");
    assert_eq!(http::get(serving.address, "/health/live").status, 200, "{what}");
    done
}

/// Raises this process's own limit of open files, and returns how many connections it may have.
fn connections_possible() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    // As the server does; where it is refused there are fewer.
    let _ = setrlimit(Resource::Nofile, raised);
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    // The other tests of this process need some, and so does the server.
    usize::try_from(limit.saturating_sub(1_000)).unwrap_or(usize::MAX)
}

const IDLE: usize = 10_000;

#[test]
fn ten_thousand_idle_connections_cost_little() {
    let count = IDLE.min(connections_possible());
    if count < IDLE {
        println!("only {count} connections: the limit of open files is low");
    }
    let serving = Serving::ready(&Sandbox::new(), &PATIENT);
    let address = serving.address;
    within(&serving, 512, &format!("{count} idle connections"), || {
        let mut open = Vec::with_capacity(count);
        for n in 0..count {
            let mut stream = http::connect(address);
            // Half of them were used once.
            if n % 2 == 0 {
                stream
                    .write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    .unwrap();
                stream.read_exact(&mut [0; 12]).unwrap();
            }
            open.push(stream);
            if n % 1_000 == 0 {
                http::resolve(address, "https://example.com/");
            }
        }
        http::resolve(address, "https://example.com/");
        open
    });
}

/// A shell sets the limit: a process that runs cannot be told what it has counted already.
#[test]
fn with_few_descriptors_idle_connections_make_room() {
    let mut serving = Serving::limited(&Sandbox::new(), 200, &PATIENT);
    let idle: Vec<TcpStream> = (0..400).map(|_| http::connect(serving.address)).collect();
    for _ in 0..20 {
        assert_eq!(http::get(serving.address, "/health/ready").status, 200);
    }
    let event = serving.event("as many connections are open as may be");
    assert_eq!((&event["level"], &event["open"]), (&"warn".into(), &100.into()));
    drop(idle);
}

/// The server counts on more than the system then gives.
#[test]
fn without_descriptors_connections_wait() {
    let mut serving = Serving::ready(&Sandbox::new(), &PATIENT);
    let id = Pid::from_raw(i32::try_from(serving.id()).unwrap());
    let limit = Rlimit {
        current: Some(64),
        maximum: Some(64),
    };
    prlimit(id, Resource::Nofile, limit).unwrap();
    let idle: Vec<TcpStream> = (0..100).map(|_| http::connect(serving.address)).collect();
    serving.event("connections cannot be accepted");
    assert_eq!(http::get(serving.address, "/health/ready").status, 200);
    drop(idle);
}

/// Sends bytes one by one, with a pause between, until the server ends the connection; returns what it said.
fn trickle(mut stream: TcpStream, bytes: impl IntoIterator<Item = u8>) -> Vec<u8> {
    for byte in bytes {
        if stream.write_all(&[byte]).is_err() {
            break;
        }
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut answer = vec![0; 1024];
        match stream.read(&mut answer) {
            Ok(0) => return Vec::new(),
            Ok(count) => return answer[..count].to_vec(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Vec::new(),
        }
    }
    Vec::new()
}

#[test]
fn heads_and_bodies_that_trickle_are_given_up() {
    let variables = [("READ_TIMEOUT", "300ms"), ("REQUEST_TIMEOUT", "300ms")];
    let serving = Serving::ready(&Sandbox::new(), &variables);
    let endless = || std::iter::repeat_n(b'x', 2_000);
    let head = http::connect(serving.address);
    let body = http::connect(serving.address);
    let length = "content-type: application/json\r\ncontent-length: 5000\r\n\r\n";
    let start = format!("POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\n{length}");
    (&body).write_all(start.as_bytes()).unwrap();
    (&head).write_all(b"GET / HTTP/1.1\r\nx: ").unwrap();
    let (head, body) = thread::scope(|scope| {
        let head = scope.spawn(|| trickle(head, endless()));
        let body = scope.spawn(|| trickle(body, endless()));
        (head.join().unwrap(), body.join().unwrap())
    });
    assert!(
        !head.starts_with(b"HTTP/1.1 2"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    assert!(
        body.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&body)
    );
    http::resolve(serving.address, "https://example.com/");
}

const HUGE: usize = 100 << 20;

/// Sends a huge body to its end whatever is answered meanwhile, as simple clients do; returns the answer.
fn send_huge(
    serving: &Serving,
    header: &str,
    frame: impl Fn(&[u8]) -> Vec<u8>,
) -> (usize, io::Result<Answer>) {
    let mut stream = http::connect(serving.address);
    let head = format!(
        "POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{header}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let part = frame(&[b'x'; 64 * 1024]);
    let mut sent = 0;
    while sent < HUGE && stream.write_all(&part).is_ok() {
        sent += 64 * 1024;
    }
    (sent, Answer::read(&mut stream))
}

#[test]
fn a_huge_body_is_refused_early() {
    let serving = Serving::ready(&Sandbox::new(), &[]);
    let length = format!("content-length: {HUGE}");
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    within(&serving, 32, "bodies of 100 MiB", || {
        let plain = send_huge(&serving, &length, <[u8]>::to_vec);
        let chunked = send_huge(&serving, "transfer-encoding: chunked", chunk);
        for (sent, answer) in [plain, chunked] {
            let answer = answer.unwrap();
            assert_eq!(
                (answer.status, &answer.json()["code"]),
                (413, &"PAYLOAD_TOO_LARGE".into())
            );
            assert!(sent < HUGE, "all of it was read");
        }
    });
}

/// A connection that is closed over bytes that nobody read is reset, which can take the answer with it.
#[test]
fn the_answer_to_a_body_that_was_not_read_arrives() {
    let serving = Serving::ready(&Sandbox::new(), &[("BODY_LIMIT", "1 KiB")]);
    for _ in 0..20 {
        let mut stream = http::connect(serving.address);
        let length = 4 << 20;
        let head = format!(
            "POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![b'x'; length]).unwrap();
        assert_eq!(Answer::read(&mut stream).unwrap().status, 413);
    }
}

#[test]
fn heads_that_fill_memory_are_bounded() {
    let serving = Serving::ready(&Sandbox::new(), &PATIENT);
    let part = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(60 * 1024));
    within(&serving, 200, "500 heads of 60 KiB", || {
        let open: Vec<TcpStream> = (0..500).map(|_| http::connect(serving.address)).collect();
        for mut stream in &open {
            stream.write_all(part.as_bytes()).unwrap();
        }
        http::resolve(serving.address, "https://example.com/");
        for mut stream in open {
            // Whatever is too long is answered, and the connection ends.
            let _ = stream.write_all("y".repeat(8 * 1024).as_bytes());
            let _ = stream.shutdown(Shutdown::Write);
            let answer = Answer::read(&mut stream).unwrap();
            assert_eq!(answer.status, 431, "{answer:?}");
        }
    });
}

#[test]
fn clients_that_pipeline_and_never_read_are_bounded() {
    let variables = [("WRITE_TIMEOUT", "1s"), ("READ_TIMEOUT", "5m")];
    let serving = Serving::ready(&Sandbox::new(), &variables);
    let requests = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(2_000);
    within(&serving, 200, "100 clients that pipeline and never read", || {
        let deaf: Vec<TcpStream> = (0..100).map(|_| http::connect(serving.address)).collect();
        for mut stream in &deaf {
            stream.set_nonblocking(true).unwrap();
            let _ = stream.write(requests.as_bytes());
        }
        http::resolve(serving.address, "https://example.com/");
        // The server lets them go, whatever they still could take.
        let started = Instant::now();
        for stream in &deaf {
            while stream.peek(&mut [0]).is_ok() && is_open(stream) {
                assert!(started.elapsed() < http::PATIENCE, "a deaf client is kept");
                thread::sleep(Duration::from_millis(10));
            }
        }
    });
}

/// Whether the other end has not reset or closed the connection; what it sent is not taken.
fn is_open(stream: &TcpStream) -> bool {
    use rustix::net::sockopt::socket_error;
    socket_error(stream).is_ok_and(|error| error.is_ok()) && stream.peer_addr().is_ok()
}

#[test]
fn half_open_connections_are_given_up() {
    let serving = Serving::ready(&Sandbox::new(), &[("READ_TIMEOUT", "300ms")]);
    // The client's half is closed: nothing will come, and an answer could still be taken.
    let halves: Vec<TcpStream> = (0..50).map(|_| http::connect(serving.address)).collect();
    for (n, mut half) in halves.iter().enumerate() {
        if n % 2 == 0 {
            half.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .unwrap();
        }
        half.shutdown(Shutdown::Write).unwrap();
    }
    for (n, half) in halves.into_iter().enumerate() {
        let said = http::until_closed(half);
        assert_eq!(said.starts_with(b"HTTP/1.1 200 OK"), n % 2 == 0, "{n}");
    }
    http::resolve(serving.address, "https://example.com/");
}

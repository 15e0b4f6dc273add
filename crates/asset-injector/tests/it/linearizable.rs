//! A write is seen by every resolve that begins after its acknowledgement, whoever writes and reads meanwhile.
//!
//! Several clients change and resolve the same few rules of a real server; each request is recorded with its begin and
//! end. The history is then checked for being linearizable (`history`): as if each request had happened at one moment
//! between its begin and its end.

mod history;

use crate::{
    binary::Sandbox,
    http::{self, Answer},
    serving::Serving,
};
use history::{History, Operation};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Barrier, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

/// Rules that everybody writes and reads.
const RULES: usize = 3;
const WRITERS: usize = 3;
const READERS: usize = 4;
/// Requests of each writer; readers go on until the last of them is done.
const WRITES: usize = 120;

fn host(rule: usize) -> String {
    format!("r{rule}.example")
}

/// The style sheet that stands for a value.
fn css(value: u64) -> String {
    format!("#v{value} {{}}")
}

fn value_of(css: &str) -> u64 {
    let digits = css.trim_start_matches("#v").split(' ').next().unwrap();
    digits.parse().unwrap_or_else(|_| panic!("nobody wrote {css:?}"))
}

fn write(address: SocketAddr, rule: usize, value: u64) -> Answer {
    let body = json!({ "css": css(value) }).to_string();
    http::send(address, "PATCH", &format!("/v1/rules/r{rule}"), &body)
}

fn read(address: SocketAddr, rule: usize) -> u64 {
    let url = format!("https://{}/", host(rule));
    let body = json!({ "url": url, "mode": "best" }).to_string();
    let answer: Value = http::send(address, "POST", "/v1/resolve", &body).json();
    value_of(answer["data"]["css"].as_str().unwrap())
}

/// Runs an operation and records it.
fn record(histories: &[Mutex<History>], rule: usize, started: Instant, operate: impl FnOnce() -> Kind) {
    let begin = started.elapsed();
    let kind = operate();
    let end = started.elapsed();
    let mut history = histories[rule].lock().unwrap();
    match kind {
        Kind::Write(value) => history.writes.push(Operation { value, begin, end }),
        Kind::Read(value) => history.reads.push(Operation { value, begin, end }),
    }
}

enum Kind {
    Write(u64),
    Read(u64),
}

/// Counts a writer as done, also when it fails: readers would go on for ever.
struct Done<'a>(&'a AtomicUsize);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn a_resolve_that_begins_after_the_acknowledgement_sees_the_write() {
    let rule = |n: usize| {
        let text = format!(
            "id: r{n}\ntype: wildcard\npattern: 'https://{}/*'\ncss: '{}'\n",
            host(n),
            css(0)
        );
        (format!("rules/local/r{n}.rule.yaml"), text)
    };
    let sandbox = Sandbox::with((0..RULES).map(rule));
    // What is asked here is the order of things, not how fast they are.
    let serving = Serving::ready(&sandbox, &[("REQUEST_TIMEOUT", "1m")]);
    let address = serving.address;
    let histories: Vec<Mutex<History>> = (0..RULES).map(|_| Mutex::default()).collect();
    let started = Instant::now();
    let barrier = Barrier::new(WRITERS + READERS);
    let writing = AtomicUsize::new(WRITERS);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (histories, barrier, writing) = (&histories, &barrier, &writing);
            scope.spawn(move || {
                let _done = Done(writing);
                barrier.wait();
                for n in 0..WRITES {
                    let value = u64::try_from(1 + n * WRITERS + writer).unwrap();
                    record(histories, (n + writer) % RULES, started, || {
                        let answer = write(address, (n + writer) % RULES, value);
                        assert_eq!(answer.status, 200, "{answer:?}");
                        Kind::Write(value)
                    });
                }
            });
        }
        for reader in 0..READERS {
            let (histories, barrier, writing) = (&histories, &barrier, &writing);
            scope.spawn(move || {
                barrier.wait();
                for n in 0.. {
                    let rule = (n + reader) % RULES;
                    record(histories, rule, started, || Kind::Read(read(address, rule)));
                    if writing.load(Ordering::SeqCst) == 0 {
                        break;
                    }
                }
            });
        }
    });
    let mut operations = 0;
    for history in histories {
        let history = history.into_inner().unwrap();
        operations += history.writes.len() + history.reads.len();
        history.check().unwrap();
    }
    assert!(
        operations > WRITERS * WRITES + 100,
        "only {operations} operations"
    );
}

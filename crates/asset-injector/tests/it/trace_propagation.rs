//! A caller's trace goes through the server to whomever it asks, and into its log.

use crate::{
    binary::Sandbox,
    http::{Answer, connect},
    serving::Serving,
};
use proptest::{
    collection::btree_map,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    thread,
};

/// A web server that hands rules out and keeps the heads of requests.
pub(crate) struct Web {
    pub(crate) origin: String,
    heads: Receiver<String>,
}

impl Web {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (sender, heads) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    head.extend(byte);
                }
                let body = "{id: fetched, type: exact, pattern: 'https://fetched.test/', css: 'a{}'}";
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).unwrap();
                // Nobody listens any more when the test has ended.
                let _ = sender.send(String::from_utf8(head).unwrap());
            }
        });
        Self { origin, heads }
    }

    /// The headers of this name in the next request.
    pub(crate) fn next(&self) -> impl Fn(&str) -> Vec<String> {
        let head = self.heads.recv_timeout(crate::http::PATIENCE).unwrap();
        move |name| {
            let fields = head.lines().filter_map(|line| line.split_once(": "));
            let named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.to_owned()).collect()
        }
    }
}

/// What a caller sends, and what it means.
#[derive(Clone, Debug)]
struct Sent {
    parents: Vec<String>,
    states: Vec<String>,
    /// Trace and parent, if it is sound.
    ids: Option<(String, String)>,
    flags: u8,
    /// What goes on, if the whole is sound.
    state: Option<String>,
}

fn hex(digits: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[0-9a-f]{{{digits}}}"))
        .unwrap()
        .prop_filter("never 0", |id| id.bytes().any(|digit| digit != b'0'))
}

/// A list of members and where it is cut into several headers.
fn states() -> impl Strategy<Value = (Vec<String>, Option<String>)> {
    let key = "[a-z][a-z0-9_*/-]{0,12}|[a-z0-9]{1,5}@[a-z][a-z0-9]{0,5}";
    let value = "[!-+--<>-~]([ !-+--<>-~]{0,30}[!-+--<>-~])?";
    (btree_map(key, value, 0..=32), any::<Index>()).prop_map(|(members, cut)| {
        let members: Vec<_> = members
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let (first, second) = members.split_at(cut.index(members.len() + 1));
        let headers = [first, second].into_iter().filter(|part| !part.is_empty());
        let headers = headers.map(|part| part.join(",")).collect();
        (headers, Some(members.join(",")).filter(|list| !list.is_empty()))
    })
}

fn sound() -> impl Strategy<Value = Sent> {
    let version = prop_oneof![3 => Just(0_u8), 1 => 1..=0xfe_u8];
    (
        version,
        hex(32),
        hex(16),
        any::<u8>(),
        "(-[ -~]{0,20})?",
        states(),
    )
        .prop_map(|(version, trace, parent, flags, more, (states, state))| {
            // Only a later version may say more; blanks at the end are not part of a header.
            let more = if version == 0 { "" } else { more.trim_end() };
            Sent {
                parents: vec![format!("{version:02x}-{trace}-{parent}-{flags:02x}{more}")],
                states,
                ids: Some((trace, parent)),
                flags: flags & 1,
                state,
            }
        })
}

/// One that was sound, in each of the ways to spoil it.
fn spoilt() -> impl Strategy<Value = Sent> {
    let spoil = |(sent, how, at): (Sent, usize, Index)| {
        let good = &sent.parents[0];
        let fields: Vec<_> = good.splitn(4, '-').collect();
        let (zeros, flags) = ("0".repeat(32), &fields[3][..2]);
        let parents = match how {
            0 => vec![],
            1 => vec![good.clone(), good.clone()],
            2 => vec![format!("ff-{}-{}-{flags}", fields[1], fields[2])],
            3 => vec![format!("00-{zeros}-{}-{flags}", fields[2])],
            4 => vec![format!("00-{}-{}-{flags}", fields[1], &zeros[..16])],
            5 => vec![format!("00-{}-{}-{flags}-more", fields[1], fields[2])],
            6 => vec![format!("00-{}A-{}-{flags}", &fields[1][..31], fields[2])],
            7 => vec![format!("00-{}-F{}-{flags}", fields[1], &fields[2][..15])],
            // Cut off somewhere before its end.
            8 => vec![good[..1 + at.index(53)].to_owned()],
            _ => vec![format!(
                "{}\t{}",
                &good[..at.index(54)],
                &good[at.index(54) + 1..]
            )],
        };
        Sent {
            parents,
            ids: None,
            flags: 0,
            state: None,
            ..sent
        }
    };
    (sound(), 0..10_usize, any::<Index>()).prop_map(spoil)
}

/// Imports from the web server, as a caller with these headers; returns the answer.
fn import(serving: &Serving, web: &Web, id: &str, sent: &Sent) -> Answer {
    let body = json!({"url": format!("{}/rules.yaml", web.origin)}).to_string();
    let mut head = format!(
        "POST /v1/rules/import HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-request-id: {id}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, values) in [("traceparent", &sent.parents), ("TraceState", &sent.states)] {
        values
            .iter()
            .for_each(|value| head += &format!("{name}: {value}\r\n"));
    }
    let mut stream = connect(serving.address);
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    Answer::read(&mut stream).unwrap()
}

/// **Feature: deployment-operations, Property 4: OpenTelemetry Trace Propagation**
#[test]
fn a_trace_goes_on_to_whoever_is_asked_and_into_the_log() {
    let (web, sandbox) = (Web::start(), Sandbox::new());
    let variables = [("FETCH_ALLOWED_HOSTS", &*web.origin), ("LOG_LEVEL", "trace")];
    let serving = RefCell::new(Serving::ready(&sandbox, &variables));
    let number = RefCell::new(0);
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&prop_oneof![sound(), spoilt()], |sent| {
        *number.borrow_mut() += 1;
        let (id, serving) = (format!("case-{}", number.borrow()), &mut *serving.borrow_mut());
        let answer = import(serving, &web, &id, &sent);
        prop_assert_eq!(answer.status, 200, "{:?}", answer);
        let headers = web.next();
        let [parent] = &*headers("traceparent") else {
            panic!("{:?}", headers("traceparent"))
        };
        let [version, trace, span, flags] = &*parent.split('-').collect::<Vec<_>>() else {
            panic!("{parent}")
        };
        prop_assert_eq!((*version, *flags), ("00", &*format!("{:02x}", sent.flags)));
        prop_assert_eq!(headers("tracestate"), Vec::from_iter(sent.state));
        match &sent.ids {
            Some((sent_trace, sent_span)) => {
                prop_assert_eq!(trace, sent_trace);
                prop_assert_ne!(span, sent_span);
            }
            None => prop_assert!(sent.parents.iter().all(|parent| !parent.contains(trace))),
        }
        // The last line of a request is that of its end.
        let access = serving.event_of("access", |event| event["request.id"] == *id);
        prop_assert_eq!(&access["span_id"], *span);
        let lines = serving.events_where(|event| event["request.id"] == *id);
        prop_assert!(lines.len() >= 2, "{:?}", lines);
        prop_assert!(
            lines.iter().all(|line| line["trace_id"] == **trace),
            "{:?}",
            lines
        );
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_failure_names_its_trace_to_the_caller_and_in_the_log() {
    let sandbox = Sandbox::new();
    let mut serving = Serving::ready(&sandbox, &[]);
    let mut stream = connect(serving.address);
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = format!(
        "GET /v1/rules/none HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntraceparent: {parent}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let answer = Answer::read(&mut stream).unwrap();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    assert_eq!(answer.json()["details"]["trace_id"], trace);
    let access = serving.event_of("access", |event| event["http.status"] == 404);
    assert_eq!(access["trace_id"], trace);
    // What happens for no request is in no caller's trace.
    assert_eq!(serving.event("listening on")["trace_id"], Value::Null);
}

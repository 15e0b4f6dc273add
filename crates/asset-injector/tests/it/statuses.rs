//! Every status that the OpenAPI document promises for a route is given by the real binary, and no other one is.

mod server;
mod table;

use self::{
    server::{Server, Setup},
    table::{But, CALLS, CASES, Call, Case},
};
use crate::{binary::Sandbox, http, serving::Serving};
use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

/// How long a call is repeated before its answer counts as wrong. Where the work races a clock of a millisecond, a fast
/// machine may win many times in a row.
const REPEATED_FOR: Duration = Duration::from_secs(30);
/// More than any body may have.
const LARGE_BYTES: usize = 65 << 20;

/// A route, as the document names it, and one of its statuses.
type Produced = (String, u16);

fn name((operation, method, path, ..): &Call) -> String {
    format!("{method} {path} ({operation})")
}

/// The routes of the document that the server gives, and all statuses that it promises.
fn documented() -> (BTreeSet<String>, BTreeSet<Produced>) {
    let serving = Serving::ready(&Sandbox::new(), &[]);
    let document = http::get(serving.address, "/openapi.json").json();
    let (mut routes, mut statuses) = (BTreeSet::new(), BTreeSet::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let route = format!("{} {path} ({id})", method.to_uppercase());
            let promised = operation["responses"].as_object().unwrap().keys();
            statuses.extend(promised.map(|status| (route.clone(), status.parse().unwrap())));
            routes.insert(route);
        }
    }
    (routes, statuses)
}

/// The bytes of a call.
fn request((_, method, path, query, body): &Call, but: But, reader: &str) -> Vec<u8> {
    let about = if let But::About(other) = but {
        Some(other)
    } else {
        None
    };
    let (id, file) = (about.unwrap_or("a"), about.unwrap_or("swagger-ui.css"));
    let pack = about.unwrap_or("demo");
    let path = path
        .replace("{id}", id)
        .replace("{file}", file)
        .replace("{name}", pack);
    let query = if let But::Query(more) = but {
        format!("{query}{}{more}", if query.is_empty() { '?' } else { '&' })
    } else if but == But::NoQuery {
        String::new()
    } else {
        (*query).to_owned()
    };
    let body = if let But::Body(other) = but { other } else { body };
    let (body, length) = if but == But::LargeBody {
        ("{", LARGE_BYTES)
    } else if but == But::HalfABody {
        ("{", 2)
    } else {
        (body, body.len())
    };
    let mut headers = vec!["host: localhost".to_owned(), "connection: close".to_owned()];
    if length > 0 {
        headers.push("content-type: application/json".to_owned());
        headers.push(format!("content-length: {length}"));
    }
    if let But::Header(header) = but {
        let (name, _) = header.split_once(' ').unwrap();
        headers.retain(|other| !other.starts_with(name));
        headers.push(header.replace("{reader}", reader));
    }
    format!(
        "{method} {path}{query} HTTP/1.1\r\n{}\r\n\r\n{body}",
        headers.join("\r\n")
    )
    .into_bytes()
}

/// The status of the answer to these bytes. The rest of it is not waited for: it may be held back by a body that is.
fn ask(address: SocketAddr, request: &[u8]) -> u16 {
    let mut stream = http::connect(address);
    stream.write_all(request).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no status in {line:?}"))
}

/// The calls of a case.
fn calls((.., operations): &Case) -> impl Iterator<Item = &'static Call> {
    operations.split_ascii_whitespace().map(|operation| {
        let mut calls = CALLS.iter();
        let call = calls.find(|(known, ..)| *known == operation);
        call.unwrap_or_else(|| panic!("no call is named {operation}"))
    })
}

/// What the calls of the cases for a configuration are answered with; those that say something else are faults.
fn run(setup: Setup) -> (BTreeSet<Produced>, Vec<String>) {
    let server = Server::of(setup);
    let (mut produced, mut faults) = (BTreeSet::new(), Vec::new());
    for case in CASES.iter().filter(|(_, of, ..)| *of == setup) {
        let (status, _, but, _) = *case;
        for call in calls(case) {
            let request = request(call, but, &server.reader);
            let began = Instant::now();
            let last = loop {
                let last = ask(server.serving.address, &request);
                produced.insert((name(call), last));
                if last == status || !setup.repeats() || began.elapsed() > REPEATED_FOR {
                    break last;
                }
            };
            if last != status {
                let name = name(call);
                faults.push(format!(
                    "{setup:?}, {but:?}: {name} answers {last} and not {status}"
                ));
            }
        }
    }
    (produced, faults)
}

fn shown(statuses: impl Iterator<Item = Produced>) -> Vec<String> {
    statuses
        .map(|(route, status)| format!("{route}: {status}"))
        .collect()
}

#[test]
fn every_status_that_the_document_promises_is_given_and_no_other_one() {
    let (routes, promised) = documented();
    let called: BTreeSet<_> = CALLS.iter().map(name).collect();
    assert_eq!(
        called, routes,
        "the calls of the table, and the routes of the document"
    );
    let (mut produced, mut faults) = (BTreeSet::new(), Vec::new());
    thread::scope(|scope| {
        let runs = Setup::ALL.map(|setup| scope.spawn(move || run(setup)));
        for run in runs {
            let (answered, wrong) = run.join().unwrap();
            produced.extend(answered);
            faults.extend(wrong);
        }
    });
    faults.extend(
        shown(produced.difference(&promised).cloned())
            .into_iter()
            .map(|one| format!("not promised: {one}")),
    );
    faults.extend(
        shown(promised.difference(&produced).cloned())
            .into_iter()
            .map(|one| format!("never given: {one}")),
    );
    assert!(faults.is_empty(), "{faults:#?}");
}

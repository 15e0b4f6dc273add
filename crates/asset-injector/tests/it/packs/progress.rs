//! How far a download is: over HTTP as events, on a terminal as a bar, and nowhere else.

use super::{
    life::{css, on, publish, published},
    web::{Archives, Web},
};
use crate::{binary::Sandbox, http, serving::Serving, terminal::Terminal};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

/// A server of an empty tree, with a repository whose archives come as the test says.
fn serving(sandbox: &Sandbox, web: &Web) -> Serving {
    let url = web.url();
    let host = url.trim_end_matches('/');
    let variables = [
        ("COMMUNITY_REPO_URL", &*url),
        ("COMMUNITY_REPO_TIMEOUT", "20s"),
        ("FETCH_ALLOWED_HOSTS", host),
    ];
    Serving::ready(sandbox, &variables)
}

/// A call that asks for events.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(serving: &Serving, path: &str, body: &str) -> Self {
        let request = http::request("POST", path, body);
        let request = request.replacen("\r\n\r\n", "\r\naccept: text/event-stream\r\n\r\n", 1);
        let mut stream = http::connect(serving.address);
        stream.write_all(request.as_bytes()).unwrap();
        Self(BufReader::new(stream))
    }

    /// The next event: its name and its data.
    #[track_caller]
    fn next(&mut self) -> (String, Value) {
        let mut name = None;
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream has ended");
            if let Some(event) = line.strip_prefix("event: ") {
                name = Some(event.trim().to_owned());
            } else if let Some(data) = line.strip_prefix("data: ") {
                return (name.unwrap(), serde_json::from_str(data).unwrap());
            }
        }
    }

    /// The events on the download until this many bytes have come.
    #[track_caller]
    fn until(&mut self, bytes: u64) -> Vec<Value> {
        let mut events = Vec::new();
        while events.last().is_none_or(|event: &Value| event["bytes"] != bytes) {
            let (name, data) = self.next();
            assert_eq!(
                (&*name, &data["phase"]),
                ("progress", &"downloaded".into()),
                "{data}"
            );
            events.push(data);
        }
        events
    }
}

#[test]
fn a_download_that_takes_its_time_is_told_of_bit_by_bit() {
    let (repository, web) = published(None);
    let sandbox = Sandbox::new();
    let serving = serving(&sandbox, &web);
    let size = |version: &str| {
        let archive = format!("packs/demo/demo-{version}.zip");
        std::fs::metadata(repository.path().join(archive)).unwrap().len()
    };
    web.give(Archives::Halved);
    for (version, call, body) in [
        ("1.0.0", "install", r#"{"source":"demo"}"#),
        ("1.1.0", "update", r#"{"all":true}"#),
    ] {
        if version == "1.1.0" {
            publish(&repository, version, "#banner{color:blue}", None);
        }
        let total = size(version);
        let mut stream = Stream::open(&serving, &format!("/v1/packs/{call}"), body);
        let mut events = stream.until(total / 2);
        web.go_on();
        events.extend(stream.until(total));
        let counts: Vec<_> = events.iter().map(|event| event["bytes"].as_u64()).collect();
        assert!(counts.is_sorted(), "{counts:?}");
        for event in &events {
            assert_eq!(event["bytes_total"], total);
            assert_eq!(
                (&event["name"], &event["number"], &event["of"]),
                (&"demo".into(), &1.into(), &1.into())
            );
        }
        let (name, envelope) = stream.next();
        assert_eq!((&*name, &envelope["status"]), ("report", &"success".into()));
        assert_eq!(envelope["data"]["packs"][0]["version"], version);
    }
    assert_eq!(css(&serving), "#banner{color:blue}");
}

#[test]
fn a_download_that_fails_ends_with_the_error() {
    let (_repository, web) = published(None);
    let sandbox = Sandbox::new();
    let serving = serving(&sandbox, &web);
    for (archives, code) in [
        (Archives::Elsewhere, "UPSTREAM_UNAVAILABLE"),
        (Archives::Damaged, "PACK_INVALID"),
    ] {
        web.give(archives);
        let mut stream = Stream::open(&serving, "/v1/packs/install", r#"{"source":"demo"}"#);
        let envelope = loop {
            let (name, data) = stream.next();
            if name == "report" {
                break data;
            }
        };
        assert_eq!(
            (&envelope["status"], &envelope["code"]),
            (&"error".into(), &code.into())
        );
        assert!(envelope["details"]["request_id"].is_string());
    }
    web.give(Archives::Elsewhere);
    let ran = on(&serving, &["packs", "install", "demo"]).code(1);
    ran.says(&["UPSTREAM_UNAVAILABLE", "help: "]);
}

#[test]
fn neither_a_client_that_goes_nor_one_that_reads_nothing_holds_anything_up() {
    let (_repository, web) = published(None);
    let sandbox = Sandbox::new();
    let serving = serving(&sandbox, &web);
    for goes in [true, false] {
        web.give(Archives::Halved);
        let mut stream = Stream::open(&serving, "/v1/packs/install", r#"{"source":"demo"}"#);
        let (name, _) = stream.next();
        assert_eq!(name, "progress");
        let stays = (!goes).then_some(stream);
        // Rules are written while the archive is still to come.
        let own = ["rules", "add", "--id", "own", "--type", "wildcard"];
        let own = [&own[..], &["--pattern", "own.example/*", "--css", "a{}"]].concat();
        on(&serving, &own).code(0);
        web.give(Archives::Whole);
        web.go_on();
        // The next operation waits for its turn: it begins when that one has ended, and finds what it did.
        on(&serving, &["packs", "install", "demo"])
            .code(0)
            .prints(&["unchanged demo 1.0.0"]);
        drop(stays);
        on(&serving, &["packs", "uninstall", "demo"]).code(0);
        on(&serving, &["rules", "rm", "own"]).code(0);
    }
}

/// Runs a command to its end before a terminal, with an archive whose second half comes when a bar is there.
#[track_caller]
fn watched(web: &Web, command: std::process::Command, name: &str, says: &str) {
    let mut terminal = Terminal::run(command);
    terminal.shows(&[name, " B of "]);
    web.go_on();
    let (code, printed, screen) = terminal.ended();
    assert_eq!(code, Some(0), "{printed}{screen}");
    assert!(printed.contains(says), "{printed}");
}

#[test]
fn a_bar_is_drawn_for_people_and_nobody_else() {
    let (_repository, web) = published(None);
    let sandbox = Sandbox::new();
    let serving = serving(&sandbox, &web);
    let server = format!("http://{}", serving.address);
    let archive = format!("{}packs/demo/demo-1.0.0.zip", web.url());
    let command = |args: &[&str]| sandbox.command(&[args, &["--server", &server]].concat());
    web.give(Archives::Halved);
    watched(
        &web,
        command(&["packs", "install", "demo"]),
        "demo",
        "installed demo 1.0.0",
    );
    watched(&web, command(&["import", &archive]), "demo-1.0.0.zip", "1 added");

    web.give(Archives::Whole);
    on(&serving, &["packs", "uninstall", "demo"]).code(0);
    let args = ["packs", "install", "demo", "--format", "json"];
    let (code, printed, screen) = Terminal::run(command(&args)).ended();
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &printed["changed"], &*screen), (Some(0), &true.into(), ""));
    on(&serving, &["packs", "uninstall", "demo"]).code(0);
    let ran = on(&serving, &["packs", "install", "demo"]).code(0);
    assert_eq!(ran.stderr(), "");
}

#[test]
fn a_bar_is_drawn_without_a_server_too() {
    let (_repository, web) = published(None);
    let sandbox = Sandbox::new();
    sandbox.write("rules/local/.keep", "");
    let mut command = sandbox.command(&["packs", "install", "demo", "--rules-dir", "rules"]);
    command.env("COMMUNITY_REPO_URL", web.url());
    web.give(Archives::Halved);
    watched(&web, command, "demo", "installed demo 1.0.0");
}

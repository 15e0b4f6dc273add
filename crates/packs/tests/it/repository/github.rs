//! A repository behind GitHub's contents API, imitated: raw media, limits of requests, and archives elsewhere.

use super::fixtures::{
    BEGIN_MS, Files, TOKEN, TestPace, at, config, files, get, give, header, open, paths, zip,
};
use crate::server::{Server, answer, path, redirect};
use packs::repository::{Cached, Client, Error, IndexKind, Plan, Refreshed, Round, SINGLES_MAX, plan};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const API: &str = "/api/v3/repos/o/r";

/// The imitation; its files are below `/layout` of the branch `main`.
struct GitHub {
    server: Server,
    /// Where archives come from.
    codeload: Server,
    /// The requests that are left.
    left: Arc<AtomicUsize>,
}

impl GitHub {
    fn of(files: &Files, archive: Vec<u8>) -> Self {
        let codeload = Server::http(move |_, out| answer(out, 200, "", &archive));
        let (left, files) = (Arc::new(AtomicUsize::new(1000)), Arc::clone(files));
        let (counted, port) = (Arc::clone(&left), codeload.port);
        let server = Server::http(move |head, out| api(&files, &counted, port, head, out));
        Self {
            server,
            codeload,
            left,
        }
    }

    fn client(&self) -> (Client, Arc<TestPace>) {
        let port = self.server.port;
        open(&config(&format!(
            "http://127.0.0.1:{port}{API}/contents/layout?ref=main"
        )))
    }
}

/// Answers as the API does.
fn api(files: &Files, left: &AtomicUsize, port: u16, head: &str, out: &mut dyn Write) -> io::Result<()> {
    let reset = BEGIN_MS / 1000 + 1800;
    let limit = |left| format!("x-ratelimit-remaining: {left}\r\nx-ratelimit-reset: {reset}\r\n");
    let take = |left: usize| left.checked_sub(1);
    let Ok(before) = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take) else {
        return answer(out, 403, &limit(0), b"{\"message\":\"API rate limit exceeded\"}");
    };
    let is_spoken =
        header(head, "x-github-api-version").is_some() && head.contains("user-agent: asset-injector/");
    let asked = path(head);
    let contents = format!("{API}/contents/layout/");
    if asked == format!("{API}/zipball/main") {
        return redirect(
            out,
            &format!("http://127.0.0.1:{port}/o/r/legacy.zip/main?token=x"),
        );
    }
    let is_raw = header(head, "accept") == Some("application/vnd.github.raw+json");
    let file = asked
        .strip_prefix(&contents)
        .and_then(|file| file.strip_suffix("?ref=main"));
    match file {
        Some(file) if is_raw && is_spoken => {
            let mut given = Vec::new();
            give(files, head, file, &mut given)?;
            let text = String::from_utf8(given).unwrap();
            let (line, rest) = text.split_once("\r\n").unwrap();
            write!(out, "{line}\r\n{}{rest}", limit(before - 1))
        }
        Some(_) => answer(out, 200, &limit(before - 1), b"{\"content\":\"YmFzZTY0\"}"),
        None => answer(out, 404, &limit(before - 1), b"{\"message\":\"Not Found\"}"),
    }
}

fn names(count: usize) -> Vec<String> {
    (10..10 + count).map(|number| format!("r{number}")).collect()
}

/// The singles of a repository, by path in it.
fn singles(names: &[String]) -> Files {
    let files = files(&[("index.json", "{}")]);
    let rules = names.iter().map(|name| {
        (
            format!("singles/rules/{name}.rule.yaml"),
            name.clone().into_bytes(),
        )
    });
    files.lock().unwrap().extend(rules);
    files
}

fn plan_of(names: &[String], installed: &[String], rest: &BTreeSet<String>) -> Plan {
    let listed = names.iter().map(|name| (name.clone(), None)).collect();
    let installed = installed.iter().map(|name| (name.clone(), String::new()));
    plan(&listed, &installed.collect::<BTreeMap<_, _>>(), rest)
}

fn round(repository: &Client, plan: &Plan) -> Round {
    repository.singles(plan, &mut |_, _| {})
}

fn refresh(repository: &Client, copy: Option<&Cached>) -> Result<Refreshed, Error> {
    repository.index(IndexKind::Packs, copy, &mut |_, _| {})
}

#[test]
fn content_is_fetched_as_raw_media_and_asked_for_by_etag() {
    let github = GitHub::of(&singles(&[]), Vec::new());
    let (repository, _) = github.client();
    let Ok(Refreshed::Fresh(copy)) = refresh(&repository, None) else {
        panic!("there was no copy");
    };
    assert_eq!(&*copy.bytes, b"{}");
    assert!(matches!(
        refresh(&repository, Some(&copy)),
        Ok(Refreshed::Unchanged(_))
    ));
    for head in github.server.heads() {
        assert_eq!(header(&head, "authorization"), Some(&*format!("Bearer {TOKEN}")));
        assert_eq!(header(&head, "x-github-api-version"), Some("2022-11-28"));
    }
    assert!(matches!(get(&repository), Err(Error::NotFound { .. })));
}

#[test]
fn nobody_is_asked_once_no_requests_are_left() {
    let github = GitHub::of(&singles(&[]), Vec::new());
    let (repository, pace) = github.client();
    github.left.store(1, Ordering::SeqCst);
    let Ok(Refreshed::Fresh(copy)) = refresh(&repository, None) else {
        panic!("one request was left");
    };
    // The answer said that it was the last one.
    let limited = Error::RateLimited {
        what: "index.json".to_owned(),
        until: at(1800),
    };
    assert_eq!(
        refresh(&repository, Some(&copy)),
        Ok(Refreshed::Stale(limited.clone()))
    );
    assert_eq!(github.server.heads().len(), 1);
    // Another process has to be told.
    let (other, _) = github.client();
    for _ in 0..2 {
        assert_eq!(refresh(&other, None), Err(limited.clone()));
    }
    assert_eq!(github.server.heads().len(), 2);
    assert_eq!(pace.waits_ms().len(), 0);
    pace.skip(Duration::from_secs(1800));
    github.left.store(9, Ordering::SeqCst);
    assert!(matches!(
        refresh(&repository, Some(&copy)),
        Ok(Refreshed::Unchanged(_))
    ));
}

#[test]
fn a_secondary_limit_is_known_by_what_it_says() {
    let body = b"{\"message\":\"You have exceeded a secondary rate limit. Please wait a few minutes.\"}";
    let server = Server::http(move |_, out| answer(out, 403, "x-ratelimit-remaining: 4000\r\n", body));
    let (repository, pace) = open(&config(&format!(
        "http://127.0.0.1:{}{API}/contents",
        server.port
    )));
    assert_eq!(get(&repository).unwrap_err().until(), Some(at(60)));
    assert_eq!((server.heads().len(), pace.waits_ms().len()), (1, 0));
}

#[test]
fn a_sync_goes_on_where_the_limit_stopped_it() {
    let names = names(10);
    let github = GitHub::of(&singles(&names), Vec::new());
    let (repository, pace) = github.client();
    github.left.store(4, Ordering::SeqCst);
    let first = round(&repository, &plan_of(&names, &[], &BTreeSet::new()));
    let installed: Vec<String> = first.files.keys().cloned().collect();
    assert_eq!(installed, names[..4]);
    assert_eq!(first.rest, names[4..].iter().cloned().collect());
    assert_eq!(first.stopped.and_then(|error| error.until()), Some(at(1800)));

    pace.skip(Duration::from_secs(1800));
    github.left.store(100, Ordering::SeqCst);
    let second = round(&repository, &plan_of(&names, &installed, &first.rest));
    assert_eq!(second.files.keys().cloned().collect::<Vec<_>>(), names[4..]);
    assert_eq!((second.stopped, second.rest.len()), (None, 0));
    assert_eq!(github.server.heads().len(), names.len());
}

/// An archive of the repository with these singles.
fn archive(names: &[String]) -> Vec<u8> {
    let mut entries = vec![
        ("o-r-abc/README.md".to_owned(), b"read me".to_vec()),
        (
            "o-r-abc/singles/rules/r10.rule.yaml".to_owned(),
            b"outside of the layout".to_vec(),
        ),
        (
            "o-r-abc/layout/singles/rules/r10.rule.yml".to_owned(),
            b"another name".to_vec(),
        ),
        (
            "o-r-abc/layout/singles/rules/unlisted.rule.yaml".to_owned(),
            b"unlisted".to_vec(),
        ),
        ("o-r-abc/layout/packs/a/a-1.0.0.zip".to_owned(), zip(&[])),
    ];
    let path = |name: &String| format!("o-r-abc/layout/singles/rules/{name}.rule.yaml");
    entries.extend(names.iter().map(|name| (path(name), name.clone().into_bytes())));
    zip(&entries)
}

#[test]
fn many_files_come_out_of_one_archive_that_gets_no_token() {
    let names = names(SINGLES_MAX + 1);
    let github = GitHub::of(&singles(&names), archive(&names));
    let (repository, _) = github.client();
    let came = round(&repository, &plan_of(&names, &[], &BTreeSet::new()));
    let expected: BTreeMap<_, _> = names
        .iter()
        .map(|name| (name.clone(), name.clone().into_bytes()))
        .collect();
    assert_eq!(
        came,
        Round {
            files: expected,
            ..Round::default()
        }
    );
    assert_eq!(paths(&github.server), [format!("{API}/zipball/main")]);
    let heads = github.codeload.heads();
    assert_eq!(heads.len(), 1);
    assert!(!heads[0].contains(TOKEN) && header(&heads[0], "authorization").is_none());
    // No more than a few: one by one.
    round(&repository, &plan_of(&names[1..], &[], &BTreeSet::new()));
    assert_eq!(github.codeload.heads().len(), 1);
}

#[test]
fn a_file_of_an_archive_must_be_the_one_that_is_listed() {
    let names = names(SINGLES_MAX + 2);
    let github = GitHub::of(&singles(&names), archive(&names[1..]));
    let hash = |name: &String| (name == "r11").then(|| "0".repeat(64));
    let listed = names.iter().map(|name| (name.clone(), hash(name))).collect();
    let came = round(
        &github.client().0,
        &plan(&listed, &BTreeMap::new(), &BTreeSet::new()),
    );
    assert_eq!(came.files.len(), SINGLES_MAX);
    assert_eq!(
        came.failed
            .iter()
            .map(|(file, _)| file.as_str())
            .collect::<Vec<_>>(),
        ["r11"]
    );
    assert_eq!(came.rest, ["r10".to_owned(), "r11".to_owned()].into());
}

#[test]
fn an_archive_of_no_use_is_done_without() {
    let names = names(SINGLES_MAX + 1);
    let whole = archive(&names);
    for broken in [b"no archive".to_vec(), whole[..whole.len() - 30].to_vec()] {
        let github = GitHub::of(&singles(&names), broken);
        let came = round(&github.client().0, &plan_of(&names, &[], &BTreeSet::new()));
        assert_eq!((came.files.len(), came.rest.len()), (names.len(), 0));
        assert_eq!(github.codeload.heads().len(), 1);
    }
}

#[test]
fn an_archive_that_is_away_stops_the_round() {
    let names = names(SINGLES_MAX + 1);
    let github = GitHub::of(&singles(&names), archive(&names));
    github.left.store(0, Ordering::SeqCst);
    let came = round(&github.client().0, &plan_of(&names, &[], &BTreeSet::new()));
    assert_eq!(came.stopped.and_then(|error| error.until()), Some(at(1800)));
    assert_eq!((came.files.len(), came.rest.len()), (0, names.len()));
}

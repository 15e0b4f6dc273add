//! Who is asked, and what they are told.

use crate::server::{AUTHORITY, FRIEND, Names, Server, answer, authority, identity, path, redirect};
use packs::fetch::{self, Error, Exceptions, Fetcher};
use std::{io, io::Write};

fn rules(_: &str, out: &mut dyn Write) -> io::Result<()> {
    answer(
        out,
        200,
        "content-type: Application/YAML; charset=utf-8\r\n",
        b"- id: a\n",
    )
}

/// Sends to what follows `/to/`, or in a circle, or answers.
fn signpost(head: &str, out: &mut dyn Write) -> io::Result<()> {
    match path(head).split_once("/to/") {
        Some((_, target)) => redirect(out, target),
        None => match path(head) {
            "/4" => redirect(out, "3"),
            "/3" => redirect(out, "/2"),
            "/2" => redirect(out, "?1"),
            "/circle" => redirect(out, "/circle"),
            "/nowhere" => answer(out, 302, "", b""),
            _ => rules(head, out),
        },
    }
}

#[test]
fn a_file_is_fetched_with_its_type_and_path() {
    let server = Server::https(rules);
    let fetched = server.fetch("/a/b.rule.yaml?x=1#here").unwrap();
    assert_eq!(fetched.bytes, b"- id: a\n");
    assert_eq!(
        (&*fetched.media_type, &*fetched.path),
        ("application/yaml", "/a/b.rule.yaml")
    );
    let head = server.heads().remove(0).to_lowercase();
    assert!(head.starts_with("get /a/b.rule.yaml?x=1 http/1.1\r\n"), "{head}");
    for kept_back in ["cookie", "referer", "authorization", "here"] {
        assert!(!head.contains(kept_back), "{head}");
    }
}

#[test]
fn what_comes_is_told_as_it_comes() {
    let server = Server::https(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n")?;
        out.write_all(&[b'a'; 200_000])
    });
    let mut told = Vec::new();
    let fetched = server
        .friend()
        .fetch_traced(&server.url("/"), 1_000_000, &mut |done, total| {
            told.push((done, total))
        });
    assert_eq!(fetched.unwrap().bytes.len(), 200_000);
    assert_eq!(told.first(), Some(&(0, Some(200_000))));
    assert_eq!(told.last(), Some(&(200_000, Some(200_000))));
    assert!(told.len() > 2 && told.is_sorted(), "{told:?}");
    let endless = Server::https(|_, out| out.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc"));
    let mut last = None;
    let fetched = endless
        .friend()
        .fetch_traced(&endless.url("/"), 1_000_000, &mut |done, total| {
            last = Some((done, total))
        });
    assert_eq!((fetched.unwrap().bytes, last), (b"abc".to_vec(), Some((3, None))));
}

#[test]
fn what_a_url_leads_to_is_called_by_its_last_part() {
    for (url, name) in [
        (
            "https://a.example/packs/demo-1.0.0.zip?key=secret#x",
            "demo-1.0.0.zip",
        ),
        ("https://a.example/packs/", "packs"),
        ("https://user:secret@a.example?key=secret", "a.example"),
        ("nothing", ""),
    ] {
        assert_eq!(fetch::name_of(url), name, "{url}");
    }
}

#[test]
fn a_public_name_that_leads_inside_is_refused_before_anybody_is_asked() {
    let server = Server::https(rules);
    let inside: &[&[&str]] = &[
        &["127.0.0.1"],
        &["10.0.0.1"],
        &["169.254.169.254"],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["fd00:ec2::254"],
        &["0.0.0.0"],
        // One that is public does not excuse the other.
        &["8.8.8.8", "127.0.0.1"],
        &["2606:4700:4700::1111", "10.0.0.1"],
    ];
    for addresses in inside {
        let names = Names::of(&[("www.example.com", addresses)]);
        let fetcher = Fetcher::new(Exceptions::default())
            .with_lookup(names)
            .with_root(AUTHORITY.der());
        let refused = fetcher.fetch(&format!("https://www.example.com:{}/", server.port), 1000);
        assert_eq!(
            refused,
            Err(Error::NotPublic("www.example.com".to_owned())),
            "{addresses:?}"
        );
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn every_way_to_write_a_private_address_is_seen_through() {
    let server = Server::https(rules);
    let fetcher = Fetcher::new(Exceptions::default()).with_root(AUTHORITY.der());
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0x7F.0.0.0x1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
        "127\u{3002}0\u{3002}0\u{3002}1",
        "0",
        "0.0.0.0",
        "0x0",
        "10.1",
        "0xa.0.0.1",
        "012.1.2.3",
        "3232235777",
        "2852039166",
        "0xa9fea9fe",
        "169.254.43518",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "localhost",
        "LOCALHOST",
    ] {
        let refused = fetcher.fetch(&format!("https://{host}:{}/", server.port), 1000);
        assert!(matches!(refused, Err(Error::NotPublic(_))), "{host}: {refused:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn what_is_no_https_url_of_somebody_is_refused() {
    let fetcher = Fetcher::new(Exceptions::default());
    for (url, reason) in [
        ("", "is not a URL"),
        ("rules.yaml", "is not a URL"),
        ("https://", "is not a URL"),
        ("https://999.1.1.1/", "is not a URL"),
        ("https://[fe80::1%25eth0]/", "is not a URL"),
        ("http://example.com/", "must be fetched by https"),
        ("ftp://example.com/", "must be fetched by https"),
        ("file:///etc/passwd", "must be fetched by https"),
        ("data:text/plain,a", "must be fetched by https"),
        ("gopher://example.com/", "must be fetched by https"),
        ("https://user@example.com/", "must not hold a user name"),
        ("https://:secret@example.com/", "must not hold a user name"),
        (
            &format!("https://example.com/{}", "a".repeat(9000)),
            "has 9020 bytes",
        ),
    ] {
        let refused = fetcher.fetch(url, 1000).unwrap_err();
        assert!(
            refused.is_refusal() && refused.to_string().contains(reason),
            "{url}: {refused}"
        );
    }
}

#[test]
fn three_redirects_are_followed_and_nothing_is_carried_along() {
    let server = Server::https(signpost);
    assert_eq!(server.fetch("/3").unwrap().path, "/2");
    let heads = server.heads();
    assert_eq!(
        heads.iter().map(|head| path(head)).collect::<Vec<_>>(),
        ["/3", "/2", "/2?1"]
    );
    for head in heads.iter().map(|head| head.to_lowercase()) {
        assert!(!head.contains("cookie") && !head.contains("referer"), "{head}");
    }
    assert_eq!(server.fetch("/4").unwrap().path, "/2");
    assert_eq!(server.fetch("/to//4"), Err(Error::Redirects));
    assert_eq!(server.fetch("/circle"), Err(Error::Redirects));
    assert_eq!(
        server.fetch("/nowhere"),
        Err(Error::BadRedirect(FRIEND.to_owned()))
    );
    assert_eq!(
        server.fetch("/to/https://[x"),
        Err(Error::BadRedirect(FRIEND.to_owned()))
    );
}

#[test]
fn a_redirect_is_checked_like_a_url() {
    let (server, inside) = (Server::https(signpost), Server::http(rules));
    let port = inside.port;
    for target in [
        format!("https://127.0.0.1:{port}/"),
        format!("https://0x7f.1:{port}/"),
        format!("//[::1]:{port}/"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        // The exception is for that port of that host.
        format!("https://{FRIEND}:{port}/"),
    ] {
        let refused = server.fetch(&format!("/to/{target}"));
        assert!(
            matches!(refused, Err(Error::NotPublic(_))),
            "{target}: {refused:?}"
        );
    }
    for target in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://{FRIEND}:{}/", server.port),
        "file:///etc/passwd".to_owned(),
    ] {
        let refused = server.fetch(&format!("/to/{target}"));
        assert!(matches!(refused, Err(Error::Scheme(_))), "{target}: {refused:?}");
    }
    let refused = server.fetch(&format!("/to/https://a:b@{FRIEND}:{}/", server.port));
    assert_eq!(refused, Err(Error::Credentials));
    assert_eq!(inside.connections(), 0);
}

#[test]
fn a_name_is_looked_up_once_for_each_connection() {
    let server = Server::https(signpost);
    let names = Names::of(&[(FRIEND, &["127.0.0.1"])]);
    let fetcher = server.friend().with_lookup(names.clone());
    fetcher.fetch(&server.url("/2"), 1000).unwrap();
    assert_eq!(*names.lookups.lock().unwrap(), [FRIEND, FRIEND]);
    assert_eq!(server.connections(), 2);
}

#[test]
fn an_exception_for_http_is_one_for_that_origin() {
    let server = Server::http(rules);
    let exceptions = Exceptions::parse(&format!("http://127.0.0.1:{}", server.port)).unwrap();
    let fetcher = Fetcher::new(exceptions);
    let url = |scheme: &str| format!("{scheme}://127.0.0.1:{}/", server.port);
    assert_eq!(fetcher.fetch(&url("http"), 1000).unwrap().bytes, b"- id: a\n");
    assert_eq!(
        fetcher.fetch(&url("https"), 1000),
        Err(Error::NotPublic("127.0.0.1".to_owned()))
    );
    let any = Fetcher::new(Exceptions::parse("*").unwrap());
    assert_eq!(
        any.fetch(&url("http"), 1000),
        Err(Error::Scheme("127.0.0.1".to_owned()))
    );
}

#[test]
fn a_certificate_must_be_trusted_current_and_of_that_host() {
    let past = |params: &mut rcgen::CertificateParams| {
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    };
    let servers = [
        Server::start(Some(identity("other.test", &AUTHORITY, |_| {})), rules),
        Server::start(Some(identity(FRIEND, &authority(), |_| {})), rules),
        Server::start(Some(identity(FRIEND, &AUTHORITY, past)), rules),
    ];
    for server in &servers {
        assert_eq!(server.fetch("/"), Err(Error::Certificate(FRIEND.to_owned())));
        assert!(server.heads().is_empty());
    }
    let server = Server::https(rules);
    let public_roots = Fetcher::new(Exceptions::parse(&format!("https://{FRIEND}:{}", server.port)).unwrap())
        .with_lookup(Names::of(&[(FRIEND, &["127.0.0.1"])]));
    assert_eq!(
        public_roots.fetch(&server.url("/"), 1000),
        Err(Error::Certificate(FRIEND.to_owned()))
    );
}

#[test]
fn a_message_never_names_the_address_that_was_found() {
    let names = Names::of(&[("www.example.com", &["10.11.12.13"])]);
    let fetcher = Fetcher::new(Exceptions::default()).with_lookup(names);
    for url in ["https://www.example.com/", "https://nowhere.example/"] {
        let message = fetcher.fetch(url, 1000).unwrap_err().to_string();
        assert!(!message.contains("10.11."), "{message}");
    }
}

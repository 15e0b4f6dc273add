//! Where the token goes, where redirects may lead, and what is never said.

use super::fixtures::{ARCHIVE, TOKEN, client, config, get, header, home, nowhere, open, paths};
use crate::server::{AUTHORITY, Server, answer, authority, identity, path, redirect};
use packs::repository::{Client, Config, Error};
use std::sync::Arc;
use trace::Context;

/// Redirects everything but a path that ends in `/end` to a URL.
fn sending_to(url: String) -> Server {
    Server::http(move |head, out| match path(head) == "/end" {
        true => answer(out, 200, "", b"archive"),
        false => redirect(out, &url),
    })
}

fn bearer() -> String {
    format!("Bearer {TOKEN}")
}

#[test]
fn the_token_goes_home_and_nowhere_else() {
    let elsewhere = Server::http(|_, out| answer(out, 200, "", b"archive"));
    let server = sending_to(format!("http://127.0.0.1:{}/signed?x=1", elsewhere.port));
    assert_eq!(get(&client(&server).0).as_deref(), Ok(b"archive".as_slice()));
    assert_eq!(header(&server.heads()[0], "authorization"), Some(&*bearer()));
    let head = &elsewhere.heads()[0];
    assert_eq!(path(head), "/signed?x=1");
    assert!(
        header(head, "authorization").is_none() && !head.contains(TOKEN),
        "{head}"
    );

    let server = sending_to("/end".to_owned());
    assert!(get(&client(&server).0).is_ok());
    for head in server.heads() {
        assert_eq!(header(&head, "authorization"), Some(&*bearer()), "{head}");
    }
}

#[test]
fn a_way_back_home_shows_the_token_to_home_alone() {
    let server = Arc::new(std::sync::OnceLock::<u16>::new());
    let port = Arc::clone(&server);
    let elsewhere =
        Server::http(move |_, out| redirect(out, &format!("http://127.0.0.1:{}/end", port.get().unwrap())));
    let first = sending_to(home(&elsewhere));
    server.set(first.port).unwrap();
    assert!(get(&client(&first).0).is_ok());
    assert_eq!(header(&elsewhere.heads()[0], "authorization"), None);
    assert_eq!(header(&first.heads()[1], "authorization"), Some(&*bearer()));
}

#[test]
fn three_redirects_are_followed() {
    let server = Server::http(|head, out| match path(head) {
        ARCHIVE => redirect(out, "/2"),
        "/2" => redirect(out, "/1"),
        "/1" => redirect(out, "/0"),
        "/circle/packs/a/a-1.0.0.zip" => redirect(out, path(head)),
        _ => answer(out, 200, "", b"archive"),
    });
    assert!(get(&client(&server).0).is_ok());
    assert_eq!(paths(&server), [ARCHIVE, "/2", "/1", "/0"]);
    let (repository, pace) = open(&config(&format!("{}circle", home(&server))));
    assert!(matches!(get(&repository), Err(Error::Invalid { .. })));
    assert_eq!((paths(&server).len(), pace.waits_ms().len()), (8, 0));
}

/// A server of 127.0.0.1 with TLS that redirects everything to a URL.
fn secure(issuer: &rcgen::CertifiedIssuer<'static, rcgen::KeyPair>, target: &str) -> (Server, Client) {
    let target = target.to_owned();
    let tls = identity("127.0.0.1", issuer, |_| {});
    let server = Server::start(Some(tls), move |_, out| redirect(out, &target));
    let (repository, _) = open(&config(&format!("https://127.0.0.1:{}/", server.port)));
    (server, repository.with_root(AUTHORITY.der()))
}

#[test]
fn nothing_leads_from_https_to_http_or_past_it() {
    let inside = Server::http(|_, out| answer(out, 200, "", b"archive"));
    let plain = home(&inside);
    for target in [
        plain.as_str(),
        "file:///etc/passwd",
        "ftp://a.example/",
        "https://u:p@a.example/",
    ] {
        let (server, repository) = secure(&AUTHORITY, target);
        let error = get(&repository).unwrap_err();
        assert!(matches!(&error, Error::Invalid { .. }), "{target}: {error}");
        assert!(
            error.to_string().contains("redirects to where it must not"),
            "{error}"
        );
        assert_eq!(server.heads().len(), 1);
    }
    assert_eq!(inside.connections(), 0);
}

#[test]
fn a_server_must_prove_who_it_is() {
    let (server, repository) = secure(&authority(), "/");
    let error = get(&repository).unwrap_err();
    assert!(matches!(&error, Error::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("did not prove who it is"), "{error}");
    assert_eq!((server.heads().len(), server.connections()), (0, 1));
}

#[test]
fn the_token_is_never_said() {
    let mut said = String::new();
    let mut servers = Vec::new();
    for status in [200, 301, 400, 401, 403, 404, 429, 500] {
        servers.push(Server::http(move |head, out| {
            answer(out, status, "", head.as_bytes())
        }));
    }
    let urls = servers.iter().map(home).chain([nowhere()]);
    for url in urls {
        let config = config(&url);
        let (repository, _) = open(&config);
        said += &format!("{config:?} {repository:?}");
        if let Err(error) = get(&repository) {
            said += &format!("{error} {error:?}");
        }
    }
    let bad = Config {
        token: Some(format!("{TOKEN}\n")),
        ..config("http://a.example")
    };
    let error = Client::new(&bad, Arc::<super::fixtures::TestPace>::default()).unwrap_err();
    said += &format!("{error} {error:?}");
    assert!(
        error.to_string().starts_with("`COMMUNITY_REPO_TOKEN` "),
        "{error}"
    );
    assert!(
        said.contains("COMMUNITY_REPO_TOKEN") && !said.contains(TOKEN),
        "{said}"
    );
}

#[test]
fn requests_tell_which_trace_they_belong_to() {
    let server = Server::http(|_, out| answer(out, 200, "", b"archive"));
    let (repository, _) = client(&server);
    let parent = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00".as_slice();
    let context = Context::parse([parent], [b"a=b".as_slice()]).unwrap();
    let entered = context.enter();
    get(&repository).unwrap();
    drop(entered);
    get(&repository).unwrap();
    let heads = server.heads();
    assert_eq!(header(&heads[0], "traceparent").map(str::as_bytes), Some(parent));
    assert_eq!(header(&heads[0], "tracestate"), Some("a=b"));
    assert_eq!(header(&heads[1], "traceparent"), None);
    assert_eq!(header(&heads[1], "tracestate"), None);
}

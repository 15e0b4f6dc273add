//! Who may call what: tokens, roles, callers on this machine.

use crate::app::{Answer, TestApp, config, contents, get, local, peer, post, settings};
use api::{Access, Config, NewToken, Peer, Role, TokenList, Tokens};
use axum::{body::Body, http::Request};
use std::sync::Arc;

/// A rule that passes the check.
const RULE: &str = r#"{"id":"a","type":"wildcard","pattern":"*","css":"a{}","enabled":true}"#;

/// A token of each role.
pub(crate) struct Keys {
    pub(crate) reader: String,
    pub(crate) editor: String,
    pub(crate) admin: String,
    pub(crate) tokens: Arc<Tokens>,
}

pub(crate) fn keys() -> Keys {
    let made = Role::ALL.map(|role| NewToken::new(role.as_str(), role, [role as u8; 32]).unwrap());
    let lines: Vec<_> = made.iter().map(|new| new.entry.clone()).collect();
    let [reader, editor, admin] = made.map(|new| new.token);
    Keys {
        reader,
        editor,
        admin,
        tokens: Tokens::new(TokenList::parse(&lines.join("\n")).unwrap()),
    }
}

pub(crate) async fn app_with(access: Access) -> TestApp {
    app_configured(Config { access, ..config() }).await
}

pub(crate) async fn app_configured(config: Config) -> TestApp {
    TestApp::configured(contents(local(crate::app::RULES)), config, settings()).await
}

type Headers = &'static [(&'static str, &'static str)];

fn check() -> Request<Body> {
    post("/v1/rules/check", "application/json", RULE)
}

pub(crate) fn with(mut request: Request<Body>, headers: &[(&'static str, &str)]) -> Request<Body> {
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

pub(crate) fn from(mut request: Request<Body>, address: &str) -> Request<Body> {
    request.extensions_mut().insert(peer(address));
    request
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

pub(crate) fn outcome(answer: &Answer) -> (u16, String) {
    match answer.status.as_u16() {
        status if status < 400 => (status, String::new()),
        status => (status, answer.failure().1),
    }
}

#[tokio::test]
async fn a_role_may_what_the_smaller_ones_may() {
    let keys = keys();
    let access = Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        require_read: true,
        ..Access::default()
    };
    let app = app_with(access).await;
    let (none, reader, editor, admin) = (None, Some(&keys.reader), Some(&keys.editor), Some(&keys.admin));
    for (token, read, write) in [
        (none, 401, 401),
        (reader, 200, 403),
        (editor, 200, 200),
        (admin, 200, 200),
    ] {
        let authorization = token.map(|token| bearer(token));
        let headers: Vec<_> = authorization
            .iter()
            .map(|value| ("authorization", &**value))
            .collect();
        assert_eq!(
            app.send(with(get("/v1/rules"), &headers)).await.status,
            read,
            "{token:?}"
        );
        assert_eq!(app.send(with(check(), &headers)).await.status, write, "{token:?}");
        for open in [
            "/health",
            "/health/live",
            "/health/ready",
            "/version",
            "/openapi.json",
            "/swagger/",
        ] {
            assert_eq!(
                app.send(with(get(open), &headers)).await.status,
                200,
                "{token:?} {open}"
            );
        }
    }
    let refused = app
        .send(with(check(), &[("authorization", &bearer(&keys.reader))]))
        .await;
    assert_eq!(refused.json()["details"]["reason"], "role");
}

#[tokio::test]
async fn reading_is_open_unless_it_is_closed_and_a_wrong_token_never_is() {
    let keys = keys();
    let access = Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        listens_on_loopback: true,
        ..Access::default()
    };
    let app = app_with(access).await;
    assert_eq!(app.get("/v1/rules").await.status, 200);
    let refused = app.send(check()).await;
    assert_eq!(
        outcome(&refused),
        (401, "UNAUTHORIZED".to_owned()),
        "tokens are for this machine too"
    );
    assert_eq!(
        refused.header("www-authenticate"),
        "Bearer realm=\"asset-injector\""
    );
    assert!(
        refused.text().contains("asset-injector token new NAME ROLE"),
        "{}",
        refused.text()
    );
    let (good, long) = (bearer(&keys.editor), bearer(&"x".repeat(5000)));
    let padded = format!("bearer   {} ", keys.editor);
    let (cut, basic) = (&good[..good.len() - 1], format!("Basic {}", keys.editor));
    #[rustfmt::skip] // one case a line
    let cases: &[(&[&str], u16)] = &[
        (&[&good], 200),
        (&[&padded], 200),
        (&[cut], 401),
        (&[&basic], 401),
        (&[&keys.editor], 401),
        (&["Bearer"], 401),
        (&["Bearer "], 401),
        (&[""], 401),
        (&[&long], 401),
        (&[&good, &good], 401),
    ];
    for (number, (values, status)) in cases.iter().enumerate() {
        let headers: Vec<_> = values.iter().map(|value| ("authorization", *value)).collect();
        // Each from another address: wrong tokens are counted.
        let address = format!("198.51.100.{number}");
        for request in [check(), get("/v1/rules")] {
            let answer = app.send(from(with(request, &headers), &address)).await;
            assert_eq!(answer.status, *status, "{values:?}: {}", answer.text());
            assert!(!answer.text().contains(&keys.editor[3..]));
        }
    }
    keys.tokens.replace(TokenList::default());
    assert_eq!(
        app.send(with(check(), &[("authorization", &good)])).await.status,
        401
    );
}

#[tokio::test]
async fn a_url_carries_a_readers_token_for_bare_assets_only() {
    let keys = keys();
    let access = Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        require_read: true,
        ..Access::default()
    };
    let app = app_with(access).await;
    let url = "url=https%3A%2F%2Fnews.example%2Fb";
    for path in ["/v1/inject.css", "/v1/inject.js"] {
        let ask = async |key: &str| outcome(&app.get(&format!("{path}?{url}{key}")).await);
        assert_eq!(ask(&format!("&key={}", keys.reader)).await, (200, String::new()));
        assert_eq!(
            ask(&format!("&key={}", keys.editor)).await,
            (403, "FORBIDDEN".to_owned())
        );
        for wrong in [
            "",
            "&key=",
            "&key=x",
            "&key=%ff",
            &format!("&key={0}&key={0}", keys.reader),
        ] {
            assert_eq!(ask(wrong).await, (401, "UNAUTHORIZED".to_owned()), "{wrong}");
        }
        let header = [("authorization", &*bearer(&keys.editor))];
        let answer = app
            .send(with(get(&format!("{path}?{url}&key=ignored")), &header))
            .await;
        assert_eq!(answer.status, 200, "a header goes before");
    }
    let elsewhere = app.get(&format!("/v1/resolve?{url}&key={}", keys.reader)).await;
    assert_eq!(elsewhere.status, 401);
}

#[tokio::test]
async fn without_tokens_only_this_machine_writes() {
    let (here, everywhere) = (config().access, Access::default());
    #[rustfmt::skip] // one case a line
    let cases: &[(bool, &str, &str, Headers, u16)] = &[
        (true, "127.0.0.1", "localhost:8080", &[], 200),
        (true, "127.0.0.1", "127.0.0.1", &[], 200),
        (true, "::1", "[::1]:8080", &[], 200),
        (true, "::ffff:127.0.0.1", "LOCALHOST", &[], 200),
        (true, "127.0.0.1", "localhost", &[("authorization", "Bearer x")], 200),
        // The listener is for other machines too.
        (false, "127.0.0.1", "localhost", &[], 401),
        // The peer is another machine.
        (true, "192.0.2.1", "localhost", &[], 401),
        (true, "::ffff:192.0.2.1", "localhost", &[], 401),
        // The request is addressed to something else.
        (true, "127.0.0.1", "192.168.0.2", &[], 401),
        (true, "127.0.0.1", "0.0.0.0:8080", &[], 401),
        (true, "127.0.0.1", "asset-injector", &[], 401),
        (true, "127.0.0.1", "evil.test", &[], 403),
        (true, "127.0.0.1", "localhost.evil.test", &[], 403),
        (true, "127.0.0.1", "2130706433", &[], 400),
        // It came through a proxy, which is on this machine and whose client need not be.
        (true, "127.0.0.1", "localhost", &[("forwarded", "for=127.0.0.1")], 401),
        (true, "127.0.0.1", "localhost", &[("x-forwarded-for", "127.0.0.1")], 401),
        (true, "127.0.0.1", "localhost", &[("x-forwarded-proto", "http")], 401),
        (true, "127.0.0.1", "localhost", &[("x-forwarded-anything", "")], 401),
        (true, "127.0.0.1", "localhost", &[("x-real-ip", "127.0.0.1")], 401),
        (true, "127.0.0.1", "localhost", &[("via", "1.1 proxy")], 401),
    ];
    let (here, everywhere) = (app_with(here).await, app_with(everywhere).await);
    for (is_loopback, address, host, headers, status) in cases {
        let app = if *is_loopback { &here } else { &everywhere };
        let request = with(with(check(), headers), &[("host", host)]);
        let answer = app.send(from(request, address)).await;
        assert_eq!(
            answer.status,
            *status,
            "{address} {host} {headers:?}: {}",
            answer.text()
        );
    }
    let read = with(get("/v1/rules"), &[("host", "192.168.0.2"), ("via", "1.1 proxy")]);
    assert_eq!(
        everywhere.send(from(read, "192.0.2.1")).await.status,
        200,
        "reading stays open"
    );
}

#[tokio::test]
async fn a_request_from_nowhere_may_not_write() {
    let app = TestApp::new().await;
    let bare = |request| with(request, &[("host", "localhost")]);
    assert_eq!(app.send_bare(bare(check())).await.status, 401);
    assert_eq!(app.send_bare(bare(get("/v1/rules"))).await.status, 200);
}

#[tokio::test]
async fn in_this_process_nobody_is_asked() {
    let app = TestApp::new().await;
    let answer = app.send_in_process(check()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn closed_reading_without_tokens_is_closed() {
    let access = Access {
        require_read: true,
        ..config().access
    };
    let app = app_with(access).await;
    assert_eq!(app.get("/v1/rules").await.status, 401);
    assert_eq!(app.get("/health").await.status, 200);
}

#[tokio::test]
async fn strict_transport_is_said_to_who_came_encrypted() {
    let access = Access {
        trusted_proxies: api::Networks::parse("10.0.0.0/8").unwrap(),
        ..Access::default()
    };
    let app = app_with(access).await;
    let ask = async |address: &str, is_tls, headers: &[(&'static str, &str)]| {
        let mut request = with(get("/health"), headers);
        let peer = Peer {
            is_tls,
            ..peer(address)
        };
        request.extensions_mut().insert(peer);
        app.send(request)
            .await
            .header("strict-transport-security")
            .to_owned()
    };
    let said = "max-age=31536000";
    assert_eq!(ask("198.51.100.1", true, &[]).await, said);
    assert_eq!(ask("198.51.100.1", false, &[]).await, "");
    assert_eq!(
        ask("198.51.100.1", false, &[("x-forwarded-proto", "https")]).await,
        ""
    );
    assert_eq!(
        ask("10.0.0.1", false, &[("x-forwarded-proto", "https")]).await,
        said
    );
    assert_eq!(ask("10.0.0.1", true, &[("x-forwarded-proto", "http")]).await, "");
}

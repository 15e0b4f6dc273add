//! What a hostile page can make a browser on this machine send, and why it does not help.

use crate::{
    access::{app_with, keys, with},
    app::{TestApp, config, get, post},
};
use api::{Access, Config, Hosts, Origins};
use axum::{
    body::Body,
    http::{Request, header},
};
use std::sync::Arc;

const RULE: &str = r#"{"id":"a","type":"wildcard","pattern":"*","css":"a{}","enabled":true}"#;

fn check() -> Request<Body> {
    post("/v1/rules/check", "application/json", RULE)
}

/// A request with these hosts, and nothing else than what it needs.
fn addressed(path: &str, hosts: &[&[u8]]) -> Request<Body> {
    let mut request = get(path);
    for host in hosts {
        request
            .headers_mut()
            .append(header::HOST, axum::http::HeaderValue::from_bytes(host).unwrap());
    }
    request
}

#[tokio::test]
async fn without_tokens_every_call_needs_a_host_that_no_stranger_owns() {
    let access = Access {
        allowed_hosts: Hosts::parse("rules.example").unwrap(),
        ..config().access
    };
    let app = app_with(access).await;
    let long = [b"a".repeat(60), b".".to_vec()].concat().repeat(2000);
    #[rustfmt::skip] // one case a line
    let cases: &[(&[&[u8]], u16)] = &[
        (&[b"localhost"], 200),
        (&[b"LOCALHOST:1"], 200),
        (&[b"localhost."], 200),
        (&[b"192.168.0.7:8080"], 200),
        (&[b"[2001:db8::1]"], 200),
        (&[b"asset-injector:8080"], 200),
        (&[b"Rules.Example:443"], 200),
        (&[b"evil.test"], 403),
        (&[b"evil.test:8080"], 403),
        (&[b"localhost.evil.test"], 403),
        (&[b"127.0.0.1.evil.test"], 403),
        (&[b"a.rules.example"], 403),
        (&[], 403),
        (&[b""], 400),
        (&[b"2130706433"], 400),
        (&[b"127.1"], 400),
        (&[b"localhost", b"localhost"], 400),
        (&[b"localhost", b"evil.test"], 400),
        (&[b"localhost,evil.test"], 400),
        (&[b"localhost evil.test"], 400),
        (&[b"evil.test@localhost"], 400),
        (&[b"http://localhost"], 400),
        (&[b"l\xc3\xb6calhost"], 400),
        (&[b"\xff"], 400),
        (&[&long], 400),
    ];
    for (hosts, status) in cases {
        for path in [
            "/v1/rules",
            "/openapi.json",
            "/swagger/",
            "/v1/none",
            "/schemas/rule.json",
        ] {
            let answer = app.send_bare(addressed(path, hosts)).await;
            let expected = if path == "/v1/none" && *status == 200 {
                404
            } else {
                *status
            };
            assert_eq!(answer.status, expected, "{hosts:?} {path}: {}", answer.text());
            assert!(answer.body.len() < 2000 || expected == 200, "{path}");
        }
        for path in ["/health", "/health/live", "/health/ready", "/version"] {
            assert_eq!(
                app.send_bare(addressed(path, hosts)).await.status,
                200,
                "{hosts:?} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_target_that_names_its_host_goes_before_the_header() {
    let app = TestApp::new().await;
    let ask = async |target: &str, host: &str| {
        app.send_bare(addressed(target, &[host.as_bytes()]))
            .await
            .status
            .as_u16()
    };
    assert_eq!(ask("http://localhost/v1/rules", "evil.test").await, 200);
    assert_eq!(ask("http://evil.test/v1/rules", "localhost").await, 403);
    assert_eq!(
        ask("http://localhost.evil.test:80/v1/rules", "localhost").await,
        403
    );
    assert_eq!(ask("http://user@localhost/v1/rules", "localhost").await, 400);
    assert_eq!(ask("http://[::1]:8080/v1/rules", "evil.test").await, 200);
}

#[tokio::test]
async fn with_tokens_the_service_has_any_name_but_a_broken_one() {
    let access = Access {
        tokens: Some(Arc::clone(&keys().tokens)),
        ..Access::default()
    };
    let app = app_with(access).await;
    let hosts: [(&[&[u8]], u16); 4] = [
        (&[b"rules.example"], 200),
        (&[], 200),
        (&[b"a", b"a"], 400),
        (&[b"a b"], 400),
    ];
    for (hosts, status) in hosts {
        assert_eq!(
            app.send_bare(addressed("/v1/rules", hosts)).await.status,
            status,
            "{hosts:?}"
        );
    }
}

/// The writes of an app on `localhost:8080` that names one origin.
#[rustfmt::skip] // one case a line
const WRITES: &[(&[(&str, &str)], u16)] = &[
    (&[], 200),
    (&[("origin", "http://localhost:8080")], 200),
    (&[("origin", "http://LOCALHOST:8080")], 200),
    (&[("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")], 200),
    (&[("sec-fetch-site", "same-origin")], 200),
    (&[("sec-fetch-site", "none")], 200),
    (&[("origin", "https://console.example")], 200),
    (&[("origin", "https://console.example"), ("sec-fetch-site", "cross-site")], 200),
    (&[("origin", "https://console.example:443")], 200),
    (&[("origin", "null")], 403),
    (&[("origin", "")], 403),
    (&[("origin", "*")], 403),
    (&[("origin", "http://localhost")], 403),
    (&[("origin", "http://localhost:8081")], 403),
    (&[("origin", "https://localhost:8080")], 403),
    (&[("origin", "http://127.0.0.1:8080")], 403),
    (&[("origin", "http://localhost:8080.evil.test")], 403),
    (&[("origin", "http://localhost:8080/")], 403),
    (&[("origin", "http://localhost:8080, http://evil.test")], 403),
    (&[("origin", "http://evil.test http://localhost:8080")], 403),
    (&[("origin", "http://localhost:8080"), ("origin", "http://localhost:8080")], 403),
    (&[("origin", "https://evil.test")], 403),
    (&[("origin", "http://console.example")], 403),
    (&[("origin", "https://console.example:444")], 403),
    (&[("origin", "https://console.example.evil.test")], 403),
    (&[("origin", "https://evil.test/?https://console.example")], 403),
    (&[("origin", "file://")], 403),
    (&[("sec-fetch-site", "cross-site")], 403),
    (&[("sec-fetch-site", "same-site")], 403),
    (&[("sec-fetch-site", "Cross-Site")], 403),
    (&[("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")], 403),
];

#[tokio::test]
async fn a_write_of_a_page_needs_an_origin_that_is_ours_or_named() {
    let access = Access {
        cors_origins: Origins::parse("https://console.example").unwrap(),
        ..config().access
    };
    let app = app_with(access).await;
    for (headers, status) in WRITES {
        let request = with(with(check(), headers), &[("host", "localhost:8080")]);
        let answer = app.send(request).await;
        assert_eq!(answer.status, *status, "{headers:?}: {}", answer.text());
        let read = with(with(get("/v1/rules"), headers), &[("host", "localhost:8080")]);
        assert_eq!(
            app.send(read).await.status,
            200,
            "reading by CORS is the browser's matter: {headers:?}"
        );
    }
}

#[tokio::test]
async fn a_token_does_not_make_a_page_welcome() {
    let keys = keys();
    let access = Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        cors_origins: Origins::parse("*").unwrap(),
        ..Access::default()
    };
    let app = app_with(access).await;
    let token = format!("Bearer {}", keys.admin);
    for (origin, status) in [
        ("https://evil.test", 403),
        ("null", 403),
        ("http://localhost", 200),
    ] {
        let request = with(check(), &[("authorization", &token), ("origin", origin)]);
        assert_eq!(app.send(request).await.status, status, "{origin}");
    }
}

#[tokio::test]
async fn a_write_is_never_a_form() {
    let app = TestApp::new().await;
    #[rustfmt::skip] // one case a line
    let cases: &[(&[&str], u16)] = &[
        (&["application/json"], 200),
        (&["application/json; charset=utf-8"], 200),
        (&["text/plain"], 415),
        (&["text/plain; charset=utf-8"], 415),
        (&["text/plain;application/json"], 415),
        (&["application/x-www-form-urlencoded"], 415),
        (&["multipart/form-data; boundary=application/json"], 415),
        (&["application/json, text/plain"], 415),
        (&["application/json", "text/plain"], 415),
        (&["text/plain", "application/json"], 415),
        (&[""], 415),
        (&[], 415),
    ];
    for (types, status) in cases {
        let mut request = Request::post("/v1/rules/check").body(Body::from(RULE)).unwrap();
        for media_type in *types {
            request
                .headers_mut()
                .append(header::CONTENT_TYPE, media_type.parse().unwrap());
        }
        let answer = app.send(request).await;
        assert_eq!(answer.status, *status, "{types:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn bare_assets_are_not_for_pages_of_other_sites() {
    let path = "/v1/inject.css?url=https%3A%2F%2Fnews.example%2Fb";
    for (inject_from_pages, status) in [(false, 403), (true, 200)] {
        let config = Config {
            inject_from_pages,
            ..config()
        };
        let app = crate::access::app_configured(config).await;
        for sites in [&["cross-site"][..], &["none", "cross-site"]] {
            let sites: Vec<_> = sites.iter().map(|site| ("sec-fetch-site", *site)).collect();
            assert_eq!(app.send(with(get(path), &sites)).await.status, status);
        }
    }
}

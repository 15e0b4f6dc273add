//! Importing from a URL: what it leads to, and who may.

use crate::{
    access::{app_configured, keys, with},
    app::{TestApp, config, post},
    import::{IMPORT, JSON, MIXED, YAML, counts},
};
use api::{Access, Config};
use axum::body::Body;
use packs::fetch::{Exceptions, Fetcher};
use serde_json::json;
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::Arc,
    thread,
};

/// A web server without TLS, which the fetcher is told to let through.
struct Web {
    port: u16,
}

impl Web {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = [0; 4096];
                let length = stream.read(&mut head).unwrap();
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                let (status, kind, body) = match head.split(' ').nth(1).unwrap() {
                    "/a.rule.yaml" => (200, "text/plain", MIXED),
                    "/rule.json" => (
                        200,
                        "",
                        r#"{"id":"j","type":"exact","pattern":"https://a.test/","css":"a{}"}"#,
                    ),
                    "/typed" => (
                        200,
                        "application/json",
                        r#"[{"id":"t","type":"exact","pattern":"https://a.test/","css":"a{}"}]"#,
                    ),
                    "/broken.yaml" => (200, "", "a: ["),
                    "/pack.zip" => (200, "application/zip", "PK\u{3}\u{4}more"),
                    _ => (404, "", "none"),
                };
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
                );
                stream
                    .write_all([head.as_bytes(), body.as_bytes()].concat().as_slice())
                    .unwrap();
            }
        });
        Self { port }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn config(&self) -> Config {
        let exceptions = Exceptions::parse(&format!("http://127.0.0.1:{}", self.port)).unwrap();
        Config {
            fetcher: Fetcher::new(exceptions),
            ..config()
        }
    }
}

#[tokio::test]
async fn rules_are_fetched_from_a_url_with_options_beside_it() {
    let web = Web::start();
    let app = app_configured(web.config()).await;
    let body = json!({"url": web.url("/a.rule.yaml"), "on_conflict": "replace"});
    let report = app
        .post("/v1/rules/import?on_conflict=skip", body.to_string())
        .await
        .data();
    assert_eq!(counts(&report), [2, 1, 1, 1, 0]);
    for path in ["/rule.json", "/typed"] {
        let report = app
            .post(IMPORT, json!({"url": web.url(path)}).to_string())
            .await
            .data();
        assert_eq!(counts(&report), [1, 0, 0, 0, 0], "{path}");
    }
    let body = json!({"url": web.url("/a.rule.yaml"), "atomic": true});
    assert_eq!(app.post(IMPORT, body.to_string()).await.failure().0, 422);
}

#[tokio::test]
async fn a_url_that_gives_no_rules_says_why() {
    let web = Web::start();
    let app = app_configured(web.config()).await;
    for (url, status, code, reason) in [
        (
            web.url("/none"),
            502,
            "UPSTREAM_UNAVAILABLE",
            "answered with status 404",
        ),
        (
            web.url("/pack.zip"),
            422,
            "PACK_INVALID",
            "is not a whole zip archive",
        ),
        (web.url("/broken.yaml"), 422, "VALIDATION_FAILED", ""),
        (
            "http://127.0.0.1:1/".to_owned(),
            422,
            "VALIDATION_FAILED",
            "by https",
        ),
        (
            "https://10.0.0.1/".to_owned(),
            422,
            "VALIDATION_FAILED",
            "public addresses",
        ),
        (
            "https://169.254.169.254/latest".to_owned(),
            422,
            "VALIDATION_FAILED",
            "public addresses",
        ),
        ("not a url".to_owned(), 422, "VALIDATION_FAILED", "is not a URL"),
    ] {
        let answer = app.post(IMPORT, json!({"url": url}).to_string()).await;
        let (found, found_code, _) = answer.failure();
        assert_eq!((found, &*found_code), (status, code), "{url}: {}", answer.text());
        assert!(answer.text().contains(reason), "{url}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_body_with_a_url_is_told_from_a_rule() {
    let app = TestApp::new().await;
    for (body, field) in [
        (
            r#"{"url":"https://a.test/","on_conflict":"merge","atomic":1,"mode":"x"}"#,
            "on_conflict",
        ),
        (r#"{"url":7}"#, "url"),
        (r#"{"url":null}"#, "url"),
        (r#"{"url":"https://a.test/","pattern":"*"}"#, "type"),
    ] {
        assert_eq!(
            (
                app.post(IMPORT, body).await.failure().0,
                app.post(IMPORT, body).await.failure().2
            ),
            (422, field.to_owned()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn who_may_import_from_where() {
    let (web, keys) = (Web::start(), keys());
    let access = Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        ..Access::default()
    };
    let app = app_configured(Config {
        access,
        ..web.config()
    })
    .await;
    let url = json!({"url": web.url("/rule.json")}).to_string();
    for (token, from_body, from_url) in [
        (&keys.reader, 403, 403),
        (&keys.editor, 200, 403),
        (&keys.admin, 200, 200),
    ] {
        let bearer = format!("Bearer {token}");
        for (media_type, body, status) in [(YAML, MIXED, from_body), (JSON, &*url, from_url)] {
            let request = post(IMPORT, media_type, Body::from(body.to_owned()));
            let answer = app.send(with(request, &[("authorization", &bearer)])).await;
            assert_eq!(answer.status, status, "{}", answer.text());
        }
    }
    assert_eq!(app.send(post(IMPORT, YAML, MIXED)).await.status, 401);
}

//! What browsers are told about pages of other origins.

use crate::{
    access::{app_with, with},
    app::{TestApp, config, get, post},
};
use api::{Access, Origins};
use axum::{body::Body, http::Request};

const RULE: &str = r#"{"id":"a","type":"wildcard","pattern":"*","css":"a{}","enabled":true}"#;

fn preflight(path: &str, method: &str, origin: &str) -> Request<Body> {
    let request = Request::options(path)
        .header("origin", origin)
        .header("access-control-request-method", method);
    request.body(Body::empty()).unwrap()
}

/// Origins that are configured, path, method, origin; and what the browser is told it may.
#[rustfmt::skip] // one case a line
const PREFLIGHTS: &[(&str, &str, &str, &str, &str)] = &[
    ("https://a.example", "/v1/resolve", "POST", "https://a.example", "https://a.example"),
    ("https://a.example", "/v1/rules/check", "POST", "https://a.example", "https://a.example"),
    ("https://a.example", "/v1/rules/x", "GET", "https://a.example", "https://a.example"),
    ("https://a.example", "/v1/resolve", "POST", "https://b.example", ""),
    ("https://a.example", "/v1/resolve", "POST", "null", ""),
    ("https://a.example", "/v1/resolve", "POST", "https://a.example.evil.test", ""),
    ("*", "/v1/resolve", "POST", "https://b.example", "*"),
    ("*", "/v1/rules/check", "POST", "https://b.example", ""),
];

#[tokio::test]
async fn a_browser_that_asks_first_is_told_what_is_configured() {
    for (configured, path, method, origin, allowed) in PREFLIGHTS {
        let access = Access {
            cors_origins: Origins::parse(configured).unwrap(),
            ..config().access
        };
        let app = app_with(access).await;
        let answer = app.send(preflight(path, method, origin)).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            *allowed,
            "{path} {origin}"
        );
        match *allowed {
            "" => assert!(
                answer.status.is_client_error(),
                "{path} {origin}: {}",
                answer.status
            ),
            _ => {
                assert_eq!(
                    (
                        answer.status.as_u16(),
                        answer.header("access-control-allow-methods")
                    ),
                    (204, *method)
                );
                assert!(
                    answer
                        .header("access-control-allow-headers")
                        .contains("authorization")
                );
            }
        }
    }
    let app = TestApp::new().await;
    let answer = app
        .send(preflight("/v1/resolve", "POST", "https://a.example"))
        .await;
    assert_eq!(answer.status, 405, "nothing is configured");
    assert!(
        answer
            .headers
            .keys()
            .all(|name| !name.as_str().starts_with("access-control"))
    );
}

#[tokio::test]
async fn an_answer_names_the_origin_that_may_read_it() {
    let ask = async |configured: &str, origin: &str, request: Request<Body>| {
        let access = Access {
            cors_origins: Origins::parse(configured).unwrap(),
            ..config().access
        };
        let app = app_with(access).await;
        app.send(with(request, &[("origin", origin)])).await
    };
    let answer = ask("https://a.example", "https://a.example", get("/v1/rules")).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://a.example");
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("x-request-id")
    );
    let vary = |answer: &crate::app::Answer| {
        let lines = answer.headers.get_all("vary").iter();
        lines
            .map(|line| line.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(",")
    };
    assert!(vary(&answer).contains("origin"), "{}", vary(&answer));
    let answer = ask("https://a.example", "https://a.example", get("/v1/none")).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://a.example",
        "failures too"
    );
    let answer = ask("https://a.example", "https://b.example", get("/v1/rules")).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert!(
        vary(&answer).contains("origin"),
        "a cache must not give this to the other"
    );
    assert_eq!(
        ask("*", "null", get("/v1/rules"))
            .await
            .header("access-control-allow-origin"),
        "*"
    );
    let written = ask(
        "*",
        "http://localhost",
        post("/v1/rules/check", "application/json", RULE),
    )
    .await;
    assert_eq!(
        (
            written.status.as_u16(),
            written.header("access-control-allow-origin")
        ),
        (200, "")
    );
}

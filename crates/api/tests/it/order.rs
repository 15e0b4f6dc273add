//! The order of the middleware: a request that offends two checks gets the answer of the outer one.

use crate::{
    access::{app_configured, keys, with},
    app::{TestApp, config, get, post},
    chunks::Chunks,
};
use api::{Access, Config, Origins, RateLimit};
use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, header},
};
use std::{num::NonZeroU32, sync::Arc, time::Duration};

/// An app in which every check refuses at once, and a client whose budget is spent.
async fn strict(config: Config) -> TestApp {
    let access = Access {
        tokens: Some(Arc::clone(&keys().tokens)),
        require_read: true,
        cors_origins: Origins::parse("https://a.example").unwrap(),
        rate_limit: Some(RateLimit {
            per_second: NonZeroU32::MIN,
            burst: NonZeroU32::MIN,
        }),
        ..Access::default()
    };
    let app = app_configured(Config {
        requests_max: 0,
        access,
        ..config
    })
    .await;
    assert_eq!(app.get("/v1/rules").await.status, 401);
    app
}

/// A request that offends every check.
fn offending() -> Request<Body> {
    let mut request = with(
        post(
            "/v1/rules/check",
            "text/plain",
            " ".repeat(config().body_limit + 1),
        ),
        &[
            ("origin", "https://a.example"),
            ("sec-fetch-site", "cross-site"),
            ("access-control-request-method", "POST"),
            ("authorization", "Bearer wrong"),
            ("x-request-id", "mine"),
            ("host", "a"),
            ("host", "b"),
        ],
    );
    *request.method_mut() = Method::OPTIONS;
    request
}

fn is(request: &mut Request<Body>, name: header::HeaderName, value: &'static str) {
    request
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
}

/// Takes the offences away from the outside in: each time the next check answers.
#[tokio::test(start_paused = true)]
async fn each_check_answers_before_the_ones_inside_of_it() {
    let keys = keys();
    let app = strict(config()).await;
    let (path, body) = ("/v1/rules/check", " ".repeat(config().body_limit + 1));
    let mut steps: Vec<(u16, &str)> = Vec::new();
    let next = async |request: Request<Body>| {
        let answer = app.send(request).await;
        // The outermost layers have seen every answer.
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.header("x-request-id").is_empty());
        assert_eq!(answer.header("access-control-allow-origin"), "https://a.example");
        answer.status.as_u16()
    };
    steps.push((next(offending()).await, "CORS"));
    let mut request = with(
        post(path, "text/plain", body.clone()),
        &[("origin", "https://a.example"), ("host", "a"), ("host", "b")],
    );
    is(&mut request, header::AUTHORIZATION, "Bearer wrong");
    steps.push((next(request).await, "Host"));
    let request = with(
        post(path, "text/plain", body.clone()),
        &[("origin", "https://a.example")],
    );
    steps.push((next(request).await, "media type"));
    let mut request = with(
        post(path, "application/json", body.clone()),
        &[("origin", "https://a.example")],
    );
    is(&mut request, header::AUTHORIZATION, "Bearer wrong");
    steps.push((next(request).await, "rate limit"));
    tokio::time::advance(Duration::from_secs(1)).await;
    let mut request = with(
        post(path, "application/json", body.clone()),
        &[("origin", "https://a.example")],
    );
    is(&mut request, header::AUTHORIZATION, "Bearer wrong");
    steps.push((next(request).await, "authentication"));
    tokio::time::advance(Duration::from_secs(1)).await;
    let request = with(
        post(path, "application/json", body),
        &[
            ("origin", "https://a.example"),
            ("authorization", &format!("Bearer {}", keys.admin)),
        ],
    );
    steps.push((next(request).await, "load shedding"));
    let expected = [
        (204, "CORS"),
        (400, "Host"),
        (415, "media type"),
        (429, "rate limit"),
        (401, "authentication"),
        (503, "load shedding"),
    ];
    assert_eq!(steps, expected);
}

#[tokio::test]
async fn a_page_is_refused_before_its_token_is_looked_at() {
    let app = strict(config()).await;
    let request = with(
        post("/v1/rules/check", "application/json", "{}"),
        &[("origin", "https://evil.test"), ("authorization", "Bearer wrong")],
    );
    assert_eq!(app.send(request).await.status, 403);
}

#[tokio::test]
async fn probes_pass_before_rate_limit_authentication_and_shedding() {
    let app = strict(config()).await;
    for _ in 0..3 {
        for path in ["/health", "/health/live", "/health/ready"] {
            assert_eq!(app.send_bare(get(path)).await.status, 200, "{path}");
        }
    }
    assert_eq!(app.get("/version").await.status, 429, "only probes are");
}

#[tokio::test]
async fn metrics_pass_before_rate_limit_and_shedding_and_not_before_authentication() {
    let app = strict(config()).await;
    for _ in 0..3 {
        assert_eq!(app.get("/metrics").await.status, 401);
        let reader = format!("Bearer {}", keys().reader);
        let scrape = with(get("/metrics"), &[("authorization", &reader)]);
        assert_eq!(app.send(scrape).await.status, 200);
    }
}

/// The body is bounded where it is read, which is inside of the time-out, and outside of what it says.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_timed_out_and_one_that_is_too_large_is_not_waited_for() {
    let app = TestApp::new().await;
    let endless = post("/v1/rules/check", "application/json", Chunks::endless());
    assert_eq!(app.send(endless).await.status, 408);
    let large = post(
        "/v1/rules/check",
        "application/json",
        " ".repeat(config().body_limit + 1),
    );
    assert_eq!(app.send(large).await.status, 413);
}

#[tokio::test]
async fn one_request_too_many_is_shed_at_once() {
    let app = app_configured(Config {
        requests_max: 1,
        ..config()
    })
    .await;
    let waiting = app.send(post("/v1/resolve", "application/json", Chunks::endless()));
    let mut waiting = std::pin::pin!(waiting);
    let other = async {
        // Begun before this one, since it is asked first.
        let answer = app.get("/v1/problems").await;
        assert_eq!(answer.failure(), (503, "UNAVAILABLE".to_owned(), String::new()));
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(app.get("/health").await.status, 200);
    };
    tokio::select! {
        biased;
        _ = &mut waiting => panic!("its body never comes"),
        () = other => {}
    }
    assert_eq!(app.state.panics(), 0);
}

#[tokio::test]
async fn a_turn_is_given_back_whatever_becomes_of_the_request() {
    let app = app_configured(Config {
        requests_max: 1,
        ..config()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(app.get("/v1/rules?view=summary&limit=0").await.status, 200);
        let waiting = app.send(post("/v1/resolve", "application/json", Chunks::endless()));
        let given_up = tokio::time::timeout(Duration::ZERO, waiting).await;
        assert!(given_up.is_err());
    }
    app.break_clock();
    for panics in 1..=3 {
        assert_eq!(app.get("/v1/rules").await.status, 500);
        assert_eq!(app.state.panics(), panics);
    }
    assert_eq!(app.get("/v1/none").await.status, 404);
}

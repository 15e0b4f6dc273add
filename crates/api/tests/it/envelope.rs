//! What every answer has: request id, security headers, and the envelope of failures.

use crate::{
    app::{RULES, TestApp, config, contents, get, local, post, settings},
    chunks::Chunks,
};
use api::Config;
use axum::{body::Body, http::Request};
use std::time::Duration;

#[tokio::test]
async fn a_failure_has_the_shape_of_the_contract() {
    let app = TestApp::new().await;
    let answer = app.post("/v1/resolve", r#"{"url":1}"#).await;
    let expected = r#"{"status":"error","code":"VALIDATION_FAILED","message":"the request is not valid: `url`: must be a string, is a number","details":{"field":"url","reason":"must be a string, is a number","errors":[{"field":"url","reason":"must be a string, is a number"}],"request_id":"00000000-0000-4000-8000-000000000000","trace_id":"00000000000000000000000000000001"}}"#;
    assert_eq!(answer.text(), expected);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
}

#[tokio::test]
async fn the_request_id_is_taken_or_made_and_returned() {
    let app = TestApp::new().await;
    let made = "00000000-0000-4000-8000-000000000000";
    for (sent, returned) in [
        ("my-Id_1.x", "my-Id_1.x"),
        ("", made),
        ("a b", made),
        ("a\"b", made),
        (&"x".repeat(65), made),
    ] {
        for path in ["/health/live", "/v1/none"] {
            let answer = app.get_with(path, ("x-request-id", sent)).await;
            assert_eq!(answer.header("x-request-id"), returned, "{sent}");
            if path == "/v1/none" {
                assert_eq!(answer.json()["details"]["request_id"], returned);
            }
        }
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let app = TestApp::new().await;
    for path in [
        "/health",
        "/v1/rules",
        "/v1/none",
        "/v1/resolve",
        "/openapi.json",
        "/swagger/",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(
            answer.header("permissions-policy").contains("geolocation=()"),
            "{path}"
        );
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert_eq!(
            path == "/swagger/",
            policy.contains("script-src"),
            "{path}: {policy}"
        );
    }
}

#[tokio::test]
async fn a_route_that_is_not_there_is_not_found() {
    let app = TestApp::new().await;
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/rules/",
        "/v1/rules/a/b",
        "/v2/resolve",
        "/V1/resolve",
        "/health/",
        "/%2e%2e/etc/passwd",
    ] {
        assert_eq!(
            app.get(path).await.failure(),
            (404, "NOT_FOUND".to_owned(), String::new()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_names_those_that_are() {
    let app = TestApp::new().await;
    for (method, path, allow) in [
        ("DELETE", "/v1/resolve", "GET,HEAD,POST"),
        ("GET", "/v1/explain", "POST"),
        ("GET", "/v1/rules/check", "POST"),
        ("DELETE", "/v1/rules", "GET,HEAD,POST"),
        ("POST", "/v1/rules/a", "DELETE,GET,HEAD,PATCH,PUT"),
        ("GET", "/v1/rules/a/disable", "POST"),
        ("POST", "/v1/rules/a/source", "DELETE,GET,HEAD,PUT"),
        ("POST", "/health", "GET,HEAD"),
        ("OPTIONS", "/v1/problems", "GET,HEAD"),
        ("BREW", "/v1/resolve/batch", "POST"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let answer = app.send(request).await;
        assert_eq!(
            answer.failure(),
            (405, "METHOD_NOT_ALLOWED".to_owned(), String::new()),
            "{method} {path}"
        );
        let mut allowed: Vec<_> = answer.header("allow").split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{method} {path}");
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_that_tells_nothing() {
    let app = TestApp::new().await;
    app.break_clock();
    for request in [
        get("/v1/rules"),
        post(
            "/v1/resolve",
            "application/json",
            r#"{"url":"https://a.example/"}"#,
        ),
    ] {
        let answer = app.send(request).await;
        assert_eq!(
            answer.failure(),
            (500, "INTERNAL_ERROR".to_owned(), String::new())
        );
        assert!(
            !answer.text().contains("spring") && !answer.text().contains(".rs"),
            "{}",
            answer.text()
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(
            answer.json()["details"]["request_id"],
            answer.header("x-request-id")
        );
    }
    assert_eq!(app.get("/health/live").await.status, 200, "the service goes on");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_is_timed_out_and_not_before() {
    let config = Config {
        request_timeout: Duration::from_secs(2),
        ..config()
    };
    let app = TestApp::configured(contents(local(RULES)), config, settings()).await;
    let start = tokio::time::Instant::now();
    let answer = app
        .send(post("/v1/resolve", "application/json", Chunks::endless()))
        .await;
    assert_eq!(answer.failure(), (408, "TIMEOUT".to_owned(), String::new()));
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn a_body_is_bounded_with_and_without_a_length() {
    let app = TestApp::new().await;
    let limit = config().body_limit;
    let too_large = (413, "PAYLOAD_TOO_LARGE".to_owned(), String::new());
    for path in ["/v1/resolve", "/v1/explain", "/v1/rules/check"] {
        assert_eq!(
            app.post(path, " ".repeat(limit + 1)).await.failure(),
            too_large,
            "{path}"
        );
        assert_eq!(
            app.post(path, Chunks::of(&[limit, 1])).await.failure(),
            too_large,
            "{path}"
        );
        assert_eq!(
            app.post(path, Chunks::of(&[limit / 2, limit / 2]))
                .await
                .failure()
                .0,
            400,
            "{path}: spaces are no JSON"
        );
    }
    let padded = format!("{}{{\"url\":\"https://a.example/\"}}", " ".repeat(limit - 28));
    assert_eq!(padded.len(), limit);
    assert_eq!(app.post("/v1/resolve", padded).await.status, 200);
    let batch = " ".repeat(8 * 1024 * 1024 + 1);
    assert_eq!(app.post("/v1/resolve/batch", batch).await.failure(), too_large);
}

#[tokio::test]
async fn only_the_accepted_media_types_are_read() {
    let app = TestApp::new().await;
    let body = r#"{"url":"https://a.example/"}"#;
    for good in [
        "application/json",
        "application/json;charset=utf-8",
        "APPLICATION/JSON ; charset=\"UTF-8\"",
    ] {
        assert_eq!(
            app.send(post("/v1/resolve", good, body)).await.status,
            200,
            "{good}"
        );
    }
    for bad in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/yaml",
        "application/json; charset=latin1",
        "application/jsonp",
        "",
    ] {
        let answer = app.send(post("/v1/resolve", bad, body)).await;
        assert_eq!(
            answer.failure(),
            (
                415,
                "UNSUPPORTED_MEDIA_TYPE".to_owned(),
                "content-type".to_owned()
            ),
            "{bad}"
        );
    }
    let none = Request::post("/v1/resolve").body(Body::from(body)).unwrap();
    assert_eq!(app.send(none).await.status, 415);
    let coded = Request::post("/v1/resolve")
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    assert_eq!(app.send(coded.body(Body::from(body)).unwrap()).await.status, 415);
}

#[test]
fn the_codes_are_the_closed_list_of_the_contract() {
    let codes = api::Code::ALL.map(|code| (code.as_str(), code.documented().status));
    let expected = [
        ("INVALID_INPUT", 400),
        ("UNAUTHORIZED", 401),
        ("FORBIDDEN", 403),
        ("NOT_FOUND", 404),
        ("PACK_NOT_FOUND", 404),
        ("METHOD_NOT_ALLOWED", 405),
        ("TIMEOUT", 408),
        ("CONFLICT", 409),
        ("PRECONDITION_FAILED", 412),
        ("PAYLOAD_TOO_LARGE", 413),
        ("UNSUPPORTED_MEDIA_TYPE", 415),
        ("VALIDATION_FAILED", 422),
        ("PACK_INVALID", 422),
        ("MANIFEST_INVALID", 422),
        ("VERSION_CONFLICT", 422),
        ("SIGNATURE_INVALID", 422),
        ("RATE_LIMITED", 429),
        ("INTERNAL_ERROR", 500),
        ("UPSTREAM_UNAVAILABLE", 502),
        ("UNAVAILABLE", 503),
    ];
    assert_eq!(codes, expected);
    for code in api::Code::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
    }
}

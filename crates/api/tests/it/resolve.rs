//! `POST /v1/resolve` and `GET /v1/resolve`.

use crate::app::{RULES, TestApp, config, contents, local, settings};
use api::Config;
use serde_json::json;
use std::time::Duration;

const PAGE: &str = r#"{"url":"https://news.example/a"}"#;
const GET_PAGE: &str = "/v1/resolve?url=https%3A%2F%2Fnews.example%2Fa";

#[tokio::test]
async fn the_best_rule_answers_in_the_shape_of_the_contract() {
    let app = TestApp::new().await;
    let answer = app.post("/v1/resolve", PAGE).await;
    let expected = r#"{"status":"success","data":{"rule_id":"page","css":"main{}","js":"","score":5000,"rules":[{"id":"page","score":5000}],"truncated":false,"cache_hit":false}}"#;
    assert_eq!(answer.text(), expected);
    assert_eq!(answer.header("content-type"), "application/json");
    let again = app.post("/v1/resolve", PAGE).await;
    assert_eq!(
        again.text(),
        expected.replace("\"cache_hit\":false", "\"cache_hit\":true")
    );
    let third = app.post("/v1/resolve", PAGE).await;
    assert_eq!(third.text(), again.text());
}

#[tokio::test]
async fn no_match_is_an_empty_success() {
    let app = TestApp::serving(contents(vec![])).await;
    let data = app.post("/v1/resolve", PAGE).await.data();
    let expected = json!({"rule_id": "", "css": "", "js": "", "score": 0, "rules": [], "truncated": false, "cache_hit": false});
    assert_eq!(data, expected);
}

#[tokio::test]
async fn mode_all_stacks_every_match_and_parts_shows_each() {
    let app = TestApp::new().await;
    let body = r#"{"url":"https://news.example/a","mode":"all","parts":true}"#;
    for is_hit in [false, true] {
        let data = app.post("/v1/resolve", body).await.data();
        let ids: Vec<_> = data["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, ["page", "news", "general"]);
        assert_eq!(data["rules"][1]["js"], "run();");
        assert_eq!(data["rules"][1]["css"], "nav{}");
        let css = data["css"].as_str().unwrap();
        let places = ["header{", "nav{}", "main{}"]
            .map(|part| css.find(part).expect("every rule's CSS is in the stack"));
        assert!(places.is_sorted(), "the most specific rule comes last: {css}");
        assert!(data["js"].as_str().unwrap().contains("run();"));
        assert_eq!(data["cache_hit"], is_hit);
    }
}

#[tokio::test]
async fn the_configured_mode_serves_where_none_is_named() {
    let settings = catalog::Settings {
        default_mode: rules::Mode::All,
        ..settings()
    };
    let app = TestApp::configured(contents(local(RULES)), config(), settings).await;
    let data = app.post("/v1/resolve", PAGE).await.data();
    assert_eq!(data["rules"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn more_matches_than_the_limit_are_truncated() {
    let mut settings = settings();
    settings.stack.rules = 2;
    let app = TestApp::configured(contents(local(RULES)), config(), settings).await;
    let data = app
        .post("/v1/resolve", r#"{"url":"https://news.example/a","mode":"all"}"#)
        .await
        .data();
    assert_eq!(
        (&data["truncated"], data["rules"].as_array().unwrap().len()),
        (&json!(true), 2)
    );
}

#[tokio::test]
async fn get_answers_the_same_without_cache_hit() {
    let app = TestApp::new().await;
    let mut posted = app.post("/v1/resolve", PAGE).await.data();
    posted.as_object_mut().unwrap().remove("cache_hit");
    let first = app.get(GET_PAGE).await;
    assert_eq!(first.data(), posted);
    assert_eq!(first.header("x-cache"), "hit", "the POST asked before");
    let other = app
        .get("/v1/resolve?url=https%3A%2F%2Fnews.example%2Fa&mode=all&parts=true")
        .await;
    assert_eq!(other.header("x-cache"), "miss");
    assert_eq!(other.data()["rules"][1]["js"], "run();");
}

#[tokio::test]
async fn a_tag_is_strong_the_same_in_every_process_and_answers_304() {
    let app = TestApp::new().await;
    let first = app.get(GET_PAGE).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() == 34, "{tag}");
    assert_eq!(TestApp::new().await.get(GET_PAGE).await.header("etag"), tag);
    for sent in [
        tag.clone(),
        format!("\"x\", {tag}"),
        format!("W/{tag}"),
        "*".to_owned(),
    ] {
        let again = app.get_with(GET_PAGE, ("if-none-match", &sent)).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{sent}");
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.header("cache-control"), "no-cache");
        assert_eq!(again.header("x-cache"), "hit");
    }
    for sent in ["\"x\"", "", &tag.replace('"', "")] {
        assert_eq!(
            app.get_with(GET_PAGE, ("if-none-match", sent)).await.status,
            200,
            "{sent}"
        );
    }
    let other = app.get("/v1/resolve?url=https%3A%2F%2Fnews.example%2Fb").await;
    assert_ne!(other.header("etag"), tag);
}

#[tokio::test]
async fn an_answer_may_be_kept_for_its_age_and_never_past_the_next_expiry() {
    let rules = "- {id: a, type: wildcard, pattern: 'https://a.example/*', css: 'a{}', expires_at: '2026-01-01T00:01:00Z'}
- {id: b, type: wildcard, pattern: 'https://b.example/*', css: 'b{}'}";
    let config = Config {
        resolve_max_age: Duration::from_secs(300),
        ..config()
    };
    let app = TestApp::configured(contents(local(rules)), config, settings()).await;
    let control = async |path: &str| app.get(path).await.header("cache-control").to_owned();
    let [a, b] = ["a", "b"].map(|host| format!("/v1/resolve?url=https%3A%2F%2F{host}.example%2F"));
    assert_eq!(control(&a).await, "max-age=60");
    assert_eq!(control(&b).await, "max-age=300");
    app.advance(Duration::from_millis(30_500));
    assert_eq!(control(&a).await, "max-age=29", "a cached answer knows it too");
    assert_eq!(control(&a.replace("resolve", "inject.css")).await, "max-age=29");
    app.advance(Duration::from_secs(29));
    assert_eq!(control(&a).await, "no-cache", "half a second is left");
    app.advance(Duration::from_secs(1));
    assert_eq!(control(&a).await, "max-age=300", "it is gone");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = TestApp::new().await;
    for path in [
        GET_PAGE,
        "/v1/rules",
        "/health",
        "/version",
        "/v1/rules/none",
        "/v1/resolve",
    ] {
        let got = app.get(path).await;
        let request = axum::http::Request::head(path)
            .body(axum::body::Body::empty())
            .unwrap();
        let head = app.send(request).await;
        assert_eq!((head.status, head.body.len()), (got.status, 0), "{path}");
        assert_eq!(
            head.header("content-length"),
            got.body.len().to_string(),
            "{path}"
        );
        for name in ["content-type", "etag", "x-request-id", "vary"] {
            assert_eq!(head.header(name), got.header(name), "{path} {name}");
        }
    }
}

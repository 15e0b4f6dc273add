//! `/v1/stats` and the counts of a rule.

use crate::app::{RULES, TestApp, config, contents, get, local, settings};
use axum::body::Body;
use serde_json::json;
use std::time::Duration;

const PAGE: &str = r#"{"url":"https://news.example/a"}"#;

#[tokio::test]
async fn statistics_say_what_is_in_force_and_how_it_went() {
    let app = TestApp::new().await;
    for _ in 0..4 {
        app.post("/v1/resolve", PAGE).await;
    }
    app.post("/v1/resolve", r#"{"url":"https://none.example/","mode":"all"}"#)
        .await;
    app.post("/v1/rules/digits/disable", "").await;
    app.advance(Duration::from_secs(90));
    let stats = app.get("/v1/stats").await.data();
    assert_eq!(
        (&stats["uptime_seconds"], &stats["revision"]),
        (&json!(90), &json!(2))
    );
    let rules = &stats["rules"];
    assert_eq!(rules["total"], 4);
    assert_eq!(rules["by_type"], json!({"exact": 1, "regex": 1, "wildcard": 2}));
    assert_eq!(rules["by_source"], json!({"local": 4}));
    assert_eq!(rules["by_state"], json!({"active": 3, "disabled": 1}));
    assert_eq!(
        rules["most_matched"],
        json!([
            {"rule_id": "page", "matches": 4, "last_matched_at": "2026-01-01T00:00:00.000Z"},
            {"rule_id": "general", "matches": 1, "last_matched_at": "2026-01-01T00:00:00.000Z"},
        ])
    );
    assert_eq!(
        stats["resolves"],
        json!({"matched": 5, "truncated": 0, "unmatched": 0})
    );
    let cache = &stats["cache"];
    assert_eq!(
        ["hits", "misses", "ratio", "size", "capacity", "evictions"].map(|name| cache[name].clone()),
        [json!(3), json!(2), json!(0.6), json!(0), json!(100), json!(0)],
        "a change begins an empty cache"
    );
}

#[tokio::test]
async fn metrics_as_json_are_the_statistics() {
    let app = TestApp::new().await;
    let asked = app.get_with("/metrics", ("accept", "application/json")).await;
    assert_eq!(asked.header("content-type"), "application/json");
    assert!(asked.header("vary").contains("accept"));
    assert_eq!(asked.data(), app.get("/v1/stats").await.data());
}

#[tokio::test]
async fn there_are_statistics_before_there_are_rules() {
    let app = TestApp::unloaded(contents(local(RULES)), config(), settings());
    let stats = app.get("/v1/stats").await.data();
    assert_eq!(
        (&stats["revision"], &stats["rules"]["total"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn a_rule_tells_how_often_it_was_part_of_an_answer() {
    let app = TestApp::new().await;
    let stats = async |id: &str| app.get(&format!("/v1/rules/{id}/stats")).await;
    let never = json!({"rule_id": "page", "matches": 0, "last_matched_at": null});
    assert_eq!(stats("page").await.data(), never);
    app.post("/v1/resolve", PAGE).await;
    app.advance(Duration::from_secs(1));
    app.get("/v1/inject.css?url=https%3A%2F%2Fnews.example%2Fa").await;
    app.post(
        "/v1/resolve/batch",
        r#"{"urls":["https://news.example/a","https://news.example/a"]}"#,
    )
    .await;
    // Asking why is no answer to a page.
    app.post("/v1/explain", PAGE).await;
    let counted = json!({"rule_id": "page", "matches": 4, "last_matched_at": "2026-01-01T00:00:01.000Z"});
    assert_eq!(stats("PAGE").await.data(), counted);
    app.call("PUT", "/v1/rules/page", r#"{"css":"changed{}"}"#).await;
    assert_eq!(
        stats("page").await.data(),
        counted,
        "a change of it does not begin anew"
    );
    app.call("DELETE", "/v1/rules/page", "").await;
    assert_eq!(stats("page").await.failure().0, 404);
    let body = r#"{"id":"page","type":"exact","pattern":"https://news.example/a","css":"a{}"}"#;
    assert_eq!(app.post("/v1/rules", body).await.status, 201);
    assert_eq!(stats("page").await.data(), never);
}

/// What health, statistics and metrics say of the same thing is the same.
#[tokio::test]
async fn health_statistics_and_metrics_agree() {
    let app = TestApp::new().await;
    for _ in 0..3 {
        app.post("/v1/resolve", PAGE).await;
    }
    let health = app.get("/health").await.data();
    let stats = app.get("/v1/stats").await.data();
    let page = app.send(get("/metrics").map(|_| Body::empty())).await.text();
    let metric = |name: &str| crate::metrics::sum(&page, name, &[]).to_string();
    for (in_health, in_stats, name) in [
        (
            "/components/cache/hits",
            "/cache/hits",
            "asset_injector_cache_hits_total",
        ),
        (
            "/components/cache/misses",
            "/cache/misses",
            "asset_injector_cache_misses_total",
        ),
        (
            "/components/cache/entries",
            "/cache/size",
            "asset_injector_cache_entries",
        ),
        (
            "/components/cache/capacity",
            "/cache/capacity",
            "asset_injector_cache_capacity_entries",
        ),
        (
            "/components/engine/revision",
            "/revision",
            "asset_injector_snapshot_revision",
        ),
        (
            "/components/engine/problems",
            "/rules/problems",
            "asset_injector_rule_problems",
        ),
        (
            "/components/engine/rules/local/active",
            "/rules/by_state/active",
            "asset_injector_rules",
        ),
    ] {
        let of_health = health.pointer(in_health).unwrap().to_string();
        let of_stats = stats.pointer(in_stats).unwrap().to_string();
        assert_eq!((&of_health, &of_stats), (&metric(name), &metric(name)), "{name}");
    }
}

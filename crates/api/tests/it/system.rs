//! Health, version, documents.

use crate::{
    app::{RULES, TestApp, config, contents, local, settings},
    metrics::database::BusyDatabase,
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

#[tokio::test]
async fn health_names_its_parts() {
    let app = TestApp::new().await;
    app.advance(Duration::from_secs(90));
    app.post("/v1/resolve", r#"{"url":"https://a.example/"}"#).await;
    let expected = json!({
        "status": "ok", "version": "1.2.3", "uptime_seconds": 90,
        "components": {
            "store": {"status": "ok", "kind": "memory"},
            "engine": {
                "status": "ok", "revision": 1, "loaded_at": "2026-01-01T00:00:00.000Z", "build_ms": 0,
                "matching": 4, "rules": {"local": {"active": 4}}, "problems": 0,
            },
            "cache": {"status": "ok", "entries": 1, "capacity": 100, "hits": 0, "misses": 1},
        },
    });
    for path in ["/health", "/health/ready"] {
        assert_eq!(app.get(path).await.data(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_back_breaks_nothing() {
    let app = TestApp::new().await;
    let day = Duration::from_secs(24 * 60 * 60);
    let question = r#"{"url":"https://news.example/"}"#;
    app.advance(10 * day);
    let before = app.post("/v1/resolve", question).await.data();
    app.turn_back(20 * day);
    let health = app.get("/health").await.data();
    assert_eq!(
        (&health["status"], &health["uptime_seconds"]),
        (&json!("ok"), &json!(0))
    );
    assert_eq!(
        app.post("/v1/resolve", question).await.data()["css"],
        before["css"]
    );
    app.refresh().await;
    assert_eq!(
        app.post("/v1/resolve", question).await.data()["css"],
        before["css"]
    );
}

#[tokio::test]
async fn before_the_first_snapshot_only_live_answers() {
    let app = TestApp::unloaded(contents(local(RULES)), config(), settings());
    assert_eq!(app.get("/health/live").await.data(), json!({"status": "ok"}));
    for path in ["/health", "/health/ready", "/v1/rules", "/v1/problems"] {
        let answer = app.get(path).await;
        assert_eq!(answer.failure().0, 503, "{path}");
        assert_eq!(
            (answer.json()["code"].as_str(), answer.header("retry-after")),
            (Some("UNAVAILABLE"), "1")
        );
    }
    app.refresh().await;
    assert_eq!(app.get("/health/ready").await.status, 200);
}

/// Rules that an earlier process kept are better than none: pages are printed, and nobody writes.
#[tokio::test]
async fn kept_rules_are_ready_and_degraded() {
    let app = TestApp::unloaded(contents(Vec::new()), config(), settings());
    app.stand_in(contents(local(RULES))).await;
    let health = app.get("/health/ready").await.data();
    assert_eq!(health["status"], "degraded");
    let engine = &health["components"]["engine"];
    assert_eq!(
        (&engine["status"], &engine["kept_at"]),
        (&json!("degraded"), &json!("2026-01-01T00:00:00.000Z"))
    );
    assert_eq!(
        app.post("/v1/resolve", r#"{"url":"https://news.example/a"}"#)
            .await
            .status,
        200
    );
    for (method, path) in [("POST", "/v1/rules/news/disable"), ("DELETE", "/v1/rules/news")] {
        let refused = app.call(method, path, "").await;
        assert_eq!(refused.status, 503, "{path}");
        assert_ne!(refused.header("retry-after"), "", "{path}");
        let said = "nothing was changed, since the rules of the store could not be loaded yet";
        assert_eq!(refused.json()["message"], said);
    }
}

/// A refresh takes as long to fail as a statement may take.
#[tokio::test]
async fn a_database_that_is_away_is_a_failing_store_before_a_refresh_fails() {
    let mut config = config();
    // It is down the first time that it is asked, and up from then on.
    config.outside.database = Some(Arc::new(BusyDatabase::default()));
    let app = TestApp::configured(contents(local(RULES)), config, settings()).await;
    for (status, of_store) in [("degraded", "failing"), ("ok", "ok")] {
        let health = app.get("/health").await.data();
        assert_eq!(
            (&health["status"], &health["components"]["store"]["status"]),
            (&json!(status), &json!(of_store))
        );
    }
}

#[tokio::test]
async fn draining_is_not_ready_and_goes_on_serving() {
    let app = TestApp::new().await;
    app.state.drain();
    let ready = app.get("/health/ready").await;
    assert_eq!((ready.status.as_u16(), ready.header("retry-after")), (503, "1"));
    for path in ["/health", "/health/live", "/v1/rules"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn version_says_what_was_built() {
    let data = TestApp::new().await.get("/version").await.data();
    let expected = json!({"version": "1.2.3", "commit": "abc", "commit_time": "2026-01-01T00:00:00Z", "rustc": "rustc 1.95"});
    assert_eq!(data, expected);
}

#[tokio::test]
async fn the_schemas_are_served() {
    let app = TestApp::new().await;
    for (path, schema) in [
        ("/schemas/rule.json", rulefile::schema()),
        ("/schemas/manifest.json", rulefile::manifest::schema()),
    ] {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, "application/schema+json")
        );
        assert_eq!(answer.body, schema.as_bytes(), "{path}");
    }
}

#[tokio::test]
async fn swagger_shows_the_document_with_its_own_policy() {
    let app = TestApp::new().await;
    let redirect = app.get("/swagger").await;
    assert_eq!(
        (redirect.status.as_u16(), redirect.header("location")),
        (308, "swagger/")
    );
    let page = app.get("/swagger/").await;
    assert_eq!(
        (page.status.as_u16(), page.header("content-type")),
        (200, "text/html")
    );
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    for (tag, attribute) in [("<script", "src=\""), ("<link", "href=\"")] {
        for piece in page.text().split(tag).skip(1) {
            let name = piece
                .split_once(attribute)
                .expect("nothing stands in the page itself")
                .1;
            let name = name.split('"').next().unwrap().trim_start_matches("./");
            let file = app.get(&format!("/swagger/{name}")).await;
            assert_eq!(
                (file.status.as_u16(), file.header("content-encoding")),
                (200, ""),
                "{name}"
            );
            let coded = app
                .get_with(&format!("/swagger/{name}"), ("accept-encoding", "gzip, br"))
                .await;
            if file.body.len() > 1024 {
                assert_eq!(coded.header("content-encoding"), "gzip", "{name}");
                assert_ne!(coded.body, file.body, "{name}");
            }
        }
    }
    assert!(
        app.get("/swagger/swagger-initializer.js")
            .await
            .text()
            .contains("../openapi.json")
    );
    assert_eq!(app.get("/swagger/none.js").await.failure().0, 404);
}

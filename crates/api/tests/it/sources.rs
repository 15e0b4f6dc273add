//! Where the rules of an id come from, pins, and `GET /v1/conflicts`.

use crate::app::{TestApp, community, contents, local};
use serde_json::{Value, json};

/// A pack with two rules, one of which has a local rule in its way.
async fn app() -> TestApp {
    let mut rules = community(
        "- {id: a, type: wildcard, pattern: 'https://shop.example/*', css: 'theirs{}', author: Pat}
- {id: b, type: wildcard, pattern: 'https://b.example/*', css: 'b{}'}",
        true,
    );
    rules.extend(local(
        "- {id: 'shop:A', type: wildcard, pattern: 'https://shop.example/*', css: 'mine{}', modified_by: Ann}",
    ));
    TestApp::serving(contents(rules)).await
}

fn theirs(state: &str) -> Value {
    json!({
        "type": "community", "pack_name": "shop", "pack_version": "1.2.3",
        "source_url": "https://packs.example/shop.zip", "trusted": true, "state": state, "author": "Pat",
    })
}

fn mine(state: &str) -> Value {
    json!({"type": "local", "file": "local/test.rule.yaml", "trusted": true, "state": state, "modified_by": "Ann"})
}

#[tokio::test]
async fn all_sources_of_an_id_are_shown_with_the_one_that_counts() {
    let app = app().await;
    let expected = json!({
        "rule_id": "shop:A", "active": mine("active"), "why": "precedence", "pinned": null,
        "sources": [mine("active"), theirs("shadowed")],
    });
    assert_eq!(app.get("/v1/rules/shop:a/source").await.data(), expected);
    let alone = app.get("/v1/rules/shop:b/source").await.data();
    assert_eq!(
        (&alone["why"], alone["sources"].as_array().unwrap().len()),
        (&json!("only"), 1)
    );
    for unknown in ["none", "a%20b"] {
        assert_eq!(app.get(&format!("/v1/rules/{unknown}/source")).await.status, 404);
    }
}

#[tokio::test]
async fn a_pinned_source_wins_until_it_is_unpinned() {
    let app = app().await;
    let pinned = app
        .call("PUT", "/v1/rules/shop:a/source", r#"{"type":"community"}"#)
        .await
        .data();
    let expected = json!({
        "rule_id": "shop:a", "active": theirs("active"), "why": "pinned", "pinned": "community",
        "sources": [mine("shadowed"), theirs("active")],
    });
    assert_eq!(pinned, expected);
    assert_eq!(app.get("/v1/rules/shop:a").await.data()["css"], "theirs{}");
    let refused = app.call("PUT", "/v1/rules/shop:a", r#"{"css":"x{}"}"#).await;
    assert_eq!(refused.failure().1, "CONFLICT");
    assert!(
        refused.text().contains("DELETE /v1/rules/shop:a/source"),
        "{}",
        refused.text()
    );
    let unpinned = app.call("DELETE", "/v1/rules/shop:a/source", "").await.data();
    assert_eq!(
        (&unpinned["pinned"], &unpinned["why"]),
        (&Value::Null, &json!("precedence"))
    );
    assert_eq!(app.get("/v1/rules/shop:a").await.data()["css"], "mine{}");
}

#[tokio::test]
async fn a_pin_names_a_source_that_has_the_rule() {
    let app = app().await;
    for (body, field) in [
        (r#"{"type":"override"}"#, "type"),
        (r#"{"type":"mine"}"#, "type"),
        (r#"{"type":null}"#, "type"),
        (r#"{}"#, "type"),
        (r#"{"type":"local","pack":"shop"}"#, "pack"),
    ] {
        let refused = app.call("PUT", "/v1/rules/shop:a/source", body).await;
        assert_eq!(
            refused.failure(),
            (422, "VALIDATION_FAILED".to_owned(), field.to_owned()),
            "{body}"
        );
    }
    let unknown = app
        .call("PUT", "/v1/rules/none/source", r#"{"type":"local"}"#)
        .await;
    assert_eq!(unknown.status, 404);
    assert_eq!(app.call("DELETE", "/v1/rules/none/source", "").await.status, 404);
}

#[tokio::test]
async fn conflicts_are_the_ids_with_several_sources() {
    let app = app().await;
    let data = app.get("/v1/conflicts").await.data();
    let source = app.get("/v1/rules/shop:a/source").await.data();
    assert_eq!(data, json!({"conflicts": [source], "count": 1}));
    app.call("DELETE", "/v1/rules/shop:a", "").await.data();
    assert_eq!(
        app.get("/v1/conflicts").await.data(),
        json!({"conflicts": [], "count": 0})
    );
    app.call("PUT", "/v1/rules/shop:b", r#"{"css":"mine{}"}"#)
        .await
        .data();
    let data = app.get("/v1/conflicts").await.data();
    assert_eq!(
        (&data["conflicts"][0]["active"]["type"], &data["count"]),
        (&json!("override"), &json!(1))
    );
}

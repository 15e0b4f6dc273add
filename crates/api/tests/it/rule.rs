//! `GET /v1/rules/{id}`.

use crate::app::{RULES, TestApp, community, contents, id, local};
use serde_json::json;

#[tokio::test]
async fn a_rule_is_found_whatever_its_case_and_has_all_fields() {
    let rule = "- {id: Full, type: wildcard, pattern: 'https://f.example/*', css: 'f{}', js: 'f();', tests: [{url: 'https://f.example/'}], \
                description: d, author: a, modified_by: m, tags: [t], expires_at: '2030-01-01T01:00:00+01:00', \
                created_at: '2020-01-01T00:00:00Z', updated_at: '2021-01-01T00:00:00Z', x-note: {deep: [1, null, true, 1.5]}}";
    let app = TestApp::serving(contents(local(rule))).await;
    let expected = json!({
        "id": "Full", "type": "wildcard", "pattern": "https://f.example/*", "css": "f{}", "js": "f();",
        "tests": [{"url": "https://f.example/", "matches": true}],
        "description": "d", "author": "a", "modified_by": "m", "tags": ["t"],
        "expires_at": "2030-01-01T00:00:00.000Z",
        "created_at": "2020-01-01T00:00:00.000Z", "updated_at": "2021-01-01T00:00:00.000Z",
        "x-note": {"deep": [1, null, true, 1.5]},
        "source": {"type": "local", "file": "local/test.rule.yaml", "trusted": true},
        "enabled": true, "state": "active",
    });
    for path in ["/v1/rules/Full", "/v1/rules/fULL", "/v1/rules/%46ull"] {
        assert_eq!(app.get(path).await.data(), expected, "{path}");
    }
}

#[tokio::test]
async fn the_tag_is_a_hash_of_the_rules_own_fields() {
    let app = TestApp::new().await;
    let tag = app.get("/v1/rules/news").await.header("etag").to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    assert_ne!(app.get("/v1/rules/page").await.header("etag"), tag);
    let mut disabled = contents(local(RULES));
    disabled.disabled = [id("news")].into();
    let app = TestApp::serving(disabled).await;
    let answer = app.get("/v1/rules/news").await;
    assert_eq!(
        (answer.data()["state"].as_str(), answer.header("etag")),
        (Some("disabled"), &*tag)
    );
    let changed = RULES.replace("nav{}", "nav{} ");
    let app = TestApp::serving(contents(local(&changed))).await;
    assert_ne!(app.get("/v1/rules/news").await.header("etag"), tag);
}

#[tokio::test]
async fn the_rule_in_force_is_the_one_that_is_got() {
    let mut rules = community("- {id: a, type: wildcard, pattern: '*', css: 'theirs{}'}", true);
    rules.extend(local(
        "- {id: 'shop:a', type: wildcard, pattern: '*', css: 'mine{}'}",
    ));
    let app = TestApp::serving(contents(rules)).await;
    assert_eq!(app.get("/v1/rules/shop:a").await.data()["css"], "mine{}");
}

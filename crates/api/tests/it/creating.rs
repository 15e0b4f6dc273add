//! Creating rules, and what holds of every rule and every patch.

use crate::app::{Answer, TestApp, community, contents, local, post};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const NEW: &str =
    r#"{"id":"New","type":"wildcard","pattern":"https://new.example/*","css":"a{}","modified_by":"Ann"}"#;

/// A pack's rule and a local one.
pub(crate) async fn with_pack() -> TestApp {
    let mut rules = community(
        "- {id: a, type: wildcard, pattern: 'https://shop.example/*', css: 'theirs{}', author: Pat}",
        true,
    );
    rules.extend(local("- {id: mine, type: wildcard, pattern: '*', css: 'mine{}'}"));
    TestApp::serving(contents(rules)).await
}

pub(crate) fn fields(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let errors = json["details"]["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| error["field"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_rule_that_is_created_is_answered_as_it_is_read() {
    let app = TestApp::new().await;
    let created = app.post("/v1/rules", NEW).await;
    assert_eq!(created.status, 201);
    let expected = json!({
        "id": "New", "type": "wildcard", "pattern": "https://new.example/*", "css": "a{}", "js": "",
        "modified_by": "Ann",
        "created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z",
        "source": {"type": "local", "trusted": true}, "enabled": true, "state": "active",
    });
    assert_eq!(created.data(), expected);
    assert_eq!(created.header("location"), "/v1/rules/New");
    let read = app.get(created.header("location")).await;
    assert_eq!(
        (read.data(), read.header("etag")),
        (expected, created.header("etag"))
    );
    let resolved = app
        .get("/v1/resolve?url=https%3A%2F%2Fnew.example%2F")
        .await
        .data();
    assert_eq!(resolved["rule_id"], "New");
}

#[tokio::test]
async fn yaml_is_read_and_a_missing_id_becomes_a_uuid() {
    let app = TestApp::new().await;
    let yaml = "type: exact\npattern: https://y.example/\ncss: |\n  a { top: 0 }\n";
    let created = app.send(post("/v1/rules", "application/yaml", yaml)).await;
    assert_eq!(created.data()["id"], "00000000-0000-4000-8000-000000000000");
    assert_eq!(created.data()["css"], "a { top: 0 }\n");
    let null = r#"{"id":null,"type":"exact","pattern":"https://y.example/","css":"a{}"}"#;
    assert_eq!(
        app.post("/v1/rules", null).await.status,
        409,
        "the same random bits again"
    );
}

#[tokio::test]
async fn an_id_that_exists_is_a_conflict_in_any_case() {
    let app = with_pack().await;
    for id in ["mine", "MINE", "shop:A"] {
        let body = json!({"id": id, "type": "wildcard", "pattern": "*", "css": "a{}"}).to_string();
        let refused = app.post("/v1/rules", body).await;
        assert_eq!(
            refused.failure(),
            (409, "CONFLICT".to_owned(), "id".to_owned()),
            "{id}"
        );
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_new_rule_is_listed() {
    let app = TestApp::new().await;
    let body = r#"{"id":"a/b","type":"glob","css":1,"priorty":5,"tests":[{"url":"x"}],"created_at":7,"enabled":"no"}"#;
    let refused = app.post("/v1/rules", body).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        fields(&refused),
        ["id", "type", "pattern", "css", "tests[0].url", "priorty"]
    );
    for (body, status) in [
        ("[]", 400),
        ("null", 400),
        ("{", 400),
        ("", 400),
        (r#"{"a":1,"a":2}"#, 400),
    ] {
        assert_eq!(app.post("/v1/rules", body).await.status, status, "{body}");
    }
}

fn any_rule() -> impl Strategy<Value = Value> {
    let id = "[A-Za-z0-9][A-Za-z0-9._-]{0,12}";
    let text = prop::option::of("[ -~äß漢]{1,20}");
    let tags = prop::collection::vec("[a-z]{1,8}", 0..3);
    (
        id,
        "[a-z]{1,9}",
        text.clone(),
        text,
        tags,
        prop::option::of(0..=10_000_u16),
    )
        .prop_map(|(id, host, description, note, tags, priority)| {
            json!({
                "id": id, "type": "wildcard", "pattern": format!("https://{host}.example/*"), "css": "a{}",
                "description": description, "x-note": {"text": note, "list": [1, 2.5, true, null]},
                "tags": tags, "priority": priority,
            })
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Feature: asset-injector, Property: a rule that is created is read with its fields, and is gone when it is deleted
    #[test]
    fn what_is_created_is_read_until_it_is_deleted(rule in any_rule()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let app = TestApp::serving(contents(vec![])).await;
            let created = app.post("/v1/rules", rule.to_string()).await;
            prop_assume!(created.status != 422, "ids may be reserved");
            prop_assert_eq!(created.status.as_u16(), 201, "{}", created.text());
            let path = created.header("location").to_owned();
            let read = app.get(&path).await.data();
            prop_assert_eq!(&read, &created.data());
            for field in ["id", "pattern", "css", "priority"] {
                prop_assert_eq!(&read[field], &rule[field]);
            }
            prop_assert_eq!(&read["x-note"], &rule["x-note"]);
            prop_assert_eq!(app.call("DELETE", &path, "").await.status.as_u16(), 200);
            prop_assert_eq!(app.get(&path).await.status.as_u16(), 404);
            Ok(())
        })?;
    }

    /// Feature: asset-injector, Property: a patch that is sent twice does what it does once
    #[test]
    fn a_patch_that_is_sent_twice_does_what_it_does_once(rule in any_rule()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let app = TestApp::new().await;
            let mut patch = rule;
            patch.as_object_mut().unwrap().remove("id");
            let once = app.call("PATCH", "/v1/rules/page", patch.to_string()).await;
            app.advance(Duration::from_secs(1));
            let twice = app.call("PATCH", "/v1/rules/page", patch.to_string()).await;
            prop_assert_eq!(once.header("etag"), twice.header("etag"));
            prop_assert_eq!(once.data(), twice.data());
            Ok(())
        })?;
    }
}

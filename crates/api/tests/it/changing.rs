//! Creating, changing, deleting, disabling rules.

use crate::{
    access::{app_with, keys, with},
    app::{Answer, RULES, TestApp, call, community, config, contents, local, post, settings},
};
use api::Access;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use store::ErrorKind;

const NEW: &str =
    r#"{"id":"New","type":"wildcard","pattern":"https://new.example/*","css":"a{}","modified_by":"Ann"}"#;

/// A pack's rule and a local one.
async fn with_pack() -> TestApp {
    let mut rules = community(
        "- {id: a, type: wildcard, pattern: 'https://shop.example/*', css: 'theirs{}', author: Pat}",
        true,
    );
    rules.extend(local("- {id: mine, type: wildcard, pattern: '*', css: 'mine{}'}"));
    TestApp::serving(contents(rules)).await
}

fn fields(answer: &Answer) -> Vec<String> {
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

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    for (method, media_type) in [
        ("PUT", "application/json"),
        ("PATCH", "application/json"),
        ("PUT", "application/merge-patch+json"),
        ("PATCH", "application/merge-patch+json; charset=utf-8"),
    ] {
        let app = TestApp::new().await;
        app.advance(Duration::from_millis(250));
        let mut request = call(
            method,
            "/v1/rules/NEWS",
            r#"{"css":"x{}","description":null,"tags":["a"]}"#,
        );
        request
            .headers_mut()
            .insert("content-type", media_type.parse().unwrap());
        let changed = app.send(request).await;
        let expected = json!({
            "id": "news", "type": "wildcard", "pattern": "https://news.example/*", "css": "x{}", "js": "run();",
            "tags": ["a"], "updated_at": "2026-01-01T00:00:00.250Z",
            "source": {"type": "local", "trusted": true}, "enabled": true, "state": "active",
        });
        assert_eq!(changed.data(), expected, "{method} {media_type}");
        let read = app.get("/v1/rules/news").await;
        assert_eq!(
            (read.data(), read.header("etag")),
            (expected, changed.header("etag"))
        );
    }
}

#[tokio::test]
async fn a_patch_that_is_wrong_changes_nothing() {
    let app = TestApp::new().await;
    let before = app.get("/v1/rules/news").await.data();
    for (body, expected) in [
        (r#"{"type":null,"pattern":null}"#, &["type", "pattern"][..]),
        (r#"{"css":null,"js":null}"#, &["css"]),
        (r#"{"id":"other","priority":-1,"x":1}"#, &["id", "priority", "x"]),
        (r#"{"id":null}"#, &["id"]),
        (r#"{"id":7}"#, &["id"]),
        (r#"{"match":{}}"#, &["match"]),
        (r#"{"js":"("}"#, &["js"]),
    ] {
        let refused = app.call("PUT", "/v1/rules/news", body).await;
        assert_eq!(
            (refused.status.as_u16(), fields(&refused)),
            (422, expected.iter().map(|f| (*f).to_owned()).collect())
        );
    }
    for (body, status) in [("[]", 400), ("\"a\"", 400), ("{]", 400)] {
        assert_eq!(
            app.call("PATCH", "/v1/rules/news", body).await.status,
            status,
            "{body}"
        );
    }
    assert_eq!(app.call("PUT", "/v1/rules/none", "{}").await.status, 404);
    assert_eq!(app.call("PUT", "/v1/rules/a%20b", "{}").await.status, 404);
    assert_eq!(app.send(call("PUT", "/v1/rules/news", "a: b")).await.status, 400);
    assert_eq!(app.get("/v1/rules/news").await.data(), before);
}

#[tokio::test]
async fn what_was_read_can_be_sent_back_and_changes_nothing() {
    let mut rules = local(RULES);
    rules.extend(local(
        "- {id: full, type: wildcard, pattern: 'https://f.example/*', css: 'f{}', tests: [{url: 'https://f.example/'}], \
         description: d, author: a, modified_by: m, tags: [t], expires_at: '2030-01-01T01:00:00+01:00', exclude: ['*/x*'], \
         created_at: '2020-01-01T00:00:00Z', updated_at: '2021-01-01T00:00:00Z', x-note: {deep: [1, null, true, 1.5]}}",
    ));
    rules.extend(community(
        "- {id: a, type: wildcard, pattern: '*', css: 'theirs{}'}",
        true,
    ));
    let app = TestApp::serving(contents(rules)).await;
    app.advance(Duration::from_secs(1));
    for id in ["full", "news", "page", "digits", "general", "shop:a"] {
        let path = format!("/v1/rules/{id}");
        let read = app.get(&path).await;
        let mut sent = read.data();
        sent["file_path"] = json!("/etc/passwd");
        let answer = app.call("PUT", &path, sent.to_string()).await;
        assert_eq!(
            (answer.data(), answer.header("etag")),
            (read.data(), read.header("etag"))
        );
    }
    assert_eq!(app.state_revision().await, 1, "nothing was written");
}

#[tokio::test]
async fn a_packs_rule_becomes_an_override_and_comes_back() {
    let app = with_pack().await;
    let refused = app.call("DELETE", "/v1/rules/shop:a", "").await;
    assert_eq!(refused.failure().1, "CONFLICT");
    assert!(
        refused.text().contains("/v1/rules/shop:a/disable"),
        "{}",
        refused.text()
    );
    let changed = app
        .call("PUT", "/v1/rules/shop:a", r#"{"css":"mine{}"}"#)
        .await
        .data();
    assert_eq!(
        (&changed["source"]["type"], &changed["base_version"]),
        (&json!("override"), &json!("1.2.3"))
    );
    assert_eq!(
        (&changed["author"], &changed["source"]["pack_name"]),
        (&json!("Pat"), &json!("shop"))
    );
    let deleted = app
        .call("DELETE", "/v1/rules/SHOP:a".replace("SHOP", "shop").as_str(), "")
        .await
        .data();
    assert_eq!(deleted["rule_id"], "shop:a");
    assert!(
        deleted["message"]
            .as_str()
            .unwrap()
            .contains("pack's rule is in force again"),
        "{deleted}"
    );
    assert_eq!(app.get("/v1/rules/shop:a").await.data()["css"], "theirs{}");
}

#[tokio::test]
async fn a_deleted_rule_is_gone() {
    let app = TestApp::new().await;
    let deleted = app.call("DELETE", "/v1/rules/news", "").await.data();
    assert_eq!(
        deleted,
        json!({"message": "`news` is deleted", "rule_id": "news"})
    );
    for (method, path) in [
        ("GET", "/v1/rules/news"),
        ("DELETE", "/v1/rules/news"),
        ("PUT", "/v1/rules/news"),
    ] {
        assert_eq!(app.call(method, path, "{}").await.status, 404, "{method}");
    }
}

#[tokio::test]
async fn disabling_is_remembered_for_rules_that_come_later() {
    let app = TestApp::new().await;
    let disabled = app.call("POST", "/v1/rules/NEWS/disable", "").await.data();
    assert_eq!(
        disabled,
        json!({"rule_id": "news", "known": true, "enabled": false, "state": "disabled"})
    );
    let tag = app.get("/v1/rules/news").await.header("etag").to_owned();
    assert_eq!(
        app.call("POST", "/v1/rules/news/enable", "{}").await.data()["state"],
        "active"
    );
    assert_eq!(app.get("/v1/rules/news").await.header("etag"), tag);
    let unknown = app.call("POST", "/v1/rules/New/disable", "").await.data();
    assert_eq!(
        unknown,
        json!({"rule_id": "New", "known": false, "enabled": false, "state": null})
    );
    assert_eq!(app.post("/v1/rules", NEW).await.data()["state"], "disabled");
    let no_id = app.call("POST", "/v1/rules/a%20b/disable", "").await;
    assert_eq!(
        no_id.failure(),
        (422, "VALIDATION_FAILED".to_owned(), "id".to_owned())
    );
}

#[tokio::test]
async fn a_call_without_a_body_takes_no_form() {
    let app = TestApp::new().await;
    for switch in ["disable", "enable"] {
        let path = format!("/v1/rules/news/{switch}");
        let bare = axum::http::Request::post(&path)
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(app.send(bare).await.status, 200);
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ] {
            assert_eq!(
                app.send(post(&path, media_type, "")).await.status,
                415,
                "{media_type}"
            );
        }
        assert_eq!(app.post(&path, r#"{"why":"x"}"#).await.failure().2, "why");
    }
}

#[tokio::test]
async fn what_a_store_refuses_is_told_with_its_reason() {
    let app = TestApp::new().await;
    let body = r#"{"css":"x{}"}"#;
    for (kind, status, code, says) in [
        (
            ErrorKind::Unwritable,
            409,
            "CONFLICT",
            "local/a.rule.yaml:3: it has an anchor",
        ),
        (ErrorKind::ReadOnly, 403, "FORBIDDEN", "read_only"),
        (ErrorKind::Unavailable, 503, "UNAVAILABLE", "nothing was changed"),
        (ErrorKind::Changed, 409, "CONFLICT", "nothing was changed"),
    ] {
        app.store.refuse(kind);
        let refused = app.call("PUT", "/v1/rules/news", body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.failure().1.as_str()),
            (status, code)
        );
        assert!(refused.text().contains(says), "{}", refused.text());
        assert_eq!(
            refused.header("retry-after"),
            if status == 503 { "1" } else { "" }
        );
    }
    app.store.make_read_only();
    let refused = app.post("/v1/rules", NEW).await;
    assert_eq!(
        (refused.failure().1.as_str(), &refused.json()["details"]["reason"]),
        ("FORBIDDEN", &json!("read_only"))
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_published_says_that_it_is_stored() {
    let app = TestApp::new().await;
    app.store.break_loading();
    let answer = app.call("DELETE", "/v1/rules/news", "").await;
    assert_eq!(answer.failure().1, "UNAVAILABLE");
    assert!(
        answer.text().contains("the change is stored"),
        "{}",
        answer.text()
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_that_ran_out_of_time_still_completes() {
    let config = api::Config {
        request_timeout: Duration::ZERO,
        ..config()
    };
    let app = TestApp::configured(contents(local(RULES)), config, settings()).await;
    let timed_out = app.call("DELETE", "/v1/rules/news", "").await;
    assert_eq!(timed_out.failure().1, "TIMEOUT");
    while app.get("/v1/rules/news").await.status != 404 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_change_names_the_token_that_made_it() {
    let keys = keys();
    let access = Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        ..Access::default()
    };
    let app = app_with(access).await;
    let send = async |token: &str, method: &str, path: &str, body: &'static str| {
        let authorization = format!("Bearer {token}");
        app.send(with(
            call(method, path, body),
            &[("authorization", &authorization)],
        ))
        .await
    };
    let created = send(&keys.editor, "POST", "/v1/rules", NEW).await.data();
    assert_eq!(created["modified_by"], "editor", "whatever the body says");
    let changed = send(
        &keys.admin,
        "PUT",
        "/v1/rules/new",
        r#"{"css":"b{}","modified_by":"Eve"}"#,
    )
    .await;
    assert_eq!(changed.data()["modified_by"], "admin");
    let same = send(
        &keys.editor,
        "PUT",
        "/v1/rules/new",
        r#"{"css":"b{}","modified_by":"Eve"}"#,
    )
    .await;
    assert_eq!(
        same.data(),
        changed.data(),
        "nothing changed, so nobody changed it"
    );
    for (method, rest) in [
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/disable"),
        ("POST", "/enable"),
        ("PUT", "/source"),
        ("DELETE", "/source"),
    ] {
        let path = format!("/v1/rules/new{rest}");
        assert_eq!(
            send(&keys.reader, method, &path, "{}").await.status,
            403,
            "{method} {path}"
        );
        assert_eq!(app.call(method, &path, "{}").await.status, 401, "{method} {path}");
    }
    assert_eq!(send(&keys.reader, "GET", "/v1/conflicts", "").await.status, 200);
}

impl TestApp {
    /// The number of the state that is stored.
    async fn state_revision(&self) -> u64 {
        store::RuleStore::load(&*self.store).await.unwrap().revision.0
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

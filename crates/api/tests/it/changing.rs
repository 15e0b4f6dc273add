//! Changing, deleting, disabling rules.

use crate::{
    app::{RULES, TestApp, call, community, contents, local, post},
    creating::{NEW, fields, with_pack},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

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
        // What is cleared by a misspelt name would seem to be gone.
        (r#"{"priorty":null}"#, &["priorty"]),
        (r#"{"css":"y{}","match":null}"#, &["match"]),
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

/// A change of the colour must not let a stranger's script run.
#[tokio::test]
async fn a_script_that_is_not_trusted_becomes_ones_own_only_by_name() {
    let rule = "- {id: a, type: wildcard, pattern: '*', css: 'theirs{}', js: 'theirs()'}";
    for is_trusted in [false, true] {
        let app = TestApp::serving(contents(community(rule, is_trusted))).await;
        let js = async |body: &'static str| {
            let answer = app.call("PUT", "/v1/rules/shop:a", body).await;
            (answer.status.as_u16(), answer)
        };
        assert_eq!(js("{}").await.0, 200, "nothing is changed");
        let (status, answer) = js(r#"{"css":"mine{}"}"#).await;
        if is_trusted {
            assert_eq!((status, &answer.data()["js"]), (200, &json!("theirs()")));
            continue;
        }
        assert_eq!((status, &answer.json()["details"]["field"]), (422, &json!("js")));
        let source = app.get("/v1/rules/shop:a").await.data()["source"]["type"].clone();
        assert_eq!(source, "community");
        let (status, answer) = js(r#"{"css":"mine{}","js":null}"#).await;
        assert_eq!((status, &answer.data()["js"]), (200, &json!("")));
        app.call("DELETE", "/v1/rules/shop:a", "").await.data();
        let (status, answer) = js(r#"{"css":"mine{}","js":"theirs()"}"#).await;
        assert_eq!((status, &answer.data()["js"]), (200, &json!("theirs()")));
    }
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
async fn of_doubles_none_is_deleted_and_their_files_are_named() {
    let in_file = |file: &str| {
        let yaml = "{id: a, type: wildcard, pattern: '*', css: 'a{}'}";
        let mut rules = local(yaml);
        rules[0].origin = Arc::new(rules::Origin::local(Some(file.into())));
        rules
    };
    let rules = ["local/b.rule.yaml", "local/c.rule.yaml"].map(in_file).concat();
    let app = TestApp::serving(contents(rules)).await;
    let refused = app.call("DELETE", "/v1/rules/a", "").await;
    let (status, code, _) = refused.failure();
    let text = refused.text();
    assert_eq!((status, &*code), (409, "CONFLICT"));
    assert!(
        text.contains("`local/b.rule.yaml`, `local/c.rule.yaml`"),
        "{text}"
    );
    assert_eq!(app.get("/v1/rules/a").await.status, 200);
}

#[tokio::test]
async fn a_deleted_rule_is_gone() {
    let app = TestApp::new().await;
    let deleted = app.call("DELETE", "/v1/rules/NEWS", "").await.data();
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

impl TestApp {
    /// The number of the state that is stored.
    async fn state_revision(&self) -> u64 {
        store::RuleStore::load(&*self.store).await.unwrap().revision.0
    }
}

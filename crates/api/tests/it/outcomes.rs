//! What becomes of a change: who made it, why it was refused, and that it ends what it began.

use crate::{
    access::{app_with, keys, with},
    app::{RULES, TestApp, call, config, contents, local, settings},
    creating::NEW,
};
use api::Access;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use store::ErrorKind;

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
        (
            ErrorKind::Torn,
            503,
            "UNAVAILABLE",
            "nobody knows whether the change is stored",
        ),
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

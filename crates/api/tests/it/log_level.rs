//! What is logged: who may change it, and what is refused.

use crate::{
    access::{app_with, keys, with},
    app::{RULES, TestApp, config, contents, local, settings},
};
use api::{Access, Config};
use axum::{body::Body, http::Request};
use std::sync::Arc;

const PATH: &str = "/v1/log-level";

fn put(body: &str) -> Request<Body> {
    let request = Request::builder().method("PUT").uri(PATH);
    request
        .header("content-type", "application/json")
        .body(body.to_owned().into())
        .unwrap()
}

#[tokio::test]
async fn a_level_is_set_and_read_even_where_rules_are_read_only() {
    let read_only = Config {
        read_only: true,
        ..config()
    };
    let app = TestApp::configured(contents(local(RULES)), read_only, settings()).await;
    assert_eq!(
        app.send(put(r#"{"level":"debug"}"#)).await.data()["level"],
        "debug"
    );
    assert_eq!(app.get(PATH).await.data()["level"], "debug");
    for (body, status, field) in [
        ("{}", 422, "level"),
        (r#"{"level":1}"#, 422, "level"),
        (r#"{"level":"loud"}"#, 422, "level"),
        (r#"{"level":"info","more":1}"#, 422, "more"),
        ("[]", 400, ""),
    ] {
        let answer = app.send(put(body)).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.json()["details"]["field"], field, "{body}");
    }
    assert_eq!(app.get(PATH).await.data()["level"], "debug");
}

#[tokio::test]
async fn only_an_admin_may() {
    let keys = keys();
    let app = app_with(Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        ..Access::default()
    })
    .await;
    for (key, status) in [(&keys.reader, 403), (&keys.editor, 403), (&keys.admin, 200)] {
        let authorization = format!("Bearer {key}");
        let request = with(put(r#"{"level":"info"}"#), &[("authorization", &authorization)]);
        assert_eq!(app.send(request).await.status, status);
    }
}

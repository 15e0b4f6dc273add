//! What each route asks of its callers, against the contract.

use crate::{
    access::{app_with, keys, with},
    app::{RULES, TestApp, config, contents, local, settings},
    operation::{document, operations},
};
use api::{Access, Config};
use std::sync::Arc;

/// Who may call what, as the contract has it: a route that asks for less, or for nothing, fails here.
#[tokio::test]
async fn every_route_asks_for_the_role_of_the_contract() {
    let keys = keys();
    let app = app_with(Access {
        tokens: Some(Arc::clone(&keys.tokens)),
        require_read: true,
        ..Access::default()
    })
    .await;
    let open = ["/health", "/version", "/openapi.json", "/swagger", "/schemas/"];
    for operation in operations(&document()) {
        let (path, body) = operation.sample();
        let ask = async |token: Option<&String>| {
            let request = operation.request(&path, "application/json", body.into());
            let authorization = token.map(|token| format!("Bearer {token}"));
            let headers: Vec<_> = authorization
                .iter()
                .map(|value| ("authorization", &**value))
                .collect();
            app.send(with(request, &headers)).await.status.as_u16()
        };
        let is_open = open.iter().any(|start| operation.path.starts_with(start));
        let is_write =
            operation.is_write() || ["/v1/rules/check", "/v1/log-level"].contains(&&*operation.path);
        assert_eq!(ask(None).await == 401, !is_open, "{}", operation.name());
        assert_eq!(
            ask(Some(&keys.reader)).await == 403,
            is_write,
            "{}",
            operation.name()
        );
        let secured = !operation.entry["security"].is_null();
        assert_eq!(secured, !is_open, "{}", operation.name());
    }
}

/// What changes rules is refused; what only looks is not.
#[tokio::test]
async fn a_read_only_instance_refuses_what_changes_rules() {
    let read_only = Config {
        read_only: true,
        ..config()
    };
    for operation in operations(&document()) {
        let app = TestApp::configured(contents(local(RULES)), read_only.clone(), settings()).await;
        let (path, body) = operation.sample();
        let answer = app
            .send(operation.request(&path, "application/json", body.into()))
            .await;
        assert_eq!(answer.status == 403, operation.is_write(), "{}", operation.name());
        if answer.status == 403 {
            assert_eq!(answer.json()["details"]["reason"], "read_only");
        }
    }
}

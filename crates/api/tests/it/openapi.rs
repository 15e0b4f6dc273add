//! The OpenAPI document against the router: every route, every status, every shape.

use crate::{
    app::{Answer, TestApp},
    operation::{document, operations},
};
use axum::{body::Body, http::Request};
use serde_json::{Value, json};

#[tokio::test]
async fn every_status_that_the_document_promises_can_happen_and_has_its_shape() {
    let document = document();
    let mut produced = 0;
    for operation in operations(&document) {
        for (status, response) in operation.entry["responses"].as_object().unwrap() {
            let answer = operation.produce(status.parse().unwrap()).await;
            assert_eq!(
                answer.status.as_str(),
                status,
                "{}: {}",
                operation.name(),
                answer.text()
            );
            let content = response["content"].as_object();
            let media_type = answer
                .header("content-type")
                .split(';')
                .next()
                .unwrap_or_default();
            assert!(
                content.is_none_or(|content| content.contains_key(media_type) || content.contains_key("*/*")),
                "{} answers {media_type}",
                operation.name()
            );
            if media_type == "application/json"
                && let Some(schema) = response.pointer("/content/application~1json/schema")
            {
                conforms(&document, schema, &answer.json(), &operation.name());
            }
            produced += 1;
        }
    }
    assert!(produced > 150, "{produced}");
}

#[tokio::test]
async fn metrics_as_json_have_the_shape_of_the_statistics() {
    let document = document();
    let answer = TestApp::new()
        .await
        .get_with("/metrics", ("accept", "application/json"))
        .await;
    let schema = "/paths/~1metrics/get/responses/200/content/application~1json/schema";
    let schema = document.pointer(schema).unwrap();
    conforms(&document, schema, &answer.json(), "GET /metrics");
}

/// Checks a value against a schema of the document.
fn conforms(document: &Value, schema: &Value, value: &Value, what: &str) {
    let schema = json!({"allOf": [schema], "components": document["components"]});
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:?}\n{value}");
}

#[tokio::test]
async fn every_route_answers_and_nothing_else_does() {
    let document = document();
    for operation in operations(&document) {
        let app = TestApp::new().await;
        let (path, body) = operation.sample();
        let answer = app
            .send(operation.request(&path, "application/json", body.into()))
            .await;
        assert!(
            ![404, 405, 500].contains(&answer.status.as_u16()),
            "{}: {}",
            operation.name(),
            answer.text()
        );
        // A method that the document does not name for this path is refused, and `Allow` names the others.
        let item = document["paths"][&operation.path].as_object().unwrap();
        let brew = Request::builder().method("BREW").uri(&path);
        let refused = app.send(brew.body(Body::empty()).unwrap()).await;
        assert_eq!(refused.status, 405, "{}", operation.path);
        let mut allowed: Vec<_> = refused
            .header("allow")
            .split(',')
            .filter(|method| *method != "HEAD")
            .map(str::to_lowercase)
            .collect();
        allowed.sort_unstable();
        assert_eq!(
            allowed,
            item.keys().cloned().collect::<Vec<_>>(),
            "{}",
            operation.path
        );
    }
}

#[tokio::test]
async fn the_parameters_and_fields_of_the_document_are_those_that_are_read() {
    let app = TestApp::new().await;
    let document = document();
    for operation in operations(&document)
        .into_iter()
        .filter(|operation| operation.path.starts_with("/v1/"))
    {
        let (path, body) = operation.sample();
        let bare = path.split('?').next().unwrap();
        let answer = app
            .send(operation.request(&format!("{bare}?zzzzzz=1"), "application/json", body.into()))
            .await;
        let parameters = operation.entry["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let of_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let documented = of_query
            .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(known(&answer), documented, "{}", operation.name());
        let reference = operation
            .entry
            .pointer("/requestBody/content/application~1json/schema/$ref");
        if let Some(reference) = reference.and_then(Value::as_str) {
            let body = r#"{"zzzzzz":1}"#;
            let answer = app
                .send(operation.request(&path, "application/json", body.into()))
                .await;
            let properties = document
                .pointer(&format!("{}/properties", reference.trim_start_matches('#')))
                .unwrap();
            let documented = properties.as_object().unwrap().keys().cloned().collect();
            assert_eq!(known(&answer), documented, "{}", operation.name());
        }
    }
}

/// The names that an answer about an unknown one says are known.
fn known(answer: &Answer) -> std::collections::BTreeSet<String> {
    let json = answer.json();
    let errors = json["details"]["errors"].as_array().unwrap();
    let unknown = errors.iter().find(|error| error["field"] == "zzzzzz").unwrap();
    let names = unknown["hint"]
        .as_str()
        .unwrap()
        .split_once("known here: ")
        .unwrap()
        .1;
    names
        .split(", ")
        .filter(|name| *name != "none")
        .map(ToOwned::to_owned)
        .collect()
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_is_served() {
    let document = document();
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3.1"),
        "{}",
        document["openapi"]
    );
    assert_eq!(TestApp::new().await.get("/openapi.json").await.json(), document);
    let mut ids: Vec<_> = operations(&document)
        .iter()
        .map(|operation| operation.entry["operationId"].to_string())
        .collect();
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids are unique");
}

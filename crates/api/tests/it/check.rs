//! `POST /v1/rules/check`.

use crate::app::{TestApp, post};
use serde_json::{Value, json};

fn codes_and_fields(data: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    data["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (text(&found["code"]), text(&found["field"])))
        .collect()
}

#[tokio::test]
async fn a_good_rule_has_no_findings_and_is_not_stored() {
    let app = TestApp::new().await;
    let rule = r#"{"id":"new","type":"wildcard","pattern":"https://new.example/*","css":"a{}"}"#;
    let yaml = "type: wildcard\npattern: https://new.example/*\ncss: a{}\n";
    for (media_type, body, count) in [
        ("application/json", rule.to_owned(), 1),
        ("Application/JSON; charset=UTF-8", format!("[{rule}]"), 1),
        ("application/json", format!("{{\"rules\":[{rule}]}}"), 1),
        ("application/json", "[]".to_owned(), 0),
        ("application/yaml", yaml.to_owned(), 1),
    ] {
        let data = app
            .send(post("/v1/rules/check", media_type, body.clone()))
            .await
            .data();
        assert_eq!(data, json!({"rules": count, "findings": []}), "{body}");
    }
    assert_eq!(app.get("/v1/rules/new").await.status, 404);
}

#[tokio::test]
async fn findings_name_the_field() {
    let app = TestApp::new().await;
    let rule = r#"{"id":"a","type":"wildcard","pattern":"https://e.example/*","css":"a{}","priority":1,"enabled":false}"#;
    for (body, prefix) in [
        (rule.to_owned(), ""),
        (format!("[{rule}]"), "[0]."),
        (format!("{{\"rules\":[{rule}]}}"), "rules[0]."),
    ] {
        let data = app.post("/v1/rules/check", body).await.data();
        let found = codes_and_fields(&data);
        assert!(
            found.contains(&("ignored".to_owned(), format!("{prefix}enabled"))),
            "{found:?}"
        );
        assert!(
            found
                .iter()
                .any(|(_, field)| *field == format!("{prefix}priority")),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_listed() {
    let app = TestApp::new().await;
    let body = r#"{"rules":[{"id":"a","type":"wildcard","pattern":"*","css":"a{}"},{"id":"b","typ":"exact","pattern":"x","js":"(","priority":"1"}]}"#;
    let answer = app.post("/v1/rules/check", body).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["code"].as_str()),
        (422, Some("VALIDATION_FAILED"))
    );
    let json = answer.json();
    let errors = json["details"]["errors"].as_array().unwrap();
    let fields: Vec<_> = errors
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    for field in [
        "rules[1].typ",
        "rules[1].type",
        "rules[1].js",
        "rules[1].priority",
    ] {
        assert!(fields.contains(&field), "{field} is not in {fields:?}");
    }
    let typ = errors
        .iter()
        .find(|error| error["field"] == "rules[1].typ")
        .unwrap();
    assert!(typ["hint"].as_str().unwrap().contains("type"), "{typ}");
    assert!(
        json["details"].get("field").is_none(),
        "several errors have no single field"
    );
}

#[tokio::test]
async fn yaml_problems_name_line_and_column() {
    let app = TestApp::new().await;
    let answer = app
        .send(post("/v1/rules/check", "application/yaml", "id: a\npattern: [\n"))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["code"].as_str()),
        (400, Some("INVALID_INPUT"))
    );
    let reason = answer.json()["details"]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("line"), "{reason}");
}

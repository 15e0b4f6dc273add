//! `GET /v1/problems`.

use crate::app::{TestApp, contents};
use serde_json::{Value, json};
use std::time::Duration;
use store::{Problem, Revision};

#[tokio::test]
async fn problems_have_their_place_and_since_when() {
    let problem = Problem {
        file: "local/a.rule.yaml".to_owned(),
        line: Some(3),
        column: Some(7),
        field: "rules[1].pattern".to_owned(),
        rule_id: Some("a".to_owned()),
        reason: "is empty".to_owned(),
        hint: None,
        skipped: true,
    };
    let whole_file = Problem {
        file: "b".to_owned(),
        line: None,
        column: None,
        rule_id: None,
        ..problem.clone()
    };
    let mut broken = contents(vec![]);
    broken.problems = vec![problem];
    broken.problems_more = 3;
    let app = TestApp::serving(broken.clone()).await;
    app.advance(Duration::from_millis(1500));
    broken.revision = Revision(2);
    broken.problems.push(whole_file);
    app.store.replace(broken);
    app.refresh().await;
    let data = app.get("/v1/problems").await.data();
    assert_eq!(data["count"], 5);
    let expected = json!({
        "file": "local/a.rule.yaml", "line": 3, "column": 7, "field": "rules[1].pattern", "rule_id": "a",
        "reason": "is empty", "hint": null, "skipped": true, "since": "2026-01-01T00:00:00.000Z",
    });
    assert_eq!(data["problems"][0], expected);
    assert_eq!(
        (&data["problems"][1]["line"], &data["problems"][1]["since"]),
        (&Value::Null, &json!("2026-01-01T00:00:01.500Z"))
    );
}

#[tokio::test]
async fn good_rules_have_no_problems() {
    let data = TestApp::new().await.get("/v1/problems").await.data();
    assert_eq!(data, json!({"problems": [], "count": 0}));
}

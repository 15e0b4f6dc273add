//! `POST /v1/explain`.

use crate::app::{TestApp, community, contents, id, local};
use serde_json::{Value, json};

fn outcomes(data: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let candidates = data["candidates"].as_array().unwrap();
    candidates
        .iter()
        .map(|candidate| (text(&candidate["rule_id"]), text(&candidate["outcome"])))
        .collect()
}

#[tokio::test]
async fn candidates_have_rank_score_and_where_it_comes_from() {
    let app = TestApp::new().await;
    let data = app
        .post(
            "/v1/explain",
            r#"{"url":"HTTPS://news.example:443/a","mode":"all"}"#,
        )
        .await
        .data();
    assert_eq!(data["subject"], "https://news.example/a");
    let first = &data["candidates"][0];
    assert_eq!(
        (&first["rank"], &first["rule_id"], &first["score"]),
        (&json!(1), &json!("page"), &json!(5000))
    );
    assert_eq!(
        (&first["score_from"], &first["outcome"]),
        (&json!("priority"), &json!("wins"))
    );
    let second = &data["candidates"][1];
    assert_eq!(second["score_from"], json!({"base": 100, "length": 22}));
    assert_eq!(
        (&second["rank"], &second["outcome"]),
        (&json!(2), &json!("stacked"))
    );
    assert!(!second["reason"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn every_outcome_has_its_name() {
    let mut rules = local(
        "- {id: wins, type: exact, pattern: 'https://e.example/', css: 'a{}'}
- {id: lower, type: wildcard, pattern: 'https://e.example/*', css: 'a{}'}
- {id: excluded, type: wildcard, pattern: '*', css: 'a{}', exclude: ['https://e.example/*']}
- {id: disabled, type: wildcard, pattern: '*', css: 'a{}'}
- {id: expired, type: wildcard, pattern: '*', css: 'a{}', expires_at: '2020-01-01T00:00:00Z'}
- {id: 'shop:hidden', type: wildcard, pattern: 'https://other.example/*', css: 'a{}'}",
    );
    rules.extend(community(
        "- {id: hidden, type: wildcard, pattern: '*', css: 'a{}'}
- {id: script, type: wildcard, pattern: '*', js: 'a();'}",
        false,
    ));
    let mut contents = contents(rules);
    contents.disabled = [id("disabled")].into();
    let app = TestApp::serving(contents).await;
    let data = app
        .post("/v1/explain", r#"{"url":"https://e.example/"}"#)
        .await
        .data();
    let mut found = outcomes(&data);
    let expected = |name: &str, outcome: &str| (name.to_owned(), outcome.to_owned());
    assert_eq!(found.remove(0), expected("wins", "wins"));
    assert_eq!(found.remove(0), expected("lower", "lower_rank"));
    found.sort();
    let rest = [
        ("disabled", "disabled"),
        ("excluded", "excluded"),
        ("expired", "expired"),
        ("shop:hidden", "shadowed"),
        ("shop:script", "untrusted"),
    ];
    assert_eq!(found, rest.map(|(name, outcome)| expected(name, outcome)));
    assert_eq!(data["candidates"][2]["rank"], Value::Null);
    let all = app
        .post("/v1/explain", r#"{"url":"https://e.example/","mode":"all"}"#)
        .await
        .data();
    assert_eq!(outcomes(&all)[1], expected("lower", "stacked"));
}

//! `POST /v1/resolve/batch`.

use crate::app::{TestApp, community, contents, local};
use serde_json::{Value, json};

#[tokio::test]
async fn results_stand_in_order_and_each_rules_assets_once() {
    let app = TestApp::new().await;
    let urls = [
        "https://news.example/a",
        "nonsense",
        "https://news.example/b",
        "https://x.example/1",
    ];
    let data = app
        .post(
            "/v1/resolve/batch",
            json!({"urls": urls, "mode": "all"}).to_string(),
        )
        .await
        .data();
    let results = data["results"].as_array().unwrap();
    let echoed: Vec<_> = results
        .iter()
        .map(|result| result["url"].as_str().unwrap())
        .collect();
    assert_eq!(echoed, urls);
    assert_eq!(
        results[0],
        json!({"url": urls[0], "rule_ids": ["page", "news", "general"], "score": 5000, "truncated": false})
    );
    assert_eq!(results[1]["error"]["code"], "VALIDATION_FAILED");
    assert_eq!(results[3]["rule_ids"], json!(["digits", "general"]));
    let assets = data["assets"].as_object().unwrap();
    assert_eq!(
        assets.keys().collect::<Vec<_>>(),
        ["digits", "general", "news", "page"]
    );
    assert_eq!(assets["news"], json!({"css": "nav{}", "js": "run();"}));
}

#[tokio::test]
async fn scripts_that_are_not_trusted_are_left_out() {
    let rules = community(
        "- {id: a, type: wildcard, pattern: '*', css: 'a{}', js: 'evil();'}",
        false,
    );
    let app = TestApp::serving(contents(rules)).await;
    let data = app
        .post("/v1/resolve/batch", r#"{"urls":["https://a.example/"]}"#)
        .await
        .data();
    assert_eq!(data["assets"], json!({"shop:a": {"css": "a{}", "js": ""}}));
}

#[tokio::test]
async fn no_urls_are_no_results() {
    let app = TestApp::new().await;
    let data = app.post("/v1/resolve/batch", r#"{"urls":[]}"#).await.data();
    assert_eq!(data, json!({"results": [], "assets": {}}));
}

#[tokio::test]
async fn a_thousand_urls_are_taken_and_one_more_is_refused() {
    let app = TestApp::new().await;
    let body = |count: usize| {
        let urls: Vec<_> = (0..count).map(|n| format!("https://news.example/{n}")).collect();
        json!({ "urls": urls }).to_string()
    };
    let data = app.post("/v1/resolve/batch", body(1000)).await.data();
    assert_eq!(data["results"].as_array().unwrap().len(), 1000);
    let refused = app.post("/v1/resolve/batch", body(1001)).await;
    assert_eq!(
        refused.failure(),
        (422, "VALIDATION_FAILED".to_owned(), "urls".to_owned())
    );
}

#[tokio::test]
async fn an_answer_never_passes_its_bound() {
    // A control character is one byte of a rule and six of JSON: 70 rules are 40 MiB.
    let css = r"\x01".repeat(100_000);
    let rule = |n: usize| {
        let text =
            format!("{{id: r{n}, type: exact, pattern: 'https://e.example/{n}', css: \"/*{css}*/a{{}}\"}}");
        local(&text)
    };
    let app = TestApp::serving(contents((0..70).flat_map(rule).collect())).await;
    let urls: Vec<_> = (0..70).map(|n| format!("https://e.example/{n}")).collect();
    let answer = app
        .post("/v1/resolve/batch", json!({ "urls": urls }).to_string())
        .await;
    assert!(answer.body.len() <= 32 * 1024 * 1024);
    let data = answer.data();
    let codes: Vec<&Value> = data["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["error"]["code"])
        .collect();
    let full = codes.iter().filter(|code| **code == "PAYLOAD_TOO_LARGE").count();
    let resolved = data["assets"].as_object().unwrap().len();
    assert!(
        full > 0 && resolved > 40 && full + resolved == 70,
        "{full} refused, {resolved} resolved"
    );
}

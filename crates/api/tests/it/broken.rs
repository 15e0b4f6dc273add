//! Broken requests: each gives its code, names its field, and says why.

use crate::app::{TestApp, post};
use proptest::prelude::*;

const INPUT: (u16, &str) = (400, "INVALID_INPUT");
const FIELDS: (u16, &str) = (422, "VALIDATION_FAILED");

/// Query strings: path, status and code, field, part of the reason or the hint.
#[rustfmt::skip] // one case a line
const QUERIES: &[(&str, (u16, &str), &str, &str)] = &[
    ("/v1/resolve?url=https://x.example/?a=1&b=2", INPUT, "b", "percent-encode that URL"),
    ("/v1/inject.css?url=https://x.example/?a=1&b=2", INPUT, "b", "percent-encode that URL"),
    ("/v1/inject.js?url=https://x.example/?a=1&b=2", INPUT, "b", "percent-encode that URL"),
    ("/v1/rules?matches=https://x.example/?a=1&b=2", INPUT, "b", "percent-encode that URL"),
    ("/v1/resolve?url=https://x.example/?a&url=2", INPUT, "url", "percent-encode that URL"),
    ("/v1/resolve?url=https://x.example/?a&mode=2", INPUT, "mode", "percent-encode that URL"),
    ("/v1/resolve", FIELDS, "url", "is required"),
    ("/v1/inject.css", FIELDS, "url", "is required"),
    ("/v1/resolve?url=", FIELDS, "url", ""),
    ("/v1/resolve?url", FIELDS, "url", ""),
    ("/v1/resolve?url=%20", FIELDS, "url", ""),
    ("/v1/resolve?url=nonsense", FIELDS, "url", ""),
    ("/v1/resolve?url=example.com", FIELDS, "url", ""),
    ("/v1/resolve?url=ftp%3A%2F%2Fexample.com", FIELDS, "url", ""),
    ("/v1/resolve?url=javascript%3Aalert(1)", FIELDS, "url", ""),
    ("/v1/resolve?url=about%3Ablank", FIELDS, "url", ""),
    ("/v1/resolve?url=http%3A%2F%2F", FIELDS, "url", ""),
    ("/v1/resolve?url=http%3A%2F%2F%5B1", FIELDS, "url", ""),
    ("/v1/resolve?url=http%3A%2F%2Fa%3A99999", FIELDS, "url", ""),
    ("/v1/resolve?Url=https%3A%2F%2Fa.example", INPUT, "Url", "did you mean `url`?"),
    ("/v1/resolve?ulr=https%3A%2F%2Fa.example", INPUT, "ulr", "did you mean `url`?"),
    ("/v1/resolve?uri=https%3A%2F%2Fa.example", INPUT, "uri", "known here: url, mode, parts"),
    ("/v1/resolve?url=https%3A%2F%2Fa.example&mode=both", INPUT, "mode", "one of `best`, `all`, is `both`"),
    ("/v1/resolve?url=https%3A%2F%2Fa.example&mode=ALL", INPUT, "mode", "one of"),
    ("/v1/resolve?url=https%3A%2F%2Fa.example&mode=", INPUT, "mode", "one of"),
    ("/v1/resolve?url=https%3A%2F%2Fa.example&parts=1", INPUT, "parts", "one of `true`, `false`"),
    ("/v1/resolve?url=https%3A%2F%2Fa.example&mode=all&mode=all", INPUT, "mode", "more than once"),
    ("/v1/resolve?url=%", INPUT, "url", "not percent-encoded UTF-8"),
    ("/v1/resolve?url=%2", INPUT, "url", "not percent-encoded UTF-8"),
    ("/v1/resolve?url=%zz", INPUT, "url", "`%25`"),
    ("/v1/resolve?url=%ff", INPUT, "url", "not percent-encoded UTF-8"),
    ("/v1/resolve?%ff=1", INPUT, "", "not percent-encoded UTF-8"),
    ("/v1/resolve?=1", INPUT, "", "not a parameter"),
    ("/v1/inject.css?url=https%3A%2F%2Fa.example&parts=true", INPUT, "parts", "known here: url, mode"),
    ("/v1/inject.js?url=ftp%3A%2F%2Fa", FIELDS, "url", ""),
    ("/v1/rules?limit=0", INPUT, "limit", "view=summary"),
    ("/v1/rules?limit=1001", INPUT, "limit", "1000"),
    ("/v1/rules?limit=-1", INPUT, "limit", "`-1`"),
    ("/v1/rules?limit=1.5", INPUT, "limit", "`1.5`"),
    ("/v1/rules?limit=many", INPUT, "limit", "`many`"),
    ("/v1/rules?limit=99999999999999999999", INPUT, "limit", "number"),
    ("/v1/rules?view=short", INPUT, "view", "`summary`"),
    ("/v1/rules?type=glob", INPUT, "type", "`wildcard`"),
    ("/v1/rules?source=mine", INPUT, "source", "`override`"),
    ("/v1/rules?state=off", INPUT, "state", "`disabled`"),
    ("/v1/rules?cursor=a%20b", INPUT, "cursor", "`next_cursor`"),
    ("/v1/rules?cursor=a~x", INPUT, "cursor", "`next_cursor`"),
    ("/v1/rules?cursor=", INPUT, "cursor", "`next_cursor`"),
    ("/v1/rules?matches=nonsense", FIELDS, "matches", ""),
    ("/v1/rules?tags=a", INPUT, "tags", "did you mean `tag`?"),
    ("/v1/rules?page=2", INPUT, "page", "known here:"),
    ("/v1/rules/general?view=full", INPUT, "view", "known here: none"),
    ("/v1/problems?limit=1", INPUT, "limit", "known here: none"),
];

type Broken = (
    &'static str,
    &'static str,
    (u16, &'static str),
    &'static str,
    &'static str,
);

/// Bodies: path, body, status and code, field, part of the reason or the hint.
#[rustfmt::skip] // one case a line
const BODIES: &[Broken] = &[
    ("/v1/resolve", "", INPUT, "", "not JSON"),
    ("/v1/resolve", "url=https://a.example/", INPUT, "", "not JSON: expected value at line 1 column 1"),
    ("/v1/resolve", "{", INPUT, "", "not JSON"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\"", INPUT, "", "not JSON"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\"}}", INPUT, "", "trailing"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\"} {}", INPUT, "", "trailing"),
    ("/v1/resolve", "{'url':'https://a.example/'}", INPUT, "", "not JSON"),
    ("/v1/resolve", "{url:\"https://a.example/\"}", INPUT, "", "not JSON"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\",}", INPUT, "", "trailing comma"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\" /* c */}", INPUT, "", "not JSON"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\nb\"}", INPUT, "", "control character"),
    ("/v1/resolve", "{\"url\":\"\\ud800\"}", INPUT, "", "not JSON"),
    ("/v1/resolve", "{\"url\":\"\\x\"}", INPUT, "", "escape"),
    ("/v1/resolve", "{\"url\":NaN}", INPUT, "", "not JSON"),
    ("/v1/resolve", "{\"url\":01}", INPUT, "", "not JSON"),
    ("/v1/resolve", "\u{feff}{\"url\":\"https://a.example/\"}", INPUT, "", "not JSON"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\",\"url\":\"https://b.example/\"}", INPUT, "", "`url` is written twice"),
    ("/v1/resolve", "[]", INPUT, "", "a list, not an object"),
    ("/v1/resolve", "null", INPUT, "", "null, not an object"),
    ("/v1/resolve", "\"https://a.example/\"", INPUT, "", "a string, not an object"),
    ("/v1/resolve", "7", INPUT, "", "a number, not an object"),
    ("/v1/resolve", "{}", FIELDS, "url", "is required"),
    ("/v1/resolve", "{\"url\":null}", FIELDS, "url", "is required"),
    ("/v1/resolve", "{\"url\":7}", FIELDS, "url", "must be a string, is a number"),
    ("/v1/resolve", "{\"url\":[\"https://a.example/\"]}", FIELDS, "url", "is a list"),
    ("/v1/resolve", "{\"url\":{}}", FIELDS, "url", "is an object"),
    ("/v1/resolve", "{\"url\":\"\"}", FIELDS, "url", ""),
    ("/v1/resolve", "{\"url\":\"/relative\"}", FIELDS, "url", ""),
    ("/v1/resolve", "{\"url\":\"file:///etc/passwd\"}", FIELDS, "url", ""),
    ("/v1/resolve", "{\"url\":\"data:text/html,x\"}", FIELDS, "url", ""),
    ("/v1/resolve", "{\"url\":\"https://a b/\"}", FIELDS, "url", ""),
    ("/v1/resolve", "{\"url\":\"https://a.example/\",\"mode\":\"explain\"}", FIELDS, "mode", "one of `best`, `all`"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\",\"mode\":true}", FIELDS, "mode", "is a boolean"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\",\"parts\":\"true\"}", FIELDS, "parts", "must be a boolean"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\",\"mod\":\"all\"}", FIELDS, "mod", "did you mean `mode`?"),
    ("/v1/resolve", "{\"url\":\"https://a.example/\",\"priorty\":1}", FIELDS, "priorty", "known here: url, mode, parts"),
    ("/v1/resolve?mode=all", "{\"url\":\"https://a.example/\"}", INPUT, "mode", "not a parameter"),
    ("/v1/explain", "{}", FIELDS, "url", "is required"),
    ("/v1/explain", "{\"url\":\"https://a.example/\",\"parts\":true}", FIELDS, "parts", "is unknown"),
    ("/v1/explain?url=https://a.example/", "{\"url\":\"https://a.example/\"}", INPUT, "url", "known here: none"),
    ("/v1/resolve/batch", "{}", FIELDS, "urls", "is required"),
    ("/v1/resolve/batch", "{\"urls\":\"https://a.example/\"}", FIELDS, "urls", "must be a list of strings"),
    ("/v1/resolve/batch", "{\"urls\":[\"https://a.example/\",7]}", FIELDS, "urls[1]", "must be a string, is a number"),
    ("/v1/resolve/batch", "{\"urls\":[],\"mode\":\"x\"}", FIELDS, "mode", "one of"),
    ("/v1/resolve/batch", "{\"url\":\"https://a.example/\",\"urls\":[]}", FIELDS, "url", "did you mean `urls`?"),
    ("/v1/rules/check", "", INPUT, "", ""),
    ("/v1/rules/check", "{", INPUT, "", "line 1"),
    ("/v1/rules/check", "7", INPUT, "", ""),
    ("/v1/rules/check", "\"a\"", INPUT, "", ""),
    ("/v1/rules/check", "{\"id\":\"a\",\"type\":\"exact\",\"pattern\":\"https://a.example/\"}", FIELDS, "css", ""),
    ("/v1/rules/check", "[{\"id\":\"a\",\"type\":\"glob\",\"pattern\":\"*\",\"css\":\"a{}\"}]", FIELDS, "[0].type", ""),
    ("/v1/rules/check", "{\"id\":\"a\",\"type\":\"wildcard\",\"pattern\":\"*\",\"css\":\"a{}\",\"hide\":\".x\"}", FIELDS, "hide", ""),
    ("/v1/rules/check", "{\"id\":\"a\",\"type\":\"regex\",\"pattern\":\"(?=a)\",\"css\":\"a{}\"}", FIELDS, "pattern", ""),
    ("/v1/rules/check?x=1", "[]", INPUT, "x", "known here: none"),
];

#[tokio::test]
async fn broken_query_strings() {
    let app = TestApp::new().await;
    for (path, (status, code), field, says) in QUERIES {
        let answer = app.get(path).await;
        check(path, &answer, (*status, code), (field, says));
    }
}

#[tokio::test]
async fn broken_bodies() {
    let app = TestApp::new().await;
    for (path, body, (status, code), field, says) in BODIES {
        let answer = app.post(path, *body).await;
        check(&format!("{path} {body}"), &answer, (*status, code), (field, says));
    }
}

fn check(what: &str, answer: &crate::app::Answer, (status, code): (u16, &str), (field, says): (&str, &str)) {
    let expected = (status, code.to_owned(), field.to_owned());
    assert_eq!(answer.failure(), expected, "{what}: {}", answer.text());
    let json = answer.json();
    let error = &json["details"]["errors"][0];
    let reason = error["reason"].as_str().unwrap_or_default();
    assert!(!reason.is_empty(), "{what}: {json}");
    let hint = error["hint"].as_str().unwrap_or_default();
    assert!(
        reason.contains(says) || hint.contains(says),
        "{what}: `{says}` is not in {error}"
    );
}

#[tokio::test]
async fn every_problem_is_listed() {
    let app = TestApp::new().await;
    let answer = app
        .post("/v1/resolve", r#"{"url":1,"mode":2,"parts":3,"a":4,"b":5}"#)
        .await;
    let json = answer.json();
    let errors = json["details"]["errors"].as_array().unwrap();
    let mut fields: Vec<_> = errors
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["a", "b", "mode", "parts", "url"]);
    assert!(json["details"].get("field").is_none());
    let answer = app.get("/v1/rules?limit=x&view=y&z=1").await;
    assert_eq!(answer.json()["details"]["errors"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_answer_never_lists_more_problems_than_its_bound() {
    let app = TestApp::new().await;
    let fields: Vec<_> = (0..5000).map(|n| format!("\"f{n}\":1")).collect();
    let answer = app.post("/v1/resolve", format!("{{{}}}", fields.join(","))).await;
    assert_eq!(answer.json()["details"]["errors"].as_array().unwrap().len(), 1000);
    let long = format!("{{\"url\":\"https://a.example/\",\"{}\":1}}", "x".repeat(50_000));
    assert!(app.post("/v1/resolve", long).await.body.len() < 2000);
}

#[tokio::test]
async fn json_is_read_to_a_depth_of_64() {
    let app = TestApp::new().await;
    let nested = |depth: usize| format!("{{\"url\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert_eq!(
        app.post("/v1/resolve", nested(64)).await.failure().1,
        "VALIDATION_FAILED"
    );
    for depth in [65, 128, 129, 20_000] {
        let answer = app.post("/v1/resolve", nested(depth)).await;
        assert_eq!(answer.failure().1, "INVALID_INPUT", "{depth}");
        assert!(
            answer.text().contains("nested deeper than 64") || depth > 128,
            "{}",
            answer.text()
        );
    }
    let rule = |depth: usize| {
        let open = "{\"x-a\":".repeat(depth - 1);
        let rule = "{\"id\":\"a\",\"type\":\"wildcard\",\"pattern\":\"*\",\"css\":\"a{}\",\"x-b\":";
        format!("{rule}{open}1{}}}", "}".repeat(depth - 1))
    };
    assert_eq!(app.post("/v1/rules/check", rule(64)).await.status, 200);
    for depth in [65, 129, 5000] {
        assert_eq!(
            app.post("/v1/rules/check", rule(depth)).await.failure().1,
            "INVALID_INPUT",
            "{depth}"
        );
    }
}

#[tokio::test]
async fn a_url_may_be_8_kib_and_no_longer() {
    let app = TestApp::new().await;
    let url = |bytes: usize| format!("https://a.example/{}", "x".repeat(bytes - 18));
    assert_eq!(
        app.post("/v1/resolve", format!("{{\"url\":\"{}\"}}", url(8192)))
            .await
            .status,
        200
    );
    let answer = app
        .post("/v1/resolve", format!("{{\"url\":\"{}\"}}", url(8193)))
        .await;
    assert_eq!(
        answer.failure(),
        (422, "VALIDATION_FAILED".to_owned(), "url".to_owned())
    );
}

fn answers_in_the_envelope(answer: &crate::app::Answer) -> Result<(), TestCaseError> {
    let status = answer.status.as_u16();
    prop_assert!([200, 400, 415, 422].contains(&status), "{}", answer.text());
    let expected = if status == 200 { "success" } else { "error" };
    prop_assert_eq!(&answer.json()["status"], expected);
    Ok(())
}

proptest! {
    /// Feature: asset-injector, Property: whatever is sent is answered in the envelope
    #[test]
    fn whatever_is_sent_is_answered_in_the_envelope(body in ".{0,200}", query in "[!-~&&[^#]]{0,80}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let app = runtime.block_on(TestApp::new());
        for path in ["/v1/resolve", "/v1/explain", "/v1/resolve/batch", "/v1/rules/check"] {
            let answer = runtime.block_on(app.send(post(path, "application/json", body.clone())));
            answers_in_the_envelope(&answer)?;
        }
        let yaml = runtime.block_on(app.send(post("/v1/rules/check", "application/yaml", body)));
        answers_in_the_envelope(&yaml)?;
        for path in ["/v1/resolve", "/v1/rules", "/v1/rules/a", "/v1/problems"] {
            let Ok(uri) = format!("{path}?{query}").parse::<axum::http::Uri>() else { continue };
            let answer = runtime.block_on(app.get(&uri.to_string()));
            prop_assert!(answer.status == 404 || answers_in_the_envelope(&answer).is_ok(), "{}", answer.text());
        }
    }
}

//! `If-Match`, on every call that changes a rule.

use crate::app::{TestApp, call};
use axum::http::header;

/// Every call that changes `{id}`: method, what follows the id, body.
const CALLS: [(&str, &str, &str); 7] = [
    ("PUT", "", r#"{"css":"x{}"}"#),
    ("PATCH", "", r#"{"css":"x{}"}"#),
    ("POST", "/disable", ""),
    ("POST", "/enable", ""),
    ("PUT", "/source", r#"{"type":"local"}"#),
    ("DELETE", "/source", ""),
    ("DELETE", "", ""),
];

#[tokio::test]
async fn a_tag_that_fits_lets_every_change_through() {
    for (method, rest, body) in CALLS {
        let path = format!("/v1/rules/news{rest}");
        let app = TestApp::new().await;
        let tag = app.get("/v1/rules/news").await.header("etag").to_owned();
        let gzip = format!("{}-gzip\"", tag.trim_end_matches('"'));
        for fitting in [
            "*",
            &tag,
            &gzip,
            &format!("\"other\", {tag}"),
            &format!("W/\"x\",{tag},"),
        ] {
            let app = TestApp::new().await;
            let answer = app.call_if(method, &path, fitting, body).await;
            assert_eq!(answer.status, 200, "{method} {path} {fitting}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn another_tag_and_a_weak_one_fail_and_change_nothing() {
    let app = TestApp::new().await;
    let before = app.get("/v1/rules/news").await;
    let weak = format!("W/{}", before.header("etag"));
    for (method, rest, body) in CALLS {
        let path = format!("/v1/rules/news{rest}");
        for other in ["\"other\"", &weak, "\"a\", \"b\""] {
            let answer = app.call_if(method, &path, other, body).await;
            let expected = (412, "PRECONDITION_FAILED".to_owned(), "if-match".to_owned());
            assert_eq!(answer.failure(), expected, "{method} {path} {other}");
        }
        for broken in ["other", "", "\"a", "*, \"a\""] {
            let answer = app.call_if(method, &path, broken, body).await;
            assert_eq!(
                answer.failure(),
                (400, "INVALID_INPUT".to_owned(), "if-match".to_owned()),
                "{broken}"
            );
        }
    }
    assert_eq!(app.get("/v1/rules/news").await.data(), before.data());
}

#[tokio::test]
async fn a_star_is_any_existing_rule() {
    let app = TestApp::new().await;
    let answer = app.call_if("POST", "/v1/rules/none/disable", "*", "").await;
    assert_eq!(answer.status, 412);
    for (method, path) in [
        ("PUT", "/v1/rules/none"),
        ("DELETE", "/v1/rules/none"),
        ("DELETE", "/v1/rules/none/source"),
    ] {
        assert_eq!(
            app.call_if(method, path, "*", "{}").await.status,
            404,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn of_two_who_read_the_same_rule_the_second_is_told() {
    let app = TestApp::new().await;
    let tag = app.get("/v1/rules/news").await.header("etag").to_owned();
    let first = app
        .call_if("PUT", "/v1/rules/news", &tag, r#"{"css":"first{}"}"#)
        .await;
    assert_eq!(first.status, 200);
    let second = app
        .call_if("PUT", "/v1/rules/news", &tag, r#"{"css":"second{}"}"#)
        .await;
    assert_eq!(second.status, 412);
    let again = app
        .call_if(
            "PUT",
            "/v1/rules/news",
            first.header("etag"),
            r#"{"css":"second{}"}"#,
        )
        .await;
    assert_eq!(again.data()["css"], "second{}");
}

#[tokio::test]
async fn several_headers_are_one_list() {
    let app = TestApp::new().await;
    let tag = app.get("/v1/rules/news").await.header("etag").to_owned();
    let mut request = call("DELETE", "/v1/rules/news", "");
    for value in ["\"other\"", &tag] {
        request
            .headers_mut()
            .append(header::IF_MATCH, value.parse().unwrap());
    }
    assert_eq!(app.send(request).await.status, 200);
}

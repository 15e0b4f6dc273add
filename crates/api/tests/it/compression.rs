//! Compression: when asked, over 1 KiB, with a tag of its own for each coding.

use crate::app::{TestApp, config, contents, get, local, settings};
use axum::{
    body::Body,
    http::{Request, header},
};
use std::io::Read as _;

const LARGE: &str = "/v1/resolve?url=https%3A%2F%2Flarge.example%2F";
const SMALL: &str = "/v1/resolve?url=https%3A%2F%2Fsmall.example%2F";

async fn app() -> TestApp {
    let rules = format!(
        "- {{id: large, type: exact, pattern: 'https://large.example/', css: 'a{{}}{}'}}
- {{id: small, type: exact, pattern: 'https://small.example/', css: 'a{{}}'}}",
        " b{}".repeat(1000)
    );
    TestApp::configured(contents(local(&rules)), config(), settings()).await
}

#[tokio::test]
async fn each_coding_has_its_own_strong_tag_and_all_of_them_answer_304() {
    let app = app().await;
    let plain = app.get(LARGE).await;
    assert_eq!(
        (plain.header("content-encoding"), plain.header("vary")),
        ("", "accept-encoding")
    );
    let mut tags = vec![plain.header("etag").to_owned()];
    for coding in ["gzip", "br", "zstd"] {
        let coded = app.get_with(LARGE, ("accept-encoding", coding)).await;
        assert_eq!(
            (coded.header("content-encoding"), coded.header("vary")),
            (coding, "accept-encoding")
        );
        assert!(
            coded.body.len() < plain.body.len() / 4,
            "{coding}: {}",
            coded.body.len()
        );
        assert_eq!(coded.header("content-length"), "");
        let tag = coded.header("etag").to_owned();
        assert!(tag.starts_with('"') && !tags.contains(&tag), "{tag}");
        tags.push(tag);
    }
    for tag in &tags {
        let request = Request::get(LARGE)
            .header(header::IF_NONE_MATCH, tag)
            .header(header::ACCEPT_ENCODING, "gzip");
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("etag"), answer.body.len()),
            (304, tag.as_str(), 0)
        );
        assert_eq!(
            (answer.header("vary"), answer.header("content-encoding")),
            ("accept-encoding", "")
        );
    }
}

#[tokio::test]
async fn gzip_unpacks_to_the_plain_answer() {
    let app = app().await;
    let coded = app
        .get_with(LARGE, ("accept-encoding", "gzip;q=1.0, br;q=0.5"))
        .await;
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*coded.body)
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, app.get(LARGE).await.body);
}

#[tokio::test]
async fn small_answers_and_unknown_codings_stay_plain() {
    let app = app().await;
    for (path, wish) in [
        (SMALL, "gzip"),
        (LARGE, "identity"),
        (LARGE, "compress"),
        (LARGE, ""),
        (LARGE, "*"),
        (LARGE, "gzip;q=0"),
    ] {
        let answer = app.get_with(path, ("accept-encoding", wish)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-encoding")),
            (200, ""),
            "{wish}"
        );
        assert!(!answer.header("etag").contains('-'), "{wish}");
    }
}

#[tokio::test]
async fn a_wish_that_nothing_fits_is_no_error() {
    let app = app().await;
    for wish in [
        "identity;q=0",
        "*;q=0",
        "identity;q=0, *;q=0",
        "compress, identity;q=0",
    ] {
        for path in [LARGE, SMALL] {
            assert_eq!(
                app.get_with(path, ("accept-encoding", wish)).await.status,
                200,
                "{wish}"
            );
        }
    }
}

#[tokio::test]
async fn posts_lists_documents_and_failures_are_compressed_too() {
    let app = app().await;
    let post = Request::post("/v1/resolve")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT_ENCODING, "br");
    let answer = app
        .send(
            post.body(Body::from(r#"{"url":"https://large.example/"}"#))
                .unwrap(),
        )
        .await;
    assert_eq!(answer.header("content-encoding"), "br");
    for path in [
        "/v1/rules",
        "/v1/rules?view=summary&limit=0",
        "/openapi.json",
        "/v1/rules/large",
    ] {
        let answer = app.get_with(path, ("accept-encoding", "zstd")).await;
        assert_eq!(answer.header("content-encoding"), "zstd", "{path}");
    }
    let many: String = (0..100).map(|n| format!("p{n}=1&")).collect();
    let failure = app
        .get_with(&format!("/v1/rules?{many}"), ("accept-encoding", "gzip"))
        .await;
    assert_eq!(
        (failure.status.as_u16(), failure.header("content-encoding")),
        (400, "gzip")
    );
}

#[tokio::test]
async fn head_has_the_headers_of_the_coding() {
    let app = app().await;
    let request = |method: &str| {
        let request = Request::builder()
            .method(method)
            .uri(LARGE)
            .header(header::ACCEPT_ENCODING, "br");
        request.body(Body::empty()).unwrap()
    };
    let (got, head) = (app.send(request("GET")).await, app.send(request("HEAD")).await);
    assert_eq!(head.body.len(), 0);
    for name in [
        "etag",
        "content-encoding",
        "vary",
        "content-type",
        "content-length",
        "cache-control",
    ] {
        assert_eq!(head.header(name), got.header(name), "{name}");
    }
}

#[tokio::test]
async fn the_answer_is_the_same_for_everyone_who_asks_without_a_wish() {
    let app = app().await;
    assert_eq!(
        app.send(get(LARGE)).await.body,
        app.get_with(LARGE, ("accept-encoding", "identity")).await.body
    );
}

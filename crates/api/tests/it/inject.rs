//! `GET /v1/inject.css` and `GET /v1/inject.js`.

use crate::app::{RULES, TestApp, config, contents, local, settings};
use api::Config;

const CSS: &str = "/v1/inject.css?url=https%3A%2F%2Fnews.example%2Fb";
const JS: &str = "/v1/inject.js?url=https%3A%2F%2Fnews.example%2Fb";

#[tokio::test]
async fn the_bare_assets_have_their_media_types_and_the_same_caching() {
    let app = TestApp::new().await;
    for (path, media_type, body, cache) in [
        (CSS, "text/css; charset=utf-8", "nav{}", "miss"),
        (JS, "text/javascript; charset=utf-8", "run();", "hit"),
    ] {
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, body));
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(
            (answer.header("x-cache"), answer.header("cache-control")),
            (cache, "no-cache")
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let again = app.get_with(path, ("if-none-match", answer.header("etag"))).await;
        assert_eq!(again.status, 304);
    }
}

#[tokio::test]
async fn no_match_is_an_empty_asset() {
    let app = TestApp::serving(contents(vec![])).await;
    for path in [CSS, JS] {
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    }
}

#[tokio::test]
async fn mode_all_stacks() {
    let app = TestApp::new().await;
    let answer = app.get(&format!("{CSS}&mode=all")).await;
    assert!(
        answer.text().contains("header{display:none}") && answer.text().contains("nav{}"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_unless_allowed() {
    let app = TestApp::new().await;
    for path in [CSS, JS] {
        let refused = app.get_with(path, ("sec-fetch-site", "cross-site")).await;
        assert_eq!(refused.failure(), (403, "FORBIDDEN".to_owned(), String::new()));
        assert_eq!(refused.json()["details"]["reason"], "cross_site");
        for site in ["same-origin", "same-site", "none"] {
            assert_eq!(
                app.get_with(path, ("sec-fetch-site", site)).await.status,
                200,
                "{site}"
            );
        }
    }
    let config = Config {
        inject_from_pages: true,
        ..config()
    };
    let app = TestApp::configured(contents(local(RULES)), config, settings()).await;
    assert_eq!(
        app.get_with(CSS, ("sec-fetch-site", "cross-site")).await.text(),
        "nav{}"
    );
}

//! Single community rules are synchronized.

use super::{SYNC, Shop};
use serde_json::json;

fn single(id: &str, css: &str) -> String {
    format!("{{id: {id}, type: wildcard, pattern: '*', css: '{css}'}}\n")
}

#[tokio::test]
async fn what_is_new_comes_and_what_is_not_listed_goes_as_one_change() {
    let shop = Shop::new().await;
    let (a, b, b2, c) = (
        single("a", "a1{}"),
        single("b", "b1{}"),
        single("b", "b2{}"),
        single("c", "c1{}"),
    );
    shop.repository
        .offer_singles(&[("a", &a), ("b", &b), ("x/c", &c)]);
    let synced = shop.app.post(SYNC, "{}").await.data();
    assert_eq!(
        (
            &synced["changed"],
            &synced["put"],
            &synced["removed"],
            &synced["rest"]
        ),
        (&json!(true), &json!(3), &json!(0), &json!(0))
    );
    assert!(shop.css().await.contains("c1{}"));
    let singles = shop.app.get("/v1/packs").await.data()["singles"].take();
    assert_eq!(singles["pack"]["rule_count"], 3);
    assert_eq!(singles["synced_at"], "2026-01-01T00:00:00.000Z");

    let again = shop.app.post(SYNC, "{}").await.data();
    assert_eq!(again["changed"], false);
    shop.repository.asked();
    shop.repository.offer_singles(&[("a", &a), ("b", &b2)]);
    let synced = shop.app.post(SYNC, r#"{"force":false}"#).await.data();
    assert_eq!((&synced["put"], &synced["removed"]), (&json!(1), &json!(1)));
    assert_eq!(shop.repository.asked(), ["singles/index.json", "b"]);
    let css = shop.css().await;
    assert!(
        css.contains("a1{}") && css.contains("b2{}") && !css.contains("c1{}"),
        "{css}"
    );
}

#[tokio::test]
async fn an_index_that_would_remove_most_is_refused_until_it_is_forced() {
    let shop = Shop::new().await;
    let files: Vec<_> = ["a", "b", "c"].map(|id| (id, single(id, "x{}"))).into();
    let files: Vec<_> = files.iter().map(|(id, text)| (*id, &**text)).collect();
    shop.repository.offer_singles(&files);
    shop.app.post(SYNC, "{}").await.data();
    shop.repository.offer_singles(&files[..1]);
    let (status, code, _) = shop.app.post(SYNC, "{}").await.failure();
    assert_eq!((status, &*code), (502, "UPSTREAM_UNAVAILABLE"));
    let singles = shop.app.get("/v1/packs").await.data()["singles"].take();
    assert_eq!(singles["pack"]["rule_count"], 3);
    assert!(singles["failure"].as_str().unwrap().contains("more than half"));
    let synced = shop.app.post(SYNC, r#"{"force":true}"#).await.data();
    assert_eq!(synced["removed"], 2);
}

#[tokio::test]
async fn a_file_that_is_not_valid_keeps_out_itself_alone_and_is_not_asked_for_again() {
    let shop = Shop::new().await;
    let (good, bad) = (single("good", "good{}"), single("bad", "bad{}"));
    shop.repository.offer_singles(&[("bad", &bad), ("good", &good)]);
    let index = shop.repository.index_bytes(packs::repository::IndexKind::Singles);
    let broken = "{id: bad, type: wildcard, pattern: '*'}\n";
    let index = String::from_utf8(index).unwrap().replace(
        &packs::digest::sha256(bad.as_bytes()),
        &packs::digest::sha256(broken.as_bytes()),
    );
    shop.repository.write("singles/index.json", index.as_bytes());
    shop.repository.offer_singles(&[("bad", broken), ("good", &good)]);
    let synced = shop.app.post(SYNC, "{}").await.data();
    assert_eq!(
        (&synced["put"], &synced["failed"][0]["file"]),
        (&json!(1), &json!("bad"))
    );
    assert!(shop.css().await.contains("good{}"));
    shop.repository.asked();
    let again = shop.app.post(SYNC, "{}").await.data();
    assert_eq!(
        (&again["changed"], &again["failed"][0]["file"]),
        (&json!(false), &json!("bad"))
    );
    assert_eq!(shop.repository.asked(), ["singles/index.json"]);
}

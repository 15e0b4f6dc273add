//! Single community rules are synchronized.

use super::{SYNC, Shop};
use packs::{
    content,
    repository::IndexKind,
    signature::{SecretKey, Subject, TrustedKeys},
};
use rules::{PackFile, PackSource, Timestamp};
use serde_json::json;
use std::sync::Arc;
use store::{Edit, RuleStore as _, Single, SinglesChange};

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
    let index = shop.repository.index_bytes(IndexKind::Singles);
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

/// A file that comes into the folder of the singles and no index has named.
async fn put_by_hand(shop: &Shop, path: &str, text: &str) {
    let file = PackFile {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let rules = content::of_singles(std::slice::from_ref(&file))
        .remove(0)
        .unwrap();
    let source = PackSource {
        url: None,
        version: "1.0.0".parse().unwrap(),
        sha256: String::new(),
        trusted: false,
        key: None,
        installed_at: Timestamp::from_millis(0),
    };
    let change = SinglesChange {
        source,
        put: vec![Single { file, rules }],
        remove: Vec::new(),
    };
    let edits = [Edit::Singles(Arc::new(change))];
    shop.app.store.write(&edits).await.unwrap();
    shop.app.refresh().await;
}

fn sign_singles(shop: &Shop, secret: &SecretKey) {
    let index = shop.repository.index_bytes(IndexKind::Singles);
    let signature = secret.sign(&Subject::SinglesIndex, &index).unwrap();
    shop.repository
        .sign(IndexKind::Singles.path(), signature.into_bytes());
}

#[tokio::test]
async fn what_no_key_vouches_for_is_never_trusted_with_the_others() {
    let secret = SecretKey::generate().unwrap();
    let keys = TrustedKeys::parse(&secret.public().unwrap()).unwrap();
    let shop = Shop::trusting(keys).await;
    let (good, later) = (single("good", "good{}"), single("later", "later{}"));
    let listed: &[(&str, &str)] = &[("good", &good), ("later", &later)];
    put_by_hand(&shop, "good.rule.yaml", &good).await;
    put_by_hand(&shop, "later.rule.yaml", &single("later", "evil{}")).await;
    put_by_hand(
        &shop,
        "other.rule.json",
        r#"{"id": "other", "type": "wildcard", "pattern": "*", "css": "evil{}"}"#,
    )
    .await;
    // The index lists the file without its hash, which is no word about what is in it.
    shop.repository.offer_singles(listed);
    let index = String::from_utf8(shop.repository.index_bytes(IndexKind::Singles)).unwrap();
    let hash = packs::digest::sha256(later.as_bytes());
    assert!(index.contains(&hash));
    let unhashed = index.replace(&format!("\"{hash}\""), "null");
    shop.repository
        .write(IndexKind::Singles.path(), unhashed.as_bytes());
    sign_singles(&shop, &secret);
    let synced = shop.app.post(SYNC, "{}").await.data();
    assert_eq!(
        (&synced["put"], &synced["removed"]),
        (&json!(0), &json!(2)),
        "{synced}"
    );
    let css = shop.css().await;
    assert!(css.contains("good{}") && !css.contains("evil{}"), "{css}");

    shop.repository.write(IndexKind::Singles.path(), index.as_bytes());
    sign_singles(&shop, &secret);
    assert_eq!(shop.app.post(SYNC, "{}").await.data()["put"], 1);
    assert!(shop.css().await.contains("later{}"));
    // Somebody changes what was vouched for; memory of it is no word about what is there now.
    put_by_hand(&shop, "later.rule.yaml", &single("later", "evil{}")).await;
    shop.app.post(SYNC, "{}").await.data();
    let css = shop.css().await;
    assert!(css.contains("later{}") && !css.contains("evil{}"), "{css}");
}

#[tokio::test]
async fn what_a_key_has_vouched_for_stays_until_its_newer_version_comes() {
    let secret = SecretKey::generate().unwrap();
    let keys = TrustedKeys::parse(&secret.public().unwrap()).unwrap();
    let shop = Shop::trusting(keys).await;
    let old = single("a", "old{}");
    shop.repository.offer_singles(&[("a", &old)]);
    sign_singles(&shop, &secret);
    assert_eq!(shop.app.post(SYNC, "{}").await.data()["put"], 1);
    let new = single("a", "new{}");
    shop.repository.offer_singles(&[("a", &new)]);
    let index = shop.repository.index_bytes(IndexKind::Singles);
    // It is not valid, and under the hash that is listed.
    let broken = "{id: a, type: wildcard, pattern: '*'}\n";
    let digest = |text: &str| packs::digest::sha256(text.as_bytes());
    let index = String::from_utf8(index)
        .unwrap()
        .replace(&digest(&new), &digest(broken));
    shop.repository.write(IndexKind::Singles.path(), index.as_bytes());
    shop.repository.offer_singles(&[("a", broken)]);
    sign_singles(&shop, &secret);
    let synced = shop.app.post(SYNC, "{}").await.data();
    assert_eq!(
        (&synced["failed"][0]["file"], &synced["removed"]),
        (&json!("a"), &json!(0))
    );
    assert!(shop.css().await.contains("old{}"));
}

//! What packs that mean harm come to over HTTP.

use super::{
    Shop, app,
    outside::{nothing_outside, rule, zip},
    send,
};
use packs::{
    repository::IndexKind,
    signature::{SecretKey, Subject, TrustedKeys},
};
use serde_json::json;
use std::time::Duration;

/// Puts other names of the same length into an archive.
fn renamed(archive: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = archive.to_vec();
    for at in 0..bytes.len() - from.len() {
        if &bytes[at..at + from.len()] == from.as_bytes() {
            bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}

#[tokio::test]
async fn an_entry_that_leads_out_is_named_and_nothing_is_installed() {
    let app = app(nothing_outside()).await;
    let archive = zip("shop", "1.0.0", "", &rule("a", "a{}"));
    for (from, to) in [
        ("rules/all.rule.yaml", "../../all.rule.yaml"),
        ("rules/all.rule.yaml", "/ules/all.rule.yaml"),
        ("rules/all.rule.yaml", "rules\\all.rule.yaml"),
        ("rules/all.rule.yaml", "rules/CON.rule.yaml"),
    ] {
        let answer = send(&app, renamed(&archive, from, to), "").await;
        let (status, code, _) = answer.failure();
        assert_eq!((status, &*code), (422, "PACK_INVALID"), "{to}");
        let message = answer.json()["message"].take();
        // The message quotes what it shows.
        let shown = format!("{to:?}");
        assert!(message.as_str().unwrap().contains(&shown), "{to}: {message}");
    }
    assert_eq!(app.get("/v1/packs").await.data()["count"], 0);
}

/// The best rule of a page is a local one, whatever a pack says of its own.
#[tokio::test]
async fn a_rule_for_everything_with_the_highest_priority_silences_no_local_rule() {
    let app = app(nothing_outside()).await;
    let local = r#"{"id":"mine","type":"wildcard","pattern":"https://a.example/*","css":"mine{}"}"#;
    app.post("/v1/rules", local).await.data();
    let best = async || {
        let answer = app.post("/v1/resolve", r#"{"url":"https://a.example/","mode":"best"}"#);
        answer.await.data()["rule_id"].take()
    };
    assert_eq!(best().await, "mine");
    let greedy = "- {id: all, type: wildcard, pattern: '*', priority: 10000, css: 'all{}'}\n";
    let archive = zip("shop", "1.0.0", "", greedy);
    send(&app, archive.clone(), "").await.data();
    assert_eq!(best().await, "mine");
    // Who vouches for it lets it speak.
    send(&app, archive, "?trust=true").await.data();
    assert_eq!(best().await, "shop:all");
}

#[tokio::test]
async fn a_signed_index_is_not_replaced_by_an_older_one_that_is_signed_too() {
    let secret = SecretKey::generate().unwrap();
    let keys = TrustedKeys::parse(&secret.public().unwrap()).unwrap();
    let shop = Shop::trusting(keys).await;
    let publish = |bytes: &[u8]| {
        let signature = secret.sign(&Subject::Index, bytes).unwrap();
        shop.repository.write("index.json", bytes);
        shop.repository.sign("index.json", signature.into_bytes());
    };
    let newest = async || {
        shop.app.advance(Duration::from_secs(3600));
        let data = shop.app.get("/v1/packs/available").await.data();
        (data["packs"][0]["version"].clone(), data["stale"].clone())
    };
    shop.repository.offer(zip("shop", "1.0.0", "", &rule("a", "a{}")));
    let old = shop.repository.index_bytes(IndexKind::Packs);
    shop.repository.offer(zip("shop", "2.0.0", "", &rule("a", "a{}")));
    let new = shop.repository.index_bytes(IndexKind::Packs);
    publish(&new);
    assert_eq!(newest().await.0, "2.0.0");
    publish(&old);
    let (version, stale) = newest().await;
    assert_eq!((version, stale), (json!("2.0.0"), json!(true)));
}

/// What is exported as a pack is installed as one, with the same rules.
#[tokio::test]
async fn what_is_exported_as_a_pack_is_installed_with_equal_rules() {
    let app = app(nothing_outside()).await;
    let manifest = json!({"name": "mine", "version": "1.0.0", "description": "Mine", "author": "Ann"});
    let export = json!({"format": "pack", "manifest": manifest});
    let archive = app.post("/v1/rules/export", export.to_string()).await.body;
    send(&app, archive.to_vec(), "?trust=true").await.data();
    let listed = app.get("/v1/rules?source=local&limit=1000").await.data();
    let local = listed["rules"].as_array().unwrap();
    assert!(!local.is_empty());
    for rule in local {
        let id = rule["id"].as_str().unwrap();
        let installed = app.get(&format!("/v1/rules/mine:{id}")).await.data();
        for field in [
            "type",
            "pattern",
            "exclude",
            "css",
            "js",
            "priority",
            "author",
            "tags",
            "description",
        ] {
            assert_eq!(installed[field], rule[field], "{id} {field}");
        }
    }
}

//! Others change the packs of the same store, and this process has not heard of it when it decides.

use super::{
    Shop, UPDATE,
    outside::{rule, zip},
};
use serde_json::json;
use std::time::Duration;
use store::{
    Edit, Expected, RuleStore as _,
    contract::{pack, rule as plain_rule},
};

/// The pack `shop` in version 1 with an override, and version 2 in the repository.
async fn shop() -> Shop {
    let shop = Shop::new().await;
    let offer = |version: &str, css: &str| shop.repository.offer(zip("shop", version, "", &rule("a", css)));
    offer("1.0.0", "a1{}");
    shop.install("shop").await.data();
    shop.app
        .call("PATCH", "/v1/rules/shop:a", r#"{"css":"mine{}"}"#)
        .await
        .data();
    offer("2.0.0", "a2{}");
    shop.app.advance(Duration::from_secs(3600));
    shop
}

async fn meanwhile(shop: &Shop, edit: Edit) {
    shop.app.store.write(&[edit]).await.unwrap();
}

async fn versions(shop: &Shop) -> Vec<String> {
    let packs = shop.app.store.load().await.unwrap().packs;
    let versions = packs.values().filter_map(|pack| pack.version());
    versions.map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_pack_that_was_taken_out_elsewhere_does_not_come_back_with_an_update() {
    let shop = shop().await;
    meanwhile(&shop, Edit::Uninstall("shop".to_owned())).await;
    let (status, code, _) = shop.app.post(UPDATE, r#"{"names":["shop"]}"#).await.failure();
    assert_eq!((status, &*code), (404, "PACK_NOT_FOUND"));
    assert!(versions(&shop).await.is_empty());
}

#[tokio::test]
async fn an_update_that_finds_nothing_new_has_looked_at_what_others_did() {
    let shop = shop().await;
    shop.app.post(UPDATE, r#"{"names":["shop"]}"#).await.data();
    shop.app.store.share();
    meanwhile(&shop, Edit::Uninstall("shop".to_owned())).await;
    let (status, code, _) = shop.app.post(UPDATE, r#"{"names":["shop"]}"#).await.failure();
    assert_eq!((status, &*code), (404, "PACK_NOT_FOUND"));
}

#[tokio::test]
async fn an_update_knows_a_pack_that_has_just_been_installed_elsewhere() {
    let shop = shop().await;
    shop.app.store.share();
    meanwhile(&shop, Edit::Uninstall("shop".to_owned())).await;
    shop.app.refresh().await;
    meanwhile(&shop, Edit::Install(pack("shop", "1.0.0", &[("a", "a1{}")]))).await;
    // Nobody knows where they got it from, so that it stays.
    shop.app.post(UPDATE, r#"{"names":["shop"]}"#).await.data();
}

#[tokio::test]
async fn a_later_version_from_elsewhere_is_not_replaced_by_an_earlier_one() {
    let shop = shop().await;
    meanwhile(&shop, Edit::Install(pack("shop", "3.0.0", &[("a", "a3{}")]))).await;
    let (status, code, _) = shop.app.post(UPDATE, r#"{"all":true}"#).await.failure();
    assert_eq!((status, &*code), (422, "VERSION_CONFLICT"));
    assert_eq!(versions(&shop).await, ["3.0.0"]);
}

#[tokio::test]
async fn an_override_that_was_changed_elsewhere_is_looked_at_again_and_purged() {
    let shop = shop().await;
    let theirs = Edit::Put {
        layer: rules::Layer::Override,
        rule: plain_rule("shop:a", "theirs{}"),
        replaces: Expected::Anything,
    };
    meanwhile(&shop, theirs).await;
    let gone = shop
        .app
        .call("DELETE", "/v1/packs/shop?purge=true", "")
        .await
        .data();
    assert_eq!(gone["purged"], json!(["shop:a"]));
    let stored = shop.app.store.load().await.unwrap().rules;
    assert!(stored.iter().all(|sourced| sourced.rule.id().pack().is_none()));
}

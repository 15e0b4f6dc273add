//! The repository is down, lies, or is not there.

use super::{
    INSTALL, Shop, UPDATE, app, app_with,
    outside::{SOURCE, TestUpstream, nothing_outside, rule, zip},
};
use crate::app::settings;
use catalog::{Keep as _, Kept, KeptInMemory, Sources};
use packs::signature::{SecretKey, TrustedKeys};
use rules::{InstalledPack, PackSource, Timestamp};
use semver::Version;
use serde_json::json;
use std::{sync::Arc, time::Duration};

#[tokio::test]
async fn without_a_repository_nothing_is_offered_and_nothing_is_reported() {
    let app = app(nothing_outside()).await;
    for path in ["/v1/packs/available", "/v1/packs/updates"] {
        let data = app.get(path).await.data();
        assert_eq!((&data["configured"], &data["packs"]), (&json!(false), &json!([])));
    }
    let (status, code, _) = app.post(INSTALL, r#"{"source":"shop"}"#).await.failure();
    assert_eq!((status, &*code), (409, "CONFLICT"));
    assert_eq!(
        app.get("/health").await.data()["components"]["community"],
        json!(null)
    );
}

#[tokio::test]
async fn a_copy_of_the_index_serves_while_the_repository_is_down() {
    let shop = Shop::new().await;
    shop.repository.offer(zip("shop", "1.0.0", "", &rule("a", "a{}")));
    shop.repository.set_down(true);
    let (status, code, _) = shop.app.get("/v1/packs/available").await.failure();
    assert_eq!((status, &*code), (502, "UPSTREAM_UNAVAILABLE"));
    assert_eq!(shop.repository.asked(), ["index.json"]);
    shop.app.get("/v1/packs/available").await.failure();
    assert_eq!(
        shop.repository.asked(),
        [""; 0],
        "who only looks asks no failed repository again"
    );

    shop.repository.set_down(false);
    shop.app.advance(Duration::from_secs(61));
    let data = shop.app.get("/v1/packs/available").await.data();
    assert_eq!(
        (&data["stale"], &data["packs"][0]["version"]),
        (&json!(false), &json!("1.0.0"))
    );
    assert_eq!(
        shop.app.get("/health").await.data()["components"]["community"]["status"],
        "ok"
    );

    shop.repository.set_down(true);
    shop.app.advance(Duration::from_secs(3601));
    let data = shop.app.get("/v1/packs/available").await.data();
    assert_eq!(
        (&data["stale"], &data["packs"][0]["version"]),
        (&json!(true), &json!("1.0.0"))
    );
    let health = shop.app.get("/health").await.data();
    assert_eq!(
        (&health["status"], &health["components"]["community"]["status"]),
        (&json!("degraded"), &json!("failing"))
    );
    let (status, code, _) = shop.install("shop").await.failure();
    assert_eq!((status, &*code), (502, "UPSTREAM_UNAVAILABLE"));
    assert_eq!(shop.app.get("/v1/packs").await.data()["count"], 0);
}

#[tokio::test]
async fn a_new_version_is_found_although_the_copy_of_the_index_is_young() {
    let shop = Shop::new().await;
    shop.repository.offer(zip("shop", "1.0.0", "", &rule("a", "a{}")));
    shop.install("shop").await.data();
    shop.repository
        .offer(zip("other", "1.0.0", "", &rule("a", "a{}")));
    assert_eq!(shop.install("other").await.data()["changed"], true);
    shop.repository.offer(zip("shop", "2.0.0", "", &rule("a", "b{}")));
    let updated = shop.app.post(UPDATE, r#"{"all":true}"#).await.data();
    assert_eq!(updated["packs"][1]["version"], "2.0.0");
}

#[tokio::test]
async fn an_update_that_fails_for_some_says_what_became_of_each() {
    let shop = Shop::new().await;
    for name in ["bad", "good", "idle"] {
        shop.repository.offer(zip(name, "1.0.0", "", &rule("a", "old{}")));
        shop.install(name).await.data();
    }
    for name in ["bad", "good"] {
        shop.repository.offer(zip(name, "2.0.0", "", &rule("a", "new{}")));
    }
    shop.repository.corrupt(
        "bad",
        &"2.0.0".parse().unwrap(),
        zip("bad", "2.0.0", "", &rule("a", "evil{}")),
    );
    shop.app.advance(Duration::from_secs(3600));
    let answer = shop.app.post(UPDATE, r#"{"all":true}"#).await;
    let (status, code, _) = answer.failure();
    assert_eq!((status, &*code), (422, "PACK_INVALID"));
    let packs = answer.json()["details"]["packs"].take();
    let outcomes: Vec<_> = (0..3)
        .map(|n| (&packs[n]["name"], &packs[n]["outcome"]))
        .collect();
    assert_eq!(
        outcomes,
        [
            (&json!("bad"), &json!("failed")),
            (&json!("good"), &json!("updated")),
            (&json!("idle"), &json!("unchanged")),
        ]
    );
    let version = |name: &'static str| {
        let app = &shop.app;
        async move { app.get(&format!("/v1/packs/{name}")).await.data()["version"].take() }
    };
    assert_eq!(
        (version("bad").await, version("good").await),
        (json!("1.0.0"), json!("2.0.0"))
    );
    assert!(!shop.css().await.contains("evil"));
}

#[tokio::test]
async fn with_keys_nothing_unsigned_comes_in() {
    let secret = SecretKey::generate().unwrap();
    let keys = TrustedKeys::parse(&secret.public().unwrap()).unwrap();
    let shop = Shop::trusting(keys).await;
    let archive = zip("shop", "1.0.0", "", &rule("a", "a{}"));
    shop.repository.offer(archive.clone());
    let (status, code, _) = shop.install("shop").await.failure();
    assert_eq!(
        (status, &*code),
        (422, "SIGNATURE_INVALID"),
        "the index has no signature"
    );
    sign_index(&shop, &secret);
    let (status, code, _) = shop.install("shop").await.failure();
    assert_eq!(
        (status, &*code),
        (422, "SIGNATURE_INVALID"),
        "the archive has no signature"
    );
    sign_archive(&shop.repository, &secret, "1.0.0", &archive);
    let pack = shop.install("shop").await.data()["packs"][0]["pack"].take();
    assert_eq!(pack["trusted"], true);
    assert_eq!(pack["signature"]["key"], secret.public().unwrap());
}

#[tokio::test]
async fn an_old_archive_in_the_place_of_the_listed_version_is_refused() {
    let shop = Shop::new().await;
    let old = zip("shop", "1.0.0", "", &rule("a", "old{}"));
    shop.repository.corrupt("shop", &"2.0.0".parse().unwrap(), old);
    // Without a hash only the version tells.
    let listed =
        br#"{"updated_at": "2026-01-31T00:00:00Z", "packs": [{"name": "shop", "version": "2.0.0"}]}"#;
    shop.repository.write("index.json", listed);
    let (status, code, _) = shop.install("shop").await.failure();
    assert_eq!((status, &*code), (422, "PACK_INVALID"));
    assert_eq!(shop.app.get("/v1/packs").await.data()["count"], 0);
}

#[tokio::test]
async fn without_keys_an_update_still_wants_the_signature_of_who_signed_before() {
    let secret = SecretKey::generate().unwrap();
    let repository = Arc::<TestUpstream>::default();
    let sources = Sources {
        repository: Some(Arc::clone(&repository) as _),
        ..nothing_outside()
    };
    let source = PackSource {
        url: Some(format!("{SOURCE}packs/shop/shop-1.0.0.zip")),
        version: Version::new(1, 0, 0),
        sha256: "0".repeat(64),
        key: Some(secret.public().unwrap()),
        trusted: true,
        installed_at: Timestamp::from_millis(0),
    };
    let pack = InstalledPack {
        manifest: None,
        source: Some(source),
    };
    let app = app_with([("shop".to_owned(), pack)].into(), settings(), sources).await;
    let archive = zip("shop", "2.0.0", "", &rule("a", "a{}"));
    repository.offer(archive.clone());
    assert_eq!(
        app.get("/v1/packs/shop").await.data()["trusted"],
        false,
        "the key that it was trusted by is not configured"
    );
    let (status, code, _) = app.post(UPDATE, r#"{"all":true}"#).await.failure();
    assert_eq!((status, &*code), (422, "SIGNATURE_INVALID"));
    sign_archive(&repository, &secret, "2.0.0", &archive);
    let updated = app.post(UPDATE, r#"{"all":true}"#).await.data();
    assert_eq!(updated["packs"][0]["version"], "2.0.0");
    let source = &app.get("/v1/rules/shop:a").await.data()["source"];
    assert_eq!(source["trusted"], false, "{source}");
}

fn sign_archive(repository: &TestUpstream, secret: &SecretKey, version: &str, archive: &[u8]) {
    let subject = packs::signature::Subject::Archive {
        name: "shop",
        version: &version.parse().unwrap(),
    };
    let signature = secret.sign(&subject, archive).unwrap();
    let path = format!("packs/shop/shop-{version}.zip");
    repository.sign(&path, signature.into_bytes());
}

fn sign_index(shop: &Shop, secret: &SecretKey) {
    let index = shop.repository.index_bytes(packs::repository::IndexKind::Packs);
    let signature = secret.sign(&packs::signature::Subject::Index, &index).unwrap();
    shop.repository.sign("index.json", signature.into_bytes());
}

#[tokio::test]
async fn operations_take_turns_and_outlive_those_who_asked() {
    let shop = Shop::new().await;
    for name in ["a", "b", "c"] {
        shop.repository
            .offer(zip(name, "1.0.0", "", &rule("x", &format!("{name}{{}}"))));
    }
    shop.repository.slow_down(Duration::from_millis(50));
    let (a, b) = tokio::join!(shop.install("a"), shop.install("b"));
    assert_eq!(
        (a.data()["changed"].take(), b.data()["changed"].take()),
        (json!(true), json!(true))
    );
    assert_eq!(
        shop.repository.asked(),
        ["index.json", "packs/a/a-1.0.0.zip", "packs/b/b-1.0.0.zip"]
    );
    let given_up = tokio::time::timeout(Duration::from_millis(10), shop.install("c")).await;
    assert!(given_up.is_err());
    while shop.app.get("/v1/packs").await.data()["count"] != 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(shop.css().await.contains("c{}"));
}

/// A shop that may hold so many bytes of packs at once, with three packs of which newer versions are offered.
async fn narrow(held_bytes_max: usize) -> Shop {
    let (repository, memory) = (Arc::<TestUpstream>::default(), Arc::<KeptInMemory>::default());
    let sources = Sources {
        repository: Some(Arc::clone(&repository) as _),
        keep: Arc::clone(&memory) as _,
        held_bytes_max,
        ..nothing_outside()
    };
    let shop = Shop {
        app: super::app(sources).await,
        repository,
        memory,
    };
    for name in ["a", "b", "c"] {
        shop.repository.offer(zip(name, "1.0.0", "", &rule("x", "old{}")));
        shop.install(name).await.data();
        shop.repository.offer(zip(name, "2.0.0", "", &rule("x", "new{}")));
    }
    shop.app.advance(Duration::from_secs(3600));
    shop
}

#[tokio::test]
async fn an_update_is_as_few_writes_as_memory_allows() {
    for (held_bytes_max, writes) in [(usize::MAX, 1), (1, 3)] {
        let shop = narrow(held_bytes_max).await;
        let revision = async || {
            let stats = shop.app.get("/v1/stats").await.data();
            stats["revision"].as_u64().unwrap()
        };
        let before = revision().await;
        let updated = shop.app.post(UPDATE, r#"{"all":true}"#).await.data();
        let versions: Vec<_> = (0..3).map(|n| &updated["packs"][n]["version"]).collect();
        assert_eq!(versions, ["2.0.0"; 3]);
        assert_eq!(revision().await - before, writes, "{held_bytes_max}");
    }
}

#[tokio::test]
async fn what_is_restored_is_one_write_or_refused() {
    let shop = narrow(1).await;
    let lock = shop.memory.read(Kept::Lock).unwrap().unwrap();
    for name in ["a", "b"] {
        shop.app
            .call("DELETE", &format!("/v1/packs/{name}"), "")
            .await
            .data();
    }
    shop.memory.write(Kept::Lock, &lock).unwrap();
    let restore = || shop.app.post(super::INSTALL, r#"{"locked":true}"#);
    let answer = restore().await;
    assert_eq!(answer.failure().0, 409);
    assert!(answer.text().contains("install `b` alone first"));
    assert_eq!(shop.app.get("/v1/packs").await.data()["count"], 1);
    shop.install("b@1.0.0").await.data();
    assert_eq!(restore().await.data()["changed"], true);
    assert_eq!(shop.app.get("/v1/packs").await.data()["count"], 3);
}

//! Packs come, change and go.

use super::{
    INSTALL, Shop, UPDATE, app,
    outside::{nothing_outside, rule, zip},
    send,
};
use catalog::{Keep as _, Kept};
use packs::signature::{SecretKey, Subject, TrustedKeys};
use serde_json::json;

#[tokio::test]
async fn a_pack_comes_is_updated_and_goes() {
    let shop = Shop::new().await;
    shop.repository
        .offer(zip("shop", "1.0.0", "", &rule("a", "a1{}")));
    let installed = shop.install("shop").await.data();
    assert_eq!(installed["changed"], true);
    let pack = &installed["packs"][0]["pack"];
    assert_eq!(
        (
            &pack["name"],
            &pack["version"],
            &pack["author"],
            &pack["rule_count"]
        ),
        (&json!("shop"), &json!("1.0.0"), &json!("Ann"), &json!(1))
    );
    assert_eq!(
        pack["source"]["url"],
        "https://packs.test/packs/shop/shop-1.0.0.zip"
    );
    assert_eq!(
        (&pack["trusted"], &pack["signature"]),
        (&json!(false), &json!(null))
    );
    assert!(shop.css().await.contains("a1{}"));

    let again = shop.install("shop@1.0.0").await.data();
    assert_eq!(again["changed"], false);

    shop.repository
        .offer(zip("shop", "1.1.0", "", &rule("a", "a2{}")));
    shop.app.advance(std::time::Duration::from_secs(3600));
    let updates = shop.app.get("/v1/packs/updates").await.data();
    assert_eq!(
        updates["packs"],
        json!([{"name": "shop", "installed": "1.0.0", "available": "1.1.0"}])
    );
    let updated = shop.app.post(UPDATE, r#"{"all":true}"#).await.data();
    assert_eq!(
        (&updated["changed"], &updated["packs"][0]["version"]),
        (&json!(true), &json!("1.1.0"))
    );
    assert!(shop.css().await.contains("a2{}"));
    let lock = String::from_utf8(shop.memory.read(Kept::Lock).unwrap().unwrap()).unwrap();
    assert!(lock.contains("version: \"1.1.0\""), "{lock}");

    let gone = shop.app.call("DELETE", "/v1/packs/shop", "").await.data();
    assert_eq!(gone["version"], "1.1.0");
    assert!(!shop.css().await.contains("a2{}"));
    let failure = shop.app.call("DELETE", "/v1/packs/shop", "").await.failure();
    assert_eq!(failure, (404, "PACK_NOT_FOUND".to_owned(), String::new()));
    assert_eq!(shop.app.get("/v1/packs").await.data()["count"], 0);
}

#[tokio::test]
async fn overrides_and_disabled_ids_outlive_an_update_and_a_removal() {
    let shop = Shop::new().await;
    let rules = |a: &str| [rule("a", a), rule("b", "b{}"), rule("c", "c{}")].concat();
    shop.repository.offer(zip("shop", "1.0.0", "", &rules("a1{}")));
    shop.install("shop").await.data();
    for id in ["a", "b"] {
        shop.app
            .call("PATCH", &format!("/v1/rules/shop:{id}"), r#"{"css":"mine{}"}"#)
            .await
            .data();
    }
    shop.app.post("/v1/rules/shop:c/disable", "").await.data();

    shop.repository.offer(zip("shop", "2.0.0", "", &rules("a2{}")));
    shop.app.advance(std::time::Duration::from_secs(3600));
    let updated = shop.app.post(UPDATE, r#"{"names":["shop"]}"#).await.data();
    assert_eq!(updated["packs"][0]["outdated"], json!(["shop:a"]));
    let pack = shop.app.get("/v1/packs/shop").await.data();
    assert_eq!(pack["overrides"], json!(["shop:a", "shop:b"]));
    assert_eq!(
        pack["outdated"],
        json!([{"rule_id": "shop:a", "base_version": "1.0.0"}])
    );
    assert_eq!(shop.app.get("/v1/rules/shop:c").await.data()["state"], "disabled");

    let gone = shop.app.call("DELETE", "/v1/packs/shop", "").await.data();
    assert_eq!(gone["orphaned"], json!(["shop:a", "shop:b"]));
    assert!(!shop.css().await.contains("mine"));
    shop.install("shop").await.data();
    assert!(shop.css().await.contains("mine"));
    assert_eq!(shop.app.get("/v1/rules/shop:c").await.data()["state"], "disabled");

    let gone = shop
        .app
        .call("DELETE", "/v1/packs/shop?purge=true", "")
        .await
        .data();
    assert_eq!(gone["purged"], json!(["shop:a", "shop:b"]));
    assert_eq!(shop.app.get("/v1/rules/shop:a").await.status, 404);
}

#[tokio::test]
async fn an_archive_in_the_body_is_installed_with_or_without_trust() {
    let app = app(nothing_outside()).await;
    let script = "- {id: s, type: wildcard, pattern: '*', js: 'run()'}\n";
    let archive = zip(
        "shop",
        "1.0.0",
        "dependencies: [{name: other, version: '^1'}]\n",
        script,
    );
    let installed = send(&app, archive.clone(), "").await.data();
    let pack = &installed["packs"][0]["pack"];
    assert_eq!(
        (&pack["trusted"], &pack["source"]["url"]),
        (&json!(false), &json!(null))
    );
    let warning = pack["warnings"][0].as_str().unwrap();
    assert!(warning.contains("`other`"), "{warning}");
    assert_eq!(app.get("/v1/rules/shop:s").await.data()["state"], "untrusted");
    let trusted = send(&app, archive, "?trust=true").await.data();
    assert_eq!(
        (&trusted["changed"], &trusted["packs"][0]["pack"]["trusted"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(app.get("/v1/rules/shop:s").await.data()["state"], "active");
}

#[tokio::test]
async fn an_override_does_not_lend_trust_to_a_priority_unseen() {
    let app = app(nothing_outside()).await;
    let rules = "- {id: a, type: wildcard, pattern: '*', css: 'a{}', priority: 9000}\n";
    send(&app, zip("shop", "1.0.0", "", rules), "").await.data();
    let patch = |body: &'static str| app.call("PATCH", "/v1/rules/shop:a", body);
    let (status, code, field) = patch(r#"{"css":"b{}"}"#).await.failure();
    assert_eq!((status, &*code, &*field), (422, "VALIDATION_FAILED", "priority"));
    patch(r#"{"css":"b{}","priority":null}"#).await.data();
    assert_eq!(app.get("/v1/rules/shop:a").await.data()["priority"], json!(null));
    patch(r#"{"priority":7000}"#).await.data();
    assert_eq!(app.get("/v1/rules/shop:a").await.data()["priority"], 7000);
}

#[tokio::test]
async fn what_is_wrong_with_a_pack_is_said_and_nothing_is_changed() {
    let shop = Shop::new().await;
    let of = |more: &str, rules: &str| zip("shop", "1.0.0", more, rules);
    for (archive, code, field) in [
        (b"PK\x03\x04 nothing".to_vec(), "PACK_INVALID", ""),
        (
            of("", "- {id: a, type: wildcard, pattern: '*'}\n"),
            "PACK_INVALID",
            "[0].css",
        ),
        (
            of("homepage: 7\n", &rule("a", "a{}")),
            "MANIFEST_INVALID",
            "homepage",
        ),
        (
            of("requires: {asset-injector: '>=9'}\n", &rule("a", "a{}")),
            "VERSION_CONFLICT",
            "",
        ),
    ] {
        let failure = send(&shop.app, archive, "").await.failure();
        assert_eq!(failure, (422, code.to_owned(), field.to_owned()));
    }
    for (body, expected) in [
        (r#"{"source":"none"}"#, (404, "PACK_NOT_FOUND", "")),
        (
            r#"{"source":"http://a.example/x.zip"}"#,
            (422, "VALIDATION_FAILED", "source"),
        ),
        (
            r#"{"source":"https://127.0.0.1/x.zip"}"#,
            (422, "VALIDATION_FAILED", "source"),
        ),
        (r#"{"source":"singles"}"#, (422, "VALIDATION_FAILED", "source")),
        (r#"{"trust":true}"#, (422, "VALIDATION_FAILED", "source")),
        (r#"{"locked":true}"#, (409, "CONFLICT", "")),
    ] {
        let (status, code, field) = shop.app.post(INSTALL, body).await.failure();
        assert_eq!((status, &*code, &*field), expected, "{body}");
    }
    for body in ["{}", r#"{"all":true,"names":[]}"#] {
        let (status, ..) = shop.app.post(UPDATE, body).await.failure();
        assert_eq!(status, 422, "{body}");
    }
    assert_eq!(shop.app.get("/v1/packs").await.data()["count"], 0);
}

#[tokio::test]
async fn what_is_locked_is_restored_exactly() {
    let shop = Shop::new().await;
    for version in ["1.0.0", "2.0.0"] {
        shop.repository.offer(zip(
            "shop",
            version,
            "",
            &rule("a", &format!("v{}{{}}", &version[..1])),
        ));
    }
    shop.install("shop@1.0.0").await.data();
    let lock = shop.memory.read(Kept::Lock).unwrap().unwrap();
    shop.install("shop").await.data();
    assert!(shop.css().await.contains("v2{}"));
    shop.memory.write(Kept::Lock, &lock).unwrap();

    let restored = shop.app.post(INSTALL, r#"{"locked":true}"#).await.data();
    let pack = &restored["packs"][0];
    assert_eq!(
        (&pack["from"], &pack["version"], &pack["changed"]),
        (&json!("2.0.0"), &json!("1.0.0"), &json!(true))
    );
    assert!(shop.css().await.contains("v1{}"));
    let again = shop.app.post(INSTALL, r#"{"locked":true}"#).await.data();
    assert_eq!(again["changed"], false);

    // An update that changes nothing leaves alone what is still to be restored.
    shop.install("shop").await.data();
    shop.memory.write(Kept::Lock, &lock).unwrap();
    shop.app.post(UPDATE, r#"{"all":true}"#).await.data();
    shop.install("shop").await.data();
    assert_eq!(shop.memory.read(Kept::Lock).unwrap(), Some(lock.clone()));

    // Another archive of that name is not what was recorded.
    shop.install("shop").await.data();
    shop.memory.write(Kept::Lock, &lock).unwrap();
    shop.repository.corrupt(
        "shop",
        &"1.0.0".parse().unwrap(),
        zip("shop", "1.0.0", "", &rule("a", "evil{}")),
    );
    let (status, code, _) = shop.app.post(INSTALL, r#"{"locked":true}"#).await.failure();
    assert_eq!((status, &*code), (422, "PACK_INVALID"));
    assert!(shop.css().await.contains("v2{}"));
}

#[tokio::test]
async fn what_is_locked_and_not_restored_yet_stays_locked() {
    let shop = Shop::new().await;
    for name in ["a", "b"] {
        shop.repository.offer(zip(name, "1.0.0", "", &rule("x", "x{}")));
    }
    shop.install("a").await.data();
    let lock = shop.memory.read(Kept::Lock).unwrap().unwrap();
    let elsewhere = String::from_utf8(lock).unwrap().replace("\"a\"", "\"other\"");
    shop.memory.write(Kept::Lock, elsewhere.as_bytes()).unwrap();
    shop.install("b").await.data();
    let locked = || {
        let bytes = shop.memory.read(Kept::Lock).unwrap().unwrap();
        let packs = packs::lock::parse(&bytes).unwrap();
        packs.into_iter().map(|pack| pack.name).collect::<Vec<_>>()
    };
    assert_eq!(locked(), ["a", "b", "other"]);
    shop.app.call("DELETE", "/v1/packs/a", "").await.data();
    assert_eq!(locked(), ["b", "other"]);

    // What cannot be read is not written over.
    shop.memory.write(Kept::Lock, b"version: 9").unwrap();
    let gone = shop.app.call("DELETE", "/v1/packs/b", "").await.data();
    let warning = gone["warnings"][0].as_str().unwrap();
    assert!(warning.contains("packs.lock"), "{warning}");
    assert_eq!(shop.memory.read(Kept::Lock).unwrap().unwrap(), b"version: 9");
}

/// A process can end between the change and its record; what is noted then looks like this.
#[tokio::test]
async fn the_lock_file_follows_a_change_that_ended_with_its_process() {
    let shop = Shop::new().await;
    for version in ["1.0.0", "2.0.0"] {
        shop.repository.offer(zip("shop", version, "", &rule("a", "a{}")));
    }
    let lock = || shop.memory.read(Kept::Lock).unwrap().unwrap();
    shop.install("shop@1.0.0").await.data();
    let old = lock();
    shop.install("shop").await.data();
    let new = lock();
    shop.memory.write(Kept::Lock, &old).unwrap();
    shop.memory.write(Kept::Unrecorded, br#"{"gone":null}"#).unwrap();
    let again = shop.install("shop").await.data();
    assert_eq!((&again["changed"], lock()), (&json!(false), new.clone()));

    // Nothing is noted any more, so another lock file is one that came from elsewhere.
    shop.memory.write(Kept::Lock, &old).unwrap();
    shop.install("shop").await.data();
    assert_eq!(lock(), old);

    shop.app.call("DELETE", "/v1/packs/shop", "").await.data();
    let none = lock();
    shop.memory.write(Kept::Lock, &new).unwrap();
    shop.memory
        .write(Kept::Unrecorded, br#"{"gone":"shop"}"#)
        .unwrap();
    let (status, ..) = shop.app.call("DELETE", "/v1/packs/shop", "").await.failure();
    assert_eq!((status, lock()), (404, none));

    // What is refused has changed nothing, and leaves alone what is still to be restored.
    shop.memory.write(Kept::Lock, &new).unwrap();
    shop.app.call("DELETE", "/v1/packs/shop", "").await.failure();
    shop.app.call("DELETE", "/v1/packs/shop", "").await.failure();
    assert_eq!(lock(), new);
}

#[tokio::test]
async fn the_signature_of_an_archive_in_the_body_comes_beside_it() {
    let secret = SecretKey::generate().unwrap();
    let public = secret.public().unwrap();
    let shop = Shop::trusting(TrustedKeys::parse(&public).unwrap()).await;
    let archive = zip("shop", "1.0.0", "", &rule("a", "a{}"));
    let subject = Subject::Archive {
        name: "shop",
        version: &"1.0.0".parse().unwrap(),
    };
    let signature = secret.sign(&subject, &archive).unwrap();
    let encoded: String = signature.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let query = format!("?signature={encoded}");
    for (archive, query) in [
        (&archive, ""),
        (&zip("shop", "1.0.0", "", &rule("a", "evil{}")), &*query),
    ] {
        let (status, code, _) = send(&shop.app, archive.clone(), query).await.failure();
        assert_eq!((status, &*code), (422, "SIGNATURE_INVALID"), "{query}");
    }
    let pack = send(&shop.app, archive, &query).await.data()["packs"][0]["pack"].take();
    assert_eq!(
        (&pack["trusted"], &pack["signature"]["key"]),
        (&json!(true), &json!(public))
    );
    let path = format!("{INSTALL}{query}");
    let (status, _, field) = shop.app.post(&path, r#"{"source":"shop"}"#).await.failure();
    assert_eq!((status, &*field), (400, "signature"));
}

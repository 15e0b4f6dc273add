//! What keys let in.

use super::{
    key,
    life::{URL, css, on, publish, published},
    pack,
};
use crate::{binary::Sandbox, http, serving::Serving};
use std::fs;

#[test]
fn with_keys_only_what_they_signed_is_installed() {
    let (repository, web) = published(Some("a.key"));
    let public = repository.run(&[
        "packs",
        "sign",
        "index.json",
        "--key",
        "a.key",
        "--format",
        "json",
    ]);
    let public = public.code(0).json()["key"].as_str().unwrap().to_owned();
    let other = key(&repository, "b.key");
    let url = web.url();
    let start = |sandbox: &Sandbox, keys: &str| {
        let variables = [
            ("COMMUNITY_REPO_URL", url.as_str()),
            ("PACK_TRUSTED_KEYS", keys),
            ("COMMUNITY_INDEX_TTL", "1ms"),
        ];
        Serving::ready(sandbox, &variables)
    };
    let sandbox = Sandbox::new();
    let serving = start(&sandbox, &public);
    on(&serving, &["packs", "install", "demo"])
        .code(0)
        .prints(&["installed demo 1.0.0"]);
    on(&serving, &["packs", "list"]).code(0).prints(&["signed"]);
    assert_eq!(http::resolve(serving.address, URL)["js"], "let demo = 1;");

    // The same repository is worth nothing under another key.
    let elsewhere = Sandbox::new();
    let stranger = start(&elsewhere, &other);
    on(&stranger, &["packs", "install", "demo"])
        .code(1)
        .says(&["SIGNATURE_INVALID", "PACK_TRUSTED_KEYS"]);

    // A new version without a signature of its own, in an index that is signed.
    publish(&repository, "1.1.0", "#banner{color:blue}", Some("a.key"));
    fs::remove_file(repository.path().join("packs/demo/demo-1.1.0.zip.minisig")).unwrap();
    let ran = on(&serving, &["packs", "update", "--all"]).code(1);
    ran.says(&["SIGNATURE_INVALID"]).prints(&["failed demo: "]);
    assert_eq!(css(&serving), "#banner{color:red}");
}

#[test]
fn the_signature_beside_a_local_archive_goes_with_it() {
    let sandbox = Sandbox::new();
    let public = key(&sandbox, "a.key");
    pack(&sandbox, "demo", "demo", "1.0.0");
    sandbox.run(&["packs", "build", "demo"]).code(0);
    fs::create_dir(sandbox.path().join("rules")).unwrap();
    let install = || {
        let args = ["packs", "install", "demo-1.0.0.zip", "--rules-dir", "rules"];
        sandbox.run_with(&args, &[("PACK_TRUSTED_KEYS", &public)])
    };
    install().code(1).says(&["SIGNATURE_INVALID", "has no signature"]);
    let sign = ["packs", "sign", "demo-1.0.0.zip", "--key", "a.key"];
    sandbox.run(&sign).code(0);
    install().code(0).prints(&["installed demo 1.0.0"]);
    let source = sandbox.read("rules/community/demo/.source.json");
    assert!(source.contains(&public), "{source}");
}

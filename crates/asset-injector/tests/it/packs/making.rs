//! `packs new`, `build`, `sign` and `verify`.

use super::{key, manifest, pack};
use crate::binary::{Sandbox, rule};
use std::fs;

#[test]
fn what_new_makes_is_a_pack_without_findings() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run(&["packs", "new", "demo", "--author", "Ann Example"])
        .code(0);
    ran.prints(&["made demo/manifest.yaml", "packs build demo"]);
    assert!(
        sandbox
            .read("demo/manifest.yaml")
            .contains("author: Ann Example\n")
    );
    sandbox.run(&["check", "--deny-warnings", "demo"]).code(0);
    sandbox
        .run(&["packs", "build", "demo"])
        .code(0)
        .prints(&["built demo-1.0.0.zip: 1 rule, "]);
    sandbox.write("demo/README.md", "mine");
    sandbox
        .run(&["packs", "new", "demo"])
        .code(0)
        .prints(&["kept demo/README.md"]);
    assert_eq!(sandbox.read("demo/README.md"), "mine");
}

#[test]
fn a_folder_that_no_pack_can_be_called_as_is_refused() {
    for name in ["Demo", "singles", "updates", "a b"] {
        let ran = Sandbox::new().run(&["packs", "new", name]).code(2);
        ran.says(&["cannot be the name of a pack", "help: "]);
    }
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let sandbox = Sandbox::new();
    for folder in ["one", "two"] {
        pack(&sandbox, folder, "demo", "1.0.0");
        sandbox.write(&format!("{folder}/LICENSE"), "yours");
    }
    sandbox.write("two/.git/config", "hidden");
    sandbox.write("two/demo-0.9.0.zip", "an older one");
    sandbox.write("two/demo-0.9.0.zip.minisig", "its signature");
    let build = |folder: &str| {
        let args = [
            "packs",
            "build",
            folder,
            "-o",
            &format!("{folder}.zip"),
            "--format",
            "json",
        ];
        sandbox.run(&args).code(0).json()
    };
    let (one, two) = (build("one"), build("two"));
    assert_eq!(one["sha256"], two["sha256"]);
    assert_eq!(
        (&one["name"], &one["version"], &one["rules"]),
        (&"demo".into(), &"1.0.0".into(), &1.into())
    );
    let bytes = |name| fs::read(sandbox.path().join(name)).unwrap();
    assert_eq!(bytes("one.zip"), bytes("two.zip"));
    assert_eq!(one["size"], bytes("one.zip").len());
}

#[test]
fn what_is_no_pack_is_not_built_and_every_problem_is_named() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["packs", "build", "."])
        .code(2)
        .says(&["holds no manifest.yaml", "packs new"]);
    sandbox.write("demo/manifest.yaml", "name: demo\nversion: one\n");
    let ran = sandbox.run(&["packs", "build", "demo"]).code(1);
    ran.says(&[
        "manifest.yaml:1:1: author is missing",
        "manifest.yaml:2:10: version ",
        "asset-injector check demo",
    ]);
    sandbox.write("demo/manifest.yaml", &manifest("demo", "1.0.0"));
    sandbox.write("demo/rules/bad.rule.yaml", "pattern: x\n");
    let ran = sandbox.run(&["packs", "build", "demo"]).code(1);
    ran.says(&["rules/bad.rule.yaml:1:1: type is missing"]);
    assert!(!sandbox.path().join("demo-1.0.0.zip").exists());
}

#[test]
fn a_link_in_a_pack_is_refused() {
    let sandbox = Sandbox::new();
    pack(&sandbox, "demo", "demo", "1.0.0");
    std::os::unix::fs::symlink("/etc/passwd", sandbox.path().join("demo/users")).unwrap();
    sandbox
        .run(&["packs", "build", "demo"])
        .code(2)
        .says(&["is neither a file nor a folder"]);
}

#[test]
fn a_signature_is_valid_for_its_file_and_its_key_alone() {
    let sandbox = Sandbox::new();
    let public = key(&sandbox, "a.key");
    let other = key(&sandbox, "b.key");
    for version in ["1.0.0", "1.0.1"] {
        pack(&sandbox, "demo", "demo", version);
        sandbox.run(&["packs", "build", "demo"]).code(0);
    }
    let ran = sandbox
        .run(&["packs", "sign", "demo-1.0.0.zip", "--key", "a.key"])
        .code(0);
    ran.prints(&["signed demo-1.0.0.zip  demo 1.0.0 ", &public]);
    let verify = |file: &str, key: &str| sandbox.run(&["packs", "verify", file, "--key", key]);
    verify("demo-1.0.0.zip", &public)
        .code(0)
        .prints(&["valid demo-1.0.0.zip"]);
    sandbox.write("a.pub", &format!("untrusted comment: mine\n{public}\n"));
    verify("demo-1.0.0.zip", "a.pub").code(0);
    verify("demo-1.0.0.zip", &other)
        .code(1)
        .prints(&["not valid demo-1.0.0.zip: "]);
    verify("demo-1.0.1.zip", &public)
        .code(1)
        .prints(&["has no signature"]);
    let at = |name: &str| sandbox.path().join(name);
    fs::copy(at("demo-1.0.0.zip.minisig"), at("demo-1.0.1.zip.minisig")).unwrap();
    verify("demo-1.0.1.zip", &public)
        .code(1)
        .prints(&["made by no trusted key, or for something else"]);
    verify("demo-1.0.0.zip", "no key")
        .code(2)
        .says(&["is not a minisign public key", "help: "]);
}

/// Making a key of a password takes its time, as it is meant to: `Cargo.toml` has it optimised for tests.
#[test]
fn an_encrypted_key_wants_its_password() {
    let sandbox = Sandbox::new();
    pack(&sandbox, "demo", "demo", "1.0.0");
    sandbox.run(&["packs", "build", "demo"]).code(0);
    let pair = minisign::KeyPair::generate_encrypted_keypair(Some("pass".to_owned())).unwrap();
    let public = pair.pk.to_base64();
    sandbox.write("secret.key", &pair.sk.to_box(None).unwrap().into_string());
    sandbox.write("password", "pass\n");
    let args = ["packs", "sign", "demo-1.0.0.zip", "--key", "secret.key"];
    let ran = sandbox.run(&args).code(2);
    ran.says(&["is encrypted", "--password-file", "ASSET_INJECTOR_KEY_PASSWORD"]);
    let ran = sandbox
        .run_with(&args, &[("ASSET_INJECTOR_KEY_PASSWORD", "word")])
        .code(2);
    ran.says(&["the password is not that of the secret key"]);
    sandbox
        .run(&[&args[..], &["--password-file", "password"]].concat())
        .code(0);
    let verify = ["packs", "verify", "demo-1.0.0.zip", "--key", &public];
    sandbox.run(&verify).code(0);
}

#[test]
fn what_is_no_key_does_not_sign() {
    let sandbox = Sandbox::new();
    pack(&sandbox, "demo", "demo", "1.0.0");
    sandbox.run(&["packs", "build", "demo"]).code(0);
    let sign = |key: &str| sandbox.run(&["packs", "sign", "demo-1.0.0.zip", "--key", key]);
    sandbox.write("no.key", "nothing\nmuch\n");
    sign("no.key")
        .code(2)
        .says(&["is not a secret key of minisign", "minisign -G"]);
    sign("gone.key").code(2).says(&["`gone.key` cannot be read"]);
}

#[test]
fn only_archives_and_indexes_are_signed() {
    let sandbox = Sandbox::new();
    key(&sandbox, "a.key");
    sandbox.write("notes.txt", "anything");
    sandbox.write("index.json", "{}");
    sandbox.write("any.rule.yaml", &rule("any", "a.example"));
    for file in ["notes.txt", "index.json", "any.rule.yaml"] {
        let ran = sandbox.run(&["packs", "sign", file, "--key", "a.key"]).code(1);
        ran.says(&[file, "help: "]);
        assert!(!sandbox.path().join(format!("{file}.minisig")).exists());
    }
}

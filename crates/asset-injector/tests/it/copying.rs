//! `rules copy`: trees to archives and back, and the lines of `docs/backup.md`.

use crate::{
    binary::{Sandbox, rule},
    doctor::free_port,
    expected,
    packs::document::{lines_of, run},
    serving::Serving,
};
use pg_test::{Loss, Proxy, Server};
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

const MANIFEST: &str = "name: print-fixes\nversion: 1.2.3\ndescription: For print\nauthor: Ann\n";
const PACK: &str = "rules/community/print-fixes";

/// A tree with something of everything.
fn tree() -> Sandbox {
    let full = "# Why this is here.\nid: banner\ntype: wildcard\npattern: '*.example.com/*'\njs: a();\n\
                created_at: 2026-01-01T00:00:00Z\nx-ticket: 170141183460469231731687303715884105727\n";
    let source = json!({
        "source_url": "https://packs.example/print-fixes.zip", "version": "1.2.3",
        "sha256": "0".repeat(64), "trusted": true, "installed_at": "2026-01-01T00:00:00Z",
    });
    Sandbox::with([
        ("rules/local/deep/banner.rule.yaml", full.to_owned()),
        ("rules/local/two.rule.yaml", rule("two", "two.example.com")),
        (
            "rules/overrides/print-fixes/a.rule.yaml",
            rule("a", "over.example.com"),
        ),
        (&format!("{PACK}/manifest.yaml"), MANIFEST.to_owned()),
        (&format!("{PACK}/README.md"), "# For print\n".to_owned()),
        (&format!("{PACK}/rules/a.rule.yaml"), rule("a", "a.example.com")),
        (&format!("{PACK}/.source.json"), source.to_string()),
        ("rules/community/singles/s.rule.yaml", rule("s", "s.example.com")),
        ("rules/community/singles/.source.json", source.to_string()),
        (
            "rules/.state.json",
            r#"{"disabled":["gone"],"pins":{"print-fixes:a":"community"}}"#.to_owned(),
        ),
    ])
}

fn copy<'a>(from: &'a str, to: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["rules", "copy", "--from", from, "--to", to], more].concat()
}

#[test]
fn a_tree_becomes_an_archive_and_a_tree_again() {
    let sandbox = tree();
    let made = sandbox.run(&copy("rules", "a.backup.gz", &[])).code(0);
    expected::check("copy-tree", &made.stdout());
    let mode = fs::metadata(sandbox.path().join("a.backup.gz"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    sandbox
        .run(&copy("a.backup.gz", "new", &[]))
        .code(0)
        .prints(&["a.backup.gz and new are equal"]);
    assert_eq!(sandbox.read(&format!("{PACK}/README.md")), "# For print\n");
    let source = sandbox.read("new/community/print-fixes/.source.json");
    assert!(source.contains("\"trusted\": true"), "{source}");
    let rule = sandbox.read("new/local/banner.rule.yaml");
    assert!(
        rule.contains("x-ticket: 170141183460469231731687303715884105727"),
        "{rule}"
    );
    // What both hold is compared by the whole of it, and the same contents are the same bytes.
    sandbox.run(&copy("new", "b.backup.gz", &[])).code(0);
    let bytes = |name: &str| fs::read(sandbox.path().join(name)).unwrap();
    assert!(bytes("a.backup.gz") == bytes("b.backup.gz"));
    let mut text = String::new();
    let archive = bytes("a.backup.gz");
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&archive[..]), &mut text).unwrap();
    assert_eq!(text.lines().count(), 13);
}

#[test]
fn what_holds_something_is_replaced_only_when_that_is_asked_for() {
    let sandbox = tree();
    sandbox.write("other/local/mine.rule.yaml", &rule("mine", "mine.example.com"));
    sandbox.write("other/local/two.rule.yaml", &rule("two", "else.example.com"));
    sandbox
        .run(&copy("rules", "other", &[]))
        .code(1)
        .says(&["other holds something already, and was not changed", "--replace"]);
    assert!(sandbox.read("other/local/two.rule.yaml").contains("else"));
    let json = sandbox
        .run(&copy("rules", "other", &["--replace", "--format", "json"]))
        .code(0)
        .json();
    assert_eq!((&json["equal"], &json["left_out"]), (&json!(true), &json!([])));
    assert_eq!(
        json["compared"][0],
        json!({ "kind": "local rules", "source": 2, "target": 2, "differences": 0, "first": [] })
    );
    assert!(!sandbox.path().join("other/local/mine.rule.yaml").exists());
    sandbox.run(&copy("rules", "a.backup.gz", &[])).code(0);
    sandbox
        .run(&copy("other", "a.backup.gz", &[]))
        .code(1)
        .says(&["a.backup.gz holds something already"]);
    sandbox.run(&copy("other", "a.backup.gz", &["--replace"])).code(0);
}

#[test]
fn what_is_not_valid_is_left_out_and_named() {
    let sandbox = tree();
    sandbox.write("rules/local/bad.rule.yaml", "id: bad\ntype: exact\n");
    sandbox.run(&copy("rules", "a.backup.gz", &[])).code(1).prints(&[
        "left out the rule `bad` in `local/bad.rule.yaml:1`: ",
        "rules and a.backup.gz are equal",
    ]);
    // A pack whose manifest is gone counts, and cannot be installed anywhere.
    fs::remove_file(sandbox.path().join(format!("{PACK}/manifest.yaml"))).unwrap();
    sandbox.run(&copy("rules", "b.backup.gz", &[])).code(1).says(&[
        "rules cannot be copied as it is, and nothing was written",
        "the pack `print-fixes`: its manifest cannot be read",
        "--leave-out",
    ]);
    assert!(!sandbox.path().join("b.backup.gz").exists());
    sandbox
        .run(&copy("rules", "b.backup.gz", &["--leave-out"]))
        .code(1)
        .prints(&["left out the pack `print-fixes`"]);
    sandbox.run(&copy("b.backup.gz", "new", &[])).code(0);
}

/// The files of a pack are copied as they are, whatever is in them.
#[test]
fn what_is_not_valid_in_a_pack_is_no_loss() {
    let sandbox = tree();
    sandbox.write(&format!("{PACK}/rules/bad.rule.yaml"), "id: bad\ntype: exact\n");
    for (from, to) in [("rules", "a.backup.gz"), ("a.backup.gz", "new"), ("new", "other")] {
        sandbox.run(&copy(from, to, &[])).code(0);
    }
    let bad = sandbox.read("other/community/print-fixes/rules/bad.rule.yaml");
    assert_eq!(bad, "id: bad\ntype: exact\n");
}

/// What cannot be read stays where it is, and is not taken for nothing.
#[test]
fn what_is_in_the_way_at_the_target_is_named() {
    let sandbox = tree();
    sandbox.write("other/local/bad.rule.yaml", "id: bad\ntype: exact\n");
    sandbox
        .run(&copy("rules", "other", &[]))
        .code(1)
        .says(&["other holds something"]);
    sandbox
        .run(&copy("rules", "other", &["--replace"]))
        .code(1)
        .prints(&[
            "in the way at the target the rule `bad` in `local/bad.rule.yaml:1`",
            "rules and other are equal",
        ]);
}

#[test]
fn what_is_no_place_is_said_to_be() {
    let sandbox = tree();
    sandbox.write("file.txt", "");
    sandbox.write("foreign.backup.gz", "");
    let cases = [
        ("nowhere", "new", 2, "nowhere is no folder"),
        ("rules", "file.txt", 2, "file.txt is no folder"),
        ("rules", "./rules", 2, "rules would be copied to itself"),
        ("nowhere.backup.gz", "new", 1, "nowhere.backup.gz: No such file"),
        (
            "foreign.backup.gz",
            "new",
            1,
            "foreign.backup.gz: it is damaged: line 1: it is cut off",
        ),
        ("rules", "no/such/folder/a.backup.gz", 1, "cannot be written"),
    ];
    for (from, to, code, said) in cases {
        sandbox.run(&copy(from, to, &[])).code(code).says(&[said]);
    }
    assert!(!sandbox.path().join("new").exists(), "a bad source makes no tree");
}

#[test]
fn a_tree_that_is_served_can_be_read_and_not_written() {
    let sandbox = tree();
    sandbox.run(&copy("rules", "a.backup.gz", &[])).code(0);
    let _server = Serving::ready(&sandbox, &[]);
    sandbox.run(&copy("rules", "b.backup.gz", &[])).code(0);
    sandbox
        .run(&copy("a.backup.gz", "rules", &["--replace"]))
        .code(1)
        .says(&["stop the server that serves it"]);
}

#[test]
fn the_lines_of_the_document_work() {
    let sandbox = tree();
    let backup = run(&sandbox, &lines_of("docs/backup.md", "backup"), &[]);
    assert_eq!(
        backup.matches("rules and rules.backup.gz are equal").count(),
        2,
        "{backup}"
    );
    assert!(backup.contains(r#"{"archive":{"format":"asset-injector-backup","version":1,"#));
    let restored = run(&sandbox, &lines_of("docs/backup.md", "restore"), &[]);
    assert!(
        restored.contains("rules.backup.gz and restored are equal"),
        "{restored}"
    );
    assert!(
        sandbox
            .read("rules/local/deep/banner.rule.yaml")
            .starts_with("# Why")
    );
    let moved = run(&sandbox, &lines_of("docs/backup.md", "move"), &[]);
    assert!(moved.contains("- and elsewhere are equal"), "{moved}");
}

#[test]
fn a_database_holds_what_a_tree_does() {
    let sandbox = tree();
    let database = Server::shared().database();
    let url = database.url();
    sandbox
        .run(&copy("rules", &url, &[]))
        .code(0)
        .prints(&["are equal"]);
    sandbox
        .run(&copy("rules", &url, &[]))
        .code(1)
        .says(&["holds something already", "postgresql://127.0.0.1:"]);
    sandbox.run(&copy(&url, "a.backup.gz", &[])).code(0);
    sandbox.run(&copy(&url, "new", &[])).code(0);
    sandbox.run(&copy("new", "b.backup.gz", &[])).code(0);
    sandbox.write("other/local/mine.rule.yaml", &rule("mine", "mine.example.com"));
    sandbox.run(&copy("other", &url, &["--replace"])).code(0);
    sandbox.run(&copy("a.backup.gz", &url, &["--replace"])).code(0);
    assert_eq!(database.sql("SELECT count(*) FROM asset_injector.rule"), "5");
    sandbox
        .run(&copy(&url, &url, &["--replace"]))
        .code(2)
        .says(&["would be copied to itself"]);
}

/// Nothing of a password is shown, whatever is wrong with the rest of the URL.
#[test]
fn a_database_that_cannot_be_used_is_named_without_its_password() {
    let sandbox = tree();
    let nobody = format!("postgres://me:hush@127.0.0.1:{}/rules", free_port());
    for (url, code) in [(nobody.as_str(), 1), ("postgres://me:hush@", 2)] {
        let said = sandbox.run(&copy(url, "new", &[])).code(code).stderr();
        assert!(said.contains("error: ") && !said.contains("hush"), "{said}");
    }
}

#[test]
fn the_lines_about_databases_work() {
    let sandbox = tree();
    let database = Server::shared().database();
    let copied = run(
        &sandbox,
        &lines_of("docs/backup.md", "database"),
        &[("DATABASE_URL", &database.url())],
    );
    assert_eq!(copied.matches("are equal").count(), 2, "{copied}");
}

#[test]
fn the_configured_database_needs_no_argument() {
    let sandbox = tree();
    let no_database = sandbox.run(&copy("database", "new", &[])).code(2).stderr();
    assert!(no_database.contains("no database is configured"), "{no_database}");
    let database = Server::shared().database();
    let variables = [("DATABASE_URL", &*database.url())];
    sandbox
        .run_with(&copy("rules", "database", &[]), &variables)
        .code(0);
    sandbox
        .run_with(&copy("database", "new", &[]), &variables)
        .code(0);
    // Without the configuration it is the same place under its URL.
    let same = sandbox.run_with(&copy("database", &database.url(), &[]), &variables);
    assert!(same.code(2).stderr().contains("copied to itself"));
}

/// The limit is there for a test that would else wait ten minutes.
#[test]
fn a_database_that_stands_still_is_given_up_soon() {
    let sandbox = tree();
    let database = Server::shared().database();
    let proxy = Proxy::to(Server::shared().port());
    proxy.freeze();
    let output = Command::new("timeout")
        .args(["120", env!("CARGO_BIN_EXE_asset-injector")])
        .args(copy("rules", &database.url_at(proxy.port()), &[]))
        .current_dir(sandbox.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(database.name()), "{said}");
}

/// So is one that stands still later, long before a statement may have taken too long.
#[test]
fn a_database_that_stands_still_while_it_is_written_is_given_up_soon() {
    let sandbox = tree();
    let database = Server::shared().database();
    sandbox
        .run_with(&["migrate"], &[("DATABASE_URL", &database.url())])
        .code(0);
    let proxy = Proxy::to(Server::shared().port());
    proxy.lose(Some(Loss::AllFromCommit));
    let url = database.url_at(proxy.port());
    sandbox.run(&copy("rules", &url, &[])).code(1).says(&[
        "error: nobody knows whether postgresql://",
        " while the change was made",
        "run the command again with --replace",
    ]);
    // What has not passed by now does not arrive any more.
    proxy.lose(None);
    proxy.cut();
    proxy.restore();
    sandbox.run(&copy("rules", &url, &["--replace"])).code(0);
}

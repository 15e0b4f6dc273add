//! `packs index`, and `check` as the check of changes to packs and repositories.

use super::{key, manifest, pack};
use crate::binary::{Sandbox, rule};
use std::fs;

/// A repository with two packs, one of them in two versions, and a single rule.
pub(crate) fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, version) in [("demo", "1.0.0"), ("demo", "1.1.0"), ("other", "0.1.0-rc.1")] {
        let folder = format!("packs/{name}");
        pack(&sandbox, &folder, name, version);
        sandbox.run(&["packs", "build", &folder, "-o", &folder]).code(0);
    }
    sandbox.write("singles/rules/sites/one.rule.yaml", &rule("one", "one.example"));
    sandbox
}

#[test]
fn an_index_says_what_is_there_and_stays_as_it_is() {
    let sandbox = repository();
    let ran = sandbox.run(&["packs", "index"]).code(0);
    ran.prints(&[
        "2 packs, 1 single rule\n",
        "written ./index.json",
        "written ./singles/index.json",
    ]);
    let index: serde_json::Value = serde_json::from_str(&sandbox.read("index.json")).unwrap();
    let demo = &index["packs"][0];
    assert_eq!(
        (&demo["name"], &demo["version"], &demo["rule_count"]),
        (&"demo".into(), &"1.1.0".into(), &1.into())
    );
    assert_eq!(demo["versions"].as_array().unwrap().len(), 2);
    assert_eq!(index["packs"][1]["version"], "0.1.0-rc.1");
    let singles: serde_json::Value = serde_json::from_str(&sandbox.read("singles/index.json")).unwrap();
    assert_eq!(singles["count"], 1);
    assert_eq!(singles["rules"][0]["file"], "sites/one");
    let before = (sandbox.read("index.json"), sandbox.read("singles/index.json"));
    let ran = sandbox
        .run(&["packs", "index", "--format", "json", "."])
        .code(0)
        .json();
    let states: Vec<_> = ran["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["state"])
        .collect();
    assert_eq!(states, ["unchanged", "unchanged"]);
    assert_eq!(
        (sandbox.read("index.json"), sandbox.read("singles/index.json")),
        before
    );
}

#[test]
fn an_index_that_is_out_of_date_is_found_and_keeps_its_categories() {
    let sandbox = repository();
    sandbox.run(&["packs", "index"]).code(0);
    let text = sandbox
        .read("index.json")
        .replace("\"categories\": []", "\"categories\": [\n    \"print\"\n  ]");
    sandbox.write("index.json", &text);
    sandbox.run(&["packs", "index", "--check"]).code(0);
    pack(&sandbox, "packs/demo", "demo", "1.2.0");
    sandbox
        .run(&["packs", "build", "packs/demo", "-o", "packs/demo"])
        .code(0);
    let ran = sandbox.run(&["packs", "index", "--check"]).code(1);
    ran.prints(&["would change ./index.json", "unchanged ./singles/index.json"]);
    assert_eq!(sandbox.read("index.json"), text);
    sandbox.run(&["packs", "index"]).code(0);
    let index = sandbox.read("index.json");
    assert!(
        index.contains("\"1.2.0\"") && index.contains("\"print\""),
        "{index}"
    );
}

#[test]
fn nothing_is_written_when_an_archive_or_a_rule_is_wrong() {
    let sandbox = repository();
    let at = |name: &str| sandbox.path().join(name);
    fs::rename(at("packs/demo/demo-1.0.0.zip"), at("packs/demo/demo-2.0.0.zip")).unwrap();
    sandbox.write("packs/demo/torn.zip", "no archive");
    let ran = sandbox.run(&["packs", "index"]).code(1);
    ran.says(&[
        "packs/demo/demo-2.0.0.zip: holds demo 1.0.0, whose place is `packs/demo/demo-1.0.0.zip`",
        "packs/demo/torn.zip: ",
        "nothing was written",
    ]);
    fs::rename(at("packs/demo/demo-2.0.0.zip"), at("packs/demo/demo-1.0.0.zip")).unwrap();
    fs::remove_file(at("packs/demo/torn.zip")).unwrap();
    sandbox.write("singles/rules/two.rule.yaml", &rule("one", "two.example"));
    let ran = sandbox.run(&["packs", "index"]).code(1);
    ran.says(&["`one` is the id of", "nothing was written"]);
    assert!(!at("index.json").exists());
}

#[test]
fn indexes_are_signed_each_as_what_it_is() {
    let sandbox = repository();
    let public = key(&sandbox, "a.key");
    sandbox.run(&["packs", "index"]).code(0);
    let files = ["index.json", "singles/index.json"];
    let ran = sandbox
        .run(&[&["packs", "sign", "--key", "a.key"], &files[..]].concat())
        .code(0);
    ran.prints(&[
        "signed index.json  index.json ",
        "signed singles/index.json  singles/index.json ",
    ]);
    let verify = || sandbox.run(&[&["packs", "verify", "--key", &public], &files[..]].concat());
    verify().code(0);
    let at = |name: &str| sandbox.path().join(name);
    fs::copy(at("index.json.minisig"), at("singles/index.json.minisig")).unwrap();
    verify()
        .code(1)
        .prints(&["valid index.json", "not valid singles/index.json"]);
}

#[test]
fn a_sound_repository_has_no_findings() {
    let sandbox = repository();
    sandbox.run(&["packs", "index"]).code(0);
    let ran = sandbox
        .run(&["check", "--mode", "all", "--deny-warnings", "."])
        .code(0);
    assert_eq!(
        ran.stdout(),
        "5 files, 3 valid rules: nothing to complain about\n"
    );
}

/// What a change to a repository can do wrong, and where that is shown.
#[test]
fn findings_of_a_repository_stand_where_they_are() {
    let sandbox = repository();
    sandbox.write(
        "packs/demo/manifest.yaml",
        &(manifest("demo", "1.1.0") + "licence: MIT\n"),
    );
    sandbox.write("packs/other/manifest.yaml", &manifest("another", "0.1.0"));
    let leak = rule("leak", "leak.example").replace("display: none", "background: url(https://evil.test/x)");
    sandbox.write("singles/rules/leak.rule.yaml", &leak);
    sandbox.write("singles/rules/many.rule.yaml", "rules: []\n");
    sandbox.write("packs/other/odd-1.0.0.zip", "no archive");
    let report = sandbox
        .run(&["check", "--mode", "all", "--format", "json", "."])
        .code(1)
        .json();
    let found: Vec<_> = report["findings"].as_array().unwrap().iter().collect();
    for (path, code, field, line) in [
        ("./packs/demo/manifest.yaml", "manifest", "licence", 5),
        ("./packs/other/manifest.yaml", "manifest", "name", 1),
        ("./packs/other/odd-1.0.0.zip", "pack", "", 1),
        ("./singles/rules/leak.rule.yaml", "external-css", "css", 4),
        ("./singles/rules/many.rule.yaml", "pack", "", 1),
    ] {
        let is_it = |finding: &&&serde_json::Value| {
            finding["path"] == path
                && finding["code"] == code
                && finding["field"] == field
                && finding["line"] == line
        };
        assert_eq!(
            found.iter().filter(is_it).count(),
            1,
            "{path} {field}: {report:#}"
        );
    }
}

#[test]
fn a_version_that_is_built_is_not_changed_any_more() {
    let sandbox = repository();
    let other = rule("banner", "other.example").replace("id: banner\n", "");
    sandbox.write("packs/demo/rules/banner.rule.yaml", &other);
    let ran = sandbox.run(&["check", "--mode", "all", "."]).code(1);
    ran.prints(&[
        "error[manifest]: version: 1.1.0 is built already, of other files",
        "packs/demo/manifest.yaml:2:1",
        "raise the version",
    ]);
    sandbox.write("packs/demo/manifest.yaml", &manifest("demo", "1.2.0"));
    sandbox.run(&["check", "--mode", "all", "."]).code(0);
}

/// Rules count as the pack's: ids of two packs are two, and a missing one comes of the path below `rules`.
#[test]
fn ids_stand_in_the_space_of_the_pack() {
    let sandbox = Sandbox::new();
    pack(&sandbox, "demo", "demo", "1.0.0");
    let doubtful = rule("x", "a.example").replace("https://a.example/*", "*/print/*");
    sandbox.write("demo/rules/sub/x.rule.yaml", &doubtful.replace("id: x\n", ""));
    let report = sandbox.run(&["check", "--format", "json", "demo"]).code(0).json();
    assert_eq!(report["findings"][0]["rule_id"], "demo:sub.x");
    let report = sandbox
        .run(&["check", "--format", "json", "demo/rules/sub/x.rule.yaml"])
        .code(0)
        .json();
    assert_eq!(report["findings"][0]["rule_id"], "demo:sub.x");
    sandbox.write("demo/rules/local.rule.yaml", &rule("news:x", "b.example"));
    sandbox
        .run(&["check", "demo"])
        .code(1)
        .prints(&["demo/rules/local.rule.yaml:1:5"]);
}

/// A tree of installed packs has a folder of single rules too, and its packs may be called anything.
#[test]
fn a_tree_with_a_pack_called_packs_is_no_repository() {
    let sandbox = Sandbox::new();
    for name in ["packs", "demo"] {
        pack(&sandbox, &format!("rules/community/{name}"), name, "1.0.0");
    }
    sandbox.write(
        "rules/community/singles/one.rule.yaml",
        &rule("one", "one.example"),
    );
    sandbox.write("rules/community/demo/manifest.yaml", "name: demo\n");
    let report = sandbox.run(&["check", "--format", "json", "--mode", "all", "rules"]);
    let report = report.code(1).json();
    let found = report["findings"].as_array().unwrap();
    assert!(
        found
            .iter()
            .all(|finding| finding["path"] == "rules/community/demo/manifest.yaml"),
        "{report:#}"
    );
    assert_eq!(report["rules"], 3);
}

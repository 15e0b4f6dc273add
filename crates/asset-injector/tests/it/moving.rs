//! `import`, `import snapshot` and `export`: on a tree and on a server.

use crate::{
    binary::{Sandbox, rule},
    expected,
    serving::Serving,
};
use serde_json::{Value, json};
use std::{io::Write as _, process::Stdio};

const ON_TREE: [&str; 2] = ["--rules-dir", "rules"];

fn tree() -> Sandbox {
    let sandbox = Sandbox::with([("rules/local/there.rule.yaml", rule("there", "there.example.com"))]);
    sandbox.write(
        "good.rule.yaml",
        &(rule("one", "one.example.com") + "author: Ann\n"),
    );
    sandbox.write(
        "two.json",
        r#"[{"id":"two","type":"exact","pattern":"https://example.com/","css":"a {}"}]"#,
    );
    sandbox.write(
        "mixed.rule.yaml",
        "- {id: there, type: exact, pattern: https://example.com/, css: 'other {}'}\n\
         - {id: bad, type: regex, pattern: '(', css: 'a {}'}\n\
         - {id: new, type: wildcard, pattern: '*', css: 'a {}'}\n",
    );
    sandbox
}

fn on_tree<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &ON_TREE[..]].concat()
}

fn ids(sandbox: &Sandbox) -> Vec<String> {
    let listed = sandbox
        .run(&on_tree(&["rules", "list", "--format", "json"]))
        .code(0)
        .json();
    let id = |rule: &Value| rule["id"].as_str().unwrap().to_owned();
    listed["rules"].as_array().unwrap().iter().map(id).collect()
}

#[test]
fn files_become_local_rules() {
    let sandbox = tree();
    sandbox
        .run(&on_tree(&["import", "good.rule.yaml", "two.json"]))
        .code(0)
        .prints(&["good.rule.yaml, rule 1", "two.json, rule 1", "\n2 added\n"]);
    assert!(
        sandbox
            .read("rules/local/one.rule.yaml")
            .contains("author: Ann\n")
    );
    assert_eq!(ids(&sandbox), ["one", "there", "two"]);
    let again = sandbox
        .run(&on_tree(&["import", "two.json", "--format", "json"]))
        .code(0)
        .json();
    assert_eq!((&again["added"], &again["skipped"]), (&json!(0), &json!(1)));
}

#[test]
fn the_report_names_what_became_of_each_rule() {
    let sandbox = tree();
    let ran = sandbox.run(&on_tree(&["import", "mixed.rule.yaml"])).code(1);
    expected::check("import-mixed", &ran.stdout());
    assert_eq!(ids(&sandbox), ["new", "there"]);
    sandbox
        .run(&on_tree(&[
            "import",
            "--on-conflict",
            "replace",
            "mixed.rule.yaml",
        ]))
        .code(1)
        .prints(&["2 replaced, 1 refused\n"]);
    let css = sandbox
        .run(&on_tree(&["rules", "get", "there", "--format", "json"]))
        .code(0)
        .json();
    assert_eq!(css["css"], "other {}");
}

#[test]
fn atomic_takes_all_or_nothing() {
    let sandbox = tree();
    sandbox
        .run(&on_tree(&[
            "import",
            "--atomic",
            "good.rule.yaml",
            "mixed.rule.yaml",
        ]))
        .code(1)
        .prints(&["withheld", "1 refused\n"]);
    assert_eq!(ids(&sandbox), ["there"]);
}

#[test]
fn a_server_imports_what_standard_input_holds() {
    let sandbox = tree();
    let serving = Serving::ready(&sandbox, &[]);
    let server = format!("http://{}", serving.address);
    let mut child = sandbox
        .command(&["import", "-", "--server", &server])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = sandbox.read("good.rule.yaml");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("1 added"),
        "{output:?}"
    );
    sandbox.run(&["rules", "get", "one", "--server", &server]).code(0);
}

#[test]
fn a_rule_without_an_id_is_called_as_its_file() {
    let sandbox = tree();
    sandbox.write(
        "print/my rule.rule.yaml",
        "type: wildcard\npattern: '*'\ncss: 'a {}'\n",
    );
    sandbox
        .run(&on_tree(&["import", "print/my rule.rule.yaml"]))
        .code(0)
        .prints(&["my-rule", "1 added"]);
    assert_eq!(ids(&sandbox), ["my-rule", "there"]);
}

#[test]
fn long_numbers_keep_their_digits() {
    const DIGITS: &str = "123456789012345678901234567890";
    let sandbox = tree();
    for name in ["one", "two"] {
        let rule = format!("id: {name}\ntype: wildcard\npattern: '*'\ncss: 'a {{}}'\nx-number: {DIGITS}\n");
        sandbox.write(&format!("{name}.rule.yaml"), &rule);
    }
    sandbox
        .run(&on_tree(&["import", "one.rule.yaml", "two.rule.yaml"]))
        .code(0);
    let exported = sandbox.run(&on_tree(&["export"])).code(0).stdout();
    assert_eq!(exported.matches(DIGITS).count(), 2, "{exported}");
}

#[test]
fn what_cannot_be_imported_is_said_with_help() {
    let sandbox = tree();
    sandbox.write("broken.rule.yaml", "id: [\n");
    sandbox.write(
        "future.rule.yaml",
        "requires: {asset-injector: '>=99'}\nrules: []\n",
    );
    let run = |args: &[&str]| sandbox.run(&on_tree(&[&["import"], args].concat()));
    run(&["broken.rule.yaml"])
        .code(1)
        .says(&["error: ", "line ", "help: "]);
    run(&["broken.rule.yaml", "two.json"])
        .code(1)
        .says(&["error: nothing is imported: broken.rule.yaml:", "help: "]);
    run(&["future.rule.yaml", "two.json"])
        .code(1)
        .says(&["error: nothing is imported: future.rule.yaml:1:"]);
    run(&["none.rule.yaml"])
        .code(2)
        .says(&["`none.rule.yaml` cannot be read", "help: "]);
    run(&["https://example.com/a.yaml", "two.json"])
        .code(2)
        .says(&["a URL is imported alone"]);
    run(&["-", "-"])
        .code(2)
        .says(&["standard input can be read once"]);
    run(&[]).code(2);
    // Nothing may be fetched from the machine itself.
    run(&["https://127.0.0.1/a.rule.yaml"])
        .code(1)
        .says(&["error: ", "`url`: ", "help: "]);
    assert_eq!(ids(&sandbox), ["there"]);
}

#[test]
fn what_is_exported_is_imported_as_equal_rules() {
    let sandbox = tree();
    sandbox
        .run(&on_tree(&["import", "good.rule.yaml", "two.json"]))
        .code(0);
    for (format, file) in [("yaml", "all.rule.yaml"), ("json", "all.rule.json")] {
        sandbox
            .run(&on_tree(&["export", "--format", format, "--output", file]))
            .code(0)
            .says(&[&format!("note: written to {file}\n")]);
        let printed = sandbox
            .run(&on_tree(&["export", "--format", format]))
            .code(0)
            .stdout();
        assert_eq!(printed, sandbox.read(file));
        let other = Sandbox::with([("rules/local/.keep", "")]);
        other.write(file, &printed);
        other
            .run(&on_tree(&["import", file]))
            .code(0)
            .prints(&["3 added\n"]);
        let yaml = |sandbox: &Sandbox, id: &str| {
            let text = sandbox
                .run(&on_tree(&["rules", "get", id, "--format", "yaml"]))
                .code(0)
                .stdout();
            text.lines()
                .filter(|line| !line.starts_with("updated_at"))
                .collect::<Vec<_>>()
                .join("\n")
        };
        for id in ["one", "there", "two"] {
            assert_eq!(yaml(&sandbox, id), yaml(&other, id), "{format}");
        }
    }
}

#[test]
fn some_rules_are_exported_by_id() {
    let sandbox = tree();
    sandbox
        .run(&on_tree(&["import", "good.rule.yaml", "two.json"]))
        .code(0);
    let two = sandbox
        .run(&on_tree(&["export", "--ids", "two,one", "--format", "json"]))
        .code(0)
        .json();
    let exported: Vec<_> = two.as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    assert_eq!(exported, ["two", "one"]);
    sandbox
        .run(&on_tree(&["export", "--ids", "none"]))
        .code(1)
        .says(&["(VALIDATION_FAILED)", "there is no rule with this id"]);
}

const SNAPSHOT: &str = r#"[
  {"id": "old", "type": "wildcard", "pattern": "*.example.com/*", "css": "a {}", "js": "", "enabled": true, "file_path": "/x",
   "source": {"type": "local"}, "created_at": "2020-01-01T00:00:00Z", "updated_at": "2021-01-01T00:00:00Z"},
  {"id": "off", "type": "wildcard", "pattern": "*.example.com/*", "css": "a {}", "enabled": false},
  {"id": "there", "type": "wildcard", "pattern": "*.example.com/*", "css": "a {}", "enabled": false}
]"#;

#[test]
fn a_snapshot_becomes_rule_files_once() {
    let sandbox = tree();
    sandbox.write("data/snapshot.json", SNAPSHOT);
    sandbox
        .run(&on_tree(&["import", "snapshot", "data/snapshot.json"]))
        .code(0)
        .prints(&["2 added, 1 skipped\n"])
        .says(&["note: data/snapshot.json is data/snapshot.json.migrated now\n"]);
    assert!(!sandbox.path().join("data/snapshot.json").exists());
    assert_eq!(sandbox.read("data/snapshot.json.migrated"), SNAPSHOT);
    assert!(
        sandbox
            .read("rules/local/old.rule.yaml")
            .contains("2020-01-01T00:00:00")
    );
    let disabled = sandbox
        .run(&on_tree(&[
            "rules", "list", "--state", "disabled", "--format", "json",
        ]))
        .code(0)
        .json();
    assert_eq!(
        (&disabled["count"], &disabled["rules"][0]["id"]),
        (&json!(1), &"off".into())
    );
}

#[test]
fn a_snapshot_that_is_not_taken_whole_keeps_its_name() {
    let sandbox = tree();
    sandbox.write(
        "snapshot.json",
        r#"[{"id":"bad"},{"id":"good","type":"exact","pattern":"https://a.test/","css":"a {}"}]"#,
    );
    sandbox
        .run(&on_tree(&["import", "snapshot", "snapshot.json"]))
        .code(1)
        .prints(&["1 added, 1 refused\n"])
        .says(&["note: snapshot.json keeps its name"]);
    assert!(sandbox.path().join("snapshot.json").exists());
    sandbox.write("no.json", "{}");
    sandbox
        .run(&on_tree(&["import", "snapshot", "no.json"]))
        .code(2)
        .says(&["no.json is not a JSON list of rules"]);
    sandbox.write("snapshot.json.migrated", "");
    sandbox
        .run(&on_tree(&["import", "snapshot", "snapshot.json"]))
        .code(2)
        .says(&["snapshot.json.migrated exists already"]);
}

#[test]
fn a_snapshot_that_waits_is_reported_at_the_start() {
    let sandbox = tree();
    sandbox.write("store/snapshot.json", "[]");
    let mut serving = Serving::ready(&sandbox, &[("DATA_DIR", "store")]);
    let event = serving.event("store/snapshot.json holds rules that are not served");
    assert_eq!(event["level"], "warn");
    assert!(
        event["message"]
            .as_str()
            .unwrap()
            .contains("asset-injector import snapshot store/snapshot.json")
    );
}

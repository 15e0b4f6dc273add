//! `check`: findings with their places, in every form.

use crate::{
    binary::{Sandbox, rule},
    expected,
};
use std::os::unix::{fs::symlink, net::UnixListener};

fn faulty() -> Sandbox {
    Sandbox::with([
        ("rules/local/good.rule.yaml", rule("good", "www.example.com")),
        (
            "rules/local/typo.rule.yaml",
            rule("typo", "www.example.com") + "priorty: 5\n",
        ),
        (
            "rules/local/failing.rule.yaml",
            rule("failing", "www.example.com") + "tests:\n  - url: https://other.test/\n",
        ),
        (
            "rules/local/doubtful.rule.yaml",
            rule("doubtful", "www.example.net").replace("https://www.example.net/*", "*/print/*"),
        ),
    ])
}

#[test]
fn a_good_tree_has_no_findings() {
    let sandbox = Sandbox::with([("rules/local/good.rule.yaml", rule("good", "www.example.com"))]);
    let ran = sandbox.run(&["check", "rules"]).code(0);
    assert_eq!(ran.stdout(), "1 file, 1 valid rule: nothing to complain about\n");
    sandbox
        .run(&["check", "--deny-warnings", "rules/local/good.rule.yaml"])
        .code(0);
}

#[test]
fn findings_are_shown_with_the_line_of_the_source() {
    let ran = faulty().run(&["check", "rules"]).code(1);
    expected::check("check-human", &ran.stdout());
}

#[test]
fn findings_are_annotations_of_github() {
    let ran = faulty().run(&["check", "--format", "github", "rules"]).code(1);
    expected::check("check-github", &ran.stdout());
}

#[test]
fn findings_are_json() {
    let report = faulty()
        .run(&["check", "--format", "json", "rules"])
        .code(1)
        .json();
    assert_eq!(
        (&report["files"], &report["rules"], &report["errors"]),
        (&4.into(), &2.into(), &2.into())
    );
    let typo = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["field"] == "priorty")
        .unwrap();
    assert_eq!(
        (&typo["path"], &typo["line"]),
        (&"rules/local/typo.rule.yaml".into(), &5.into())
    );
    assert!(typo["hint"].as_str().unwrap().contains("priority"), "{typo}");
}

#[test]
fn findings_are_sarif() {
    let report = faulty()
        .run(&["check", "--format", "sarif", "rules"])
        .code(1)
        .json();
    let run = &report["runs"][0];
    assert_eq!(
        (&report["version"], &run["tool"]["driver"]["name"]),
        (&"2.1.0".into(), &"asset-injector".into())
    );
    let codes = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        assert!(
            codes.iter().any(|code| code["id"] == result["ruleId"]),
            "{result}"
        );
        let place = &result["locations"][0]["physicalLocation"];
        assert!(
            place["artifactLocation"]["uri"]
                .as_str()
                .unwrap()
                .starts_with("rules/local/"),
            "{result}"
        );
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1, "{result}");
    }
}

#[test]
fn a_warning_fails_only_when_it_is_denied() {
    let text = rule("doubtful", "x").replace("https://x/*", "*/print/*");
    let sandbox = Sandbox::with([("doubtful.rule.yaml", text)]);
    sandbox
        .run(&["check", "doubtful.rule.yaml"])
        .code(0)
        .prints(&["warning", "1 warning"]);
    sandbox
        .run(&["check", "--deny-warnings", "doubtful.rule.yaml"])
        .code(1);
}

#[test]
fn two_files_with_one_id_are_reported() {
    let sandbox = Sandbox::with([
        ("rules/local/a.rule.yaml", rule("same", "a.example.com")),
        ("rules/local/b.rule.yaml", rule("same", "b.example.com")),
    ]);
    sandbox
        .run(&["check", "rules"])
        .prints(&["same"])
        .prints(&["warning"]);
}

#[test]
fn a_missing_id_comes_from_the_path() {
    let text = rule("x", "www.example.com").replace("id: x\n", "");
    let sandbox = Sandbox::with([("rules/local/news/site.rule.yaml", text + "priority: 1\n")]);
    let report = sandbox
        .run(&["check", "--format", "json", "rules"])
        .code(0)
        .json();
    assert_eq!(report["findings"][0]["rule_id"], "news.site", "{report}");
}

#[test]
fn what_is_no_rule_file_is_wrong_usage() {
    let sandbox = Sandbox::with([("notes.yaml", "")]);
    sandbox
        .run(&["check", "notes.yaml"])
        .code(2)
        .says(&["`notes.yaml` is not a rule file", "help: "]);
    sandbox
        .run(&["check", "none"])
        .code(2)
        .says(&["`none` does not exist", "help: "]);
}

/// A link out of the folder was followed, and its target's first line printed.
#[test]
fn a_link_that_leaves_the_folder_is_reported_and_not_read() {
    let sandbox = Sandbox::with([("secret.txt", "the secret\n"), ("tree/sub/notes.txt", "")]);
    let link = |target: &str, name: &str| symlink(target, sandbox.path().join(name)).unwrap();
    link("../secret.txt", "tree/a.rule.yaml");
    link("nowhere", "tree/b.rule.yaml");
    link("..", "tree/out");
    let ran = sandbox.run(&["check", "tree"]).code(1).prints(&[
        "is a link that leaves the rules folder, and was not followed",
        "tree/a.rule.yaml\n",
        "tree/out\n",
        "is a link that cannot be followed",
        "0 files",
        "3 errors",
    ]);
    assert!(!ran.stdout().contains("the secret"), "{}", ran.stdout());
}

/// A link to its own folder made 33 files of one.
#[test]
fn a_file_is_read_once_whatever_leads_to_it() {
    let sandbox = Sandbox::with([("tree/a.rule.yaml", rule("a", "www.example.com"))]);
    symlink(".", sandbox.path().join("tree/self")).unwrap();
    symlink("a.rule.yaml", sandbox.path().join("tree/b.rule.yaml")).unwrap();
    let ran = sandbox
        .run(&["check", "tree", "./tree", "tree/b.rule.yaml"])
        .code(0);
    assert_eq!(ran.stdout(), "1 file, 1 valid rule: nothing to complain about\n");
}

#[test]
fn a_link_that_is_named_is_read_and_a_device_is_not() {
    let sandbox = Sandbox::with([("a.rule.yaml", rule("a", "www.example.com"))]);
    std::fs::create_dir(sandbox.path().join("links")).unwrap();
    symlink("../a.rule.yaml", sandbox.path().join("links/b.rule.yaml")).unwrap();
    let ran = sandbox.run(&["check", "links/b.rule.yaml"]).code(0);
    assert_eq!(ran.stdout(), "1 file, 1 valid rule: nothing to complain about\n");
    symlink("/dev/zero", sandbox.path().join("zero.rule.yaml")).unwrap();
    sandbox
        .run(&["check", "zero.rule.yaml"])
        .code(2)
        .says(&["`zero.rule.yaml` is not a regular file"]);
    let _socket = UnixListener::bind(sandbox.path().join("links/socket.rule.yaml")).unwrap();
    std::fs::remove_file(sandbox.path().join("links/b.rule.yaml")).unwrap();
    sandbox
        .run(&["check", "links"])
        .code(1)
        .prints(&["links/socket.rule.yaml\n", "is not a regular file"]);
}

/// A configuration that is not valid was ignored in silence, and the default mode taken.
#[test]
fn a_configured_mode_that_is_not_valid_is_refused() {
    let sandbox = Sandbox::with([("a.rule.yaml", rule("a", "www.example.com"))]);
    let check = ["check", "a.rule.yaml"];
    sandbox
        .run_with(&check, &[("RESOLVE_MODE", "zzz")])
        .code(2)
        .says(&["RESOLVE_MODE=`zzz` (environment): allowed: ", "help: "]);
    sandbox
        .run_with(
            &["check", "--mode", "best", "a.rule.yaml"],
            &[("RESOLVE_MODE", "zzz")],
        )
        .code(0);
    sandbox.run_with(&check, &[("PORT", "zzz")]).code(0);
    sandbox.write(".env", "PORT 8080\n");
    sandbox
        .run(&check)
        .code(2)
        .says(&[".env: allowed: lines of NAME=value; line 1 has no `=`"]);
}

//! `check`: findings with their places, in every form.

use crate::{
    binary::{Sandbox, rule},
    expected,
};

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

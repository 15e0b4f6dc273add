//! An import that would replace an entry which cannot be rewritten: that rule is refused, and the others are not.

use crate::{
    binary::Sandbox,
    http::{self, Answer},
    serving::Serving,
};
use serde_json::Value;

/// What `b` says depends on the entry of `a`, which therefore cannot be rewritten.
const ANCHORED: &str = "\
- {id: a, type: wildcard, pattern: 'https://a.example/*', css: &css 'a {}'}
- {id: b, type: wildcard, pattern: 'https://b.example/*', css: *css}
- {id: c, type: wildcard, pattern: 'https://c.example/*', css: 'c {}'}
";

const FILE: &str = "rules/local/hand.rule.yaml";

fn rule(id: &str) -> String {
    format!(r#"{{"id":"{id}","type":"wildcard","pattern":"https://{id}.example/*","css":"new {{}}"}}"#)
}

fn import(serving: &Serving, query: &str) -> Answer {
    let body = format!("[{},{},{}]", rule("a"), rule("c"), rule("d"));
    let path = format!("/v1/rules/import?on_conflict=replace{query}");
    http::send(serving.address, "POST", &path, &body)
}

fn outcomes(report: &Value) -> Vec<&str> {
    let rules = report["rules"].as_array().unwrap();
    rules
        .iter()
        .map(|rule| rule["outcome"].as_str().unwrap())
        .collect()
}

#[test]
fn a_rule_whose_place_cannot_be_rewritten_is_refused_alone() {
    let sandbox = Sandbox::with([(FILE, ANCHORED.to_owned())]);
    let serving = Serving::ready(&sandbox, &[]);
    let answer = import(&serving, "");
    assert_eq!(answer.status, 200, "{answer:?}");
    let report = &answer.json()["data"];
    assert_eq!(outcomes(report), ["refused", "replaced", "added"], "{report}");
    let reason = report["rules"][0]["errors"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("hand.rule.yaml"), "{reason}");
    let css = |host: &str| http::resolve(serving.address, &format!("https://{host}.example/"))["css"].clone();
    assert_eq!(
        (css("a"), css("c"), css("d")),
        ("a {}".into(), "new {}".into(), "new {}".into())
    );
}

#[test]
fn an_atomic_import_with_such_a_rule_takes_none_and_reports_all() {
    let sandbox = Sandbox::with([(FILE, ANCHORED.to_owned())]);
    let serving = Serving::ready(&sandbox, &[]);
    let before = sandbox.read(FILE);
    let answer = import(&serving, "&atomic=true");
    assert_eq!(answer.status, 422, "{answer:?}");
    let report = &answer.json()["details"]["report"];
    assert_eq!(
        outcomes(report),
        ["refused", "withheld", "withheld"],
        "{answer:?}"
    );
    assert_eq!(sandbox.read(FILE), before);
}

//! `rules list`, `get`, `problems`, `source`, `conflicts`: on a tree and on a server.

use crate::{
    binary::{Sandbox, rule},
    expected,
    serving::Serving,
};
use serde_json::json;

const ON_TREE: [&str; 2] = ["--rules-dir", "rules"];

fn tree() -> Sandbox {
    Sandbox::with([
        (
            "rules/local/banner.rule.yaml",
            rule("banner", "*.example.com")
                + "priority: 300\ntags: [consent, print]\nauthor: Ann\ntests: [{url: https://a.example.com/}, {url: https://a.test/, matches: false}]\n",
        ),
        (
            "rules/local/script.rule.yaml",
            "id: script\ntype: exact\npattern: https://www.example.com/\njs: |\n  document.title = 1;\nx-team: {name: web}\n"
                .to_owned(),
        ),
        ("rules/local/old.rule.yaml", rule("old", "old.example.com") + "expires_at: 2020-01-01T00:00:00Z\n"),
        ("rules/community/pack/manifest.yaml", "name: pack\nversion: 1.2.0\ndescription: d\nauthor: a\n".to_owned()),
        ("rules/community/pack/rules/theirs.rule.yaml", rule("theirs", "pack.example.com")),
        ("rules/overrides/pack/theirs.rule.yaml", rule("theirs", "mine.example.com")),
        ("rules/.state.json", r#"{"disabled":["script"]}"#.to_owned()),
    ])
}

fn on_tree<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &ON_TREE[..]].concat()
}

#[test]
fn rules_are_listed_for_people() {
    let ran = tree().run(&on_tree(&["rules", "list"])).code(0);
    expected::check("rules-list", &ran.stdout());
    ran.says(&["note: reading the rules tree rules\n"]);
}

#[test]
fn each_filter_finds_what_it_names() {
    let sandbox = tree();
    let cases: [(&[&str], &[&str]); 9] = [
        (&["--q", "ANN"], &["banner"]),
        (&["--type", "exact"], &["script"]),
        (&["--source", "community"], &["pack:theirs"]),
        (&["--pack", "pack"], &["pack:theirs", "pack:theirs"]),
        (&["--tag", "print"], &["banner"]),
        (&["--state", "disabled"], &["script"]),
        (&["--state", "expired"], &["old"]),
        (&["--matches", "https://www.example.com/"], &["banner", "script"]),
        (&["--tag", "print", "--type", "exact"], &[]),
    ];
    for (filter, ids) in cases {
        let args = [&["rules", "list", "--format", "json"], filter].concat();
        let listed = sandbox.run(&on_tree(&args)).code(0).json();
        let found: Vec<_> = listed["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| &rule["id"])
            .collect();
        assert_eq!(found, ids, "{filter:?}");
        assert_eq!(listed["count"], ids.len(), "{filter:?}");
    }
    sandbox
        .run(&on_tree(&["rules", "list", "--q", "nothing like it"]))
        .code(0)
        .prints(&["no rules\n"]);
}

#[test]
fn all_pages_are_listed() {
    let rules: String = (0..2500)
        .map(|n| {
            format!("- {{id: r{n:04}, type: exact, pattern: 'https://example.com/{n}', css: 'nav {{}}'}}\n")
        })
        .collect();
    let sandbox = Sandbox::with([("rules/local/many.rule.yaml", rules)]);
    let listed = sandbox
        .run(&on_tree(&["rules", "list", "--format", "json"]))
        .code(0)
        .json();
    let listed = listed["rules"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[2499]["id"]), (2500, &"r2499".into()));
    sandbox
        .run(&on_tree(&["rules", "list"]))
        .code(0)
        .prints(&["\nr2499  exact", "\n2500 rules\n"].map(|part| part.trim_start_matches('\n')));
}

#[test]
fn a_rule_is_printed_for_people() {
    let ran = tree().run(&on_tree(&["rules", "get", "banner"])).code(0);
    let (before, tag) = ran
        .stdout()
        .split_once("  tag          \"")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let after = tag.split_once('\n').unwrap().1.to_owned();
    expected::check("rules-get", &format!("{before}  tag          [TAG]\n{after}"));
}

#[test]
fn a_rule_is_printed_as_its_file_would_hold_it() {
    let sandbox = tree();
    let yaml = sandbox
        .run(&on_tree(&["rules", "get", "script", "--format", "yaml"]))
        .code(0)
        .stdout();
    assert_eq!(
        yaml,
        "id: script\ntype: exact\npattern: https://www.example.com/\njs: |\n  document.title = 1;\nx-team:\n  name: web\n"
    );
    let json = sandbox
        .run(&on_tree(&["rules", "get", "SCRIPT", "--format", "json"]))
        .code(0)
        .json();
    assert_eq!(
        (&json["state"], &json["x-team"]),
        (&"disabled".into(), &json!({ "name": "web" }))
    );
    let override_file = sandbox
        .run(&on_tree(&["rules", "get", "pack:theirs", "--format", "yaml"]))
        .code(0)
        .stdout();
    assert!(override_file.starts_with("id: pack:theirs\n"), "{override_file}");
}

#[test]
fn what_is_not_there_is_said_with_help() {
    let sandbox = tree();
    sandbox.run(&on_tree(&["rules", "get", "none"])).code(1).says(&[
        "error: there is no rule with this id (NOT_FOUND)",
        "help: `asset-injector rules list`",
    ]);
    for command in ["get", "source", "enable", "rm", "unpin"] {
        sandbox
            .run(&on_tree(&["rules", command, "../secret"]))
            .code(2)
            .says(&["error: `../secret` is not the id of a rule", "help: "]);
    }
    sandbox
        .run(&on_tree(&["rules", "list", "--matches", "example.com"]))
        .code(2)
        .says(&["is not the URL of a page"]);
    sandbox.run(&["rules"]).code(2);
    sandbox
        .run(&on_tree(&["rules", "list", "--type", "glob"]))
        .code(2);
}

#[test]
fn problems_are_listed_and_end_with_1() {
    let sandbox = tree();
    sandbox
        .run(&on_tree(&["rules", "problems"]))
        .code(0)
        .prints(&["no problems\n"]);
    sandbox.write(
        "rules/local/broken.rule.yaml",
        "id: broken\ntype: wildcard\npattern: '*'\npriorty: 3\ncss: 'a {}'\n",
    );
    let ran = sandbox.run(&on_tree(&["rules", "problems"])).code(1);
    expected::check("rules-problems", &ran.stdout());
    let report = sandbox
        .run(&on_tree(&["rules", "problems", "--format", "json"]))
        .code(1)
        .json();
    assert_eq!(
        (&report["count"], &report["problems"][0]["line"]),
        (&json!(1), &json!(4))
    );
}

#[test]
fn a_tree_and_a_server_are_looked_at_alike() {
    let sandbox = tree();
    let serving = Serving::ready(&sandbox, &[]);
    let server = format!("http://{}", serving.address);
    let commands: [&[&str]; 5] = [
        &["list"],
        &["get", "banner"],
        &["get", "pack:theirs", "--format", "json"],
        &["source", "pack:theirs"],
        &["conflicts"],
    ];
    for command in commands {
        let args = [&["rules"], command].concat();
        let of_tree = sandbox.run(&on_tree(&args)).code(0).stdout();
        let of_server = sandbox
            .run(&[&args[..], &["--server", &server]].concat())
            .code(0)
            .stdout();
        assert_eq!(of_tree, of_server, "{command:?}");
    }
}

#[test]
fn sources_of_an_id_are_told_apart() {
    let sandbox = tree();
    let ran = sandbox.run(&on_tree(&["rules", "source", "pack:theirs"])).code(0);
    expected::check("rules-source", &ran.stdout());
    let ran = sandbox.run(&on_tree(&["rules", "conflicts"])).code(0);
    expected::check("rules-conflicts", &ran.stdout());
    let json = sandbox
        .run(&on_tree(&["rules", "conflicts", "--format", "json"]))
        .code(0)
        .json();
    assert_eq!(
        (&json["count"], &json["conflicts"][0]["rule_id"]),
        (&json!(1), &"pack:theirs".into())
    );
}

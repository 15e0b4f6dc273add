//! `resolve` and `explain`, on a tree and on a server.

use crate::{
    binary::{Sandbox, rule},
    expected,
    serving::Serving,
};
use serde_json::{Value, json};

const URL: &str = "https://www.example.com/article";

fn tree() -> Sandbox {
    Sandbox::with([
        ("rules/local/general.rule.yaml", rule("general", "*.example.com")),
        (
            "rules/local/site.rule.yaml",
            rule("site", "www.example.com") + "js: 'document.title = 1;'\n",
        ),
        (
            "rules/local/off.rule.yaml",
            rule("off", "www.example.com") + "exclude: ['https://www.example.com/article']\n",
        ),
        (
            "rules/local/fixed.rule.yaml",
            rule("fixed", "*.example.com") + "priority: 50\n",
        ),
    ])
}

#[test]
fn a_tree_is_resolved_for_people() {
    let ran = tree()
        .run(&["resolve", "--mode", "all", "--rules-dir", "rules", URL])
        .code(0);
    expected::check("resolve-human", &ran.stdout());
    ran.says(&["note: reading the rules tree rules\n"]);
}

#[test]
fn a_tree_is_explained_for_people() {
    let ran = tree()
        .run(&["explain", "--mode", "all", "--rules-dir", "rules", URL])
        .code(0);
    expected::check("explain-human", &ran.stdout());
}

#[test]
fn a_tree_and_a_server_give_the_same_answer() {
    let sandbox = tree();
    let serving = Serving::ready(&sandbox, &[]);
    let server = format!("http://{}", serving.address);
    for command in ["resolve", "explain"] {
        for mode in ["best", "all"] {
            let args = [command, "--mode", mode, "--format", "json", URL];
            let of_tree = sandbox
                .run(&[&args[..], &["--rules-dir", "rules"]].concat())
                .code(0)
                .json();
            let of_server = sandbox
                .run(&[&args[..], &["--server", &server]].concat())
                .code(0)
                .json();
            assert_eq!(of_tree, of_server, "{command} {mode}");
        }
    }
}

#[test]
fn the_answer_as_json_holds_its_url() {
    let ran = tree()
        .run(&["resolve", "--format", "json", "--rules-dir", "rules", URL])
        .code(0);
    let answer = ran.json();
    assert_eq!(
        (&answer["url"], &answer["rule_id"]),
        (&URL.into(), &"site".into())
    );
    assert_eq!(answer["css"], "#site { display: none }");
    assert_eq!(
        answer["rules"],
        json!([{ "id": "site", "score": answer["score"] }])
    );
    assert!(answer.get("cache_hit").is_none(), "{answer}");
}

#[test]
fn many_urls_give_many_answers() {
    let args = [
        "resolve",
        "--format",
        "json",
        "--rules-dir",
        "rules",
        URL,
        "https://other.test/",
    ];
    let printed = tree().run(&args).code(0).stdout();
    let answers: Vec<Value> = serde_json::Deserializer::from_str(&printed)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        (&answers[0]["rule_id"], &answers[1]["rule_id"]),
        (&"site".into(), &"".into())
    );
}

#[test]
fn a_bare_asset_is_byte_for_byte() {
    let asset = |format| {
        tree()
            .run(&["resolve", "--format", format, "--rules-dir", "rules", URL])
            .code(0)
            .stdout()
    };
    assert_eq!(asset("css"), "#site { display: none }");
    assert_eq!(asset("js"), "document.title = 1;");
    tree()
        .run(&["resolve", "--format", "css", URL, URL])
        .code(2)
        .says(&["help: name one URL"]);
}

#[test]
fn no_match_is_an_answer() {
    let ran = tree()
        .run(&["resolve", "--rules-dir", "rules", "https://other.test/"])
        .code(0);
    assert_eq!(
        ran.stdout(),
        "https://other.test/\nno rule matches; `asset-injector explain https://other.test/` says why\n"
    );
}

#[test]
fn the_configured_server_is_asked_first_and_the_configured_tree_else() {
    let sandbox = tree();
    let serving = Serving::ready(&sandbox, &[]);
    let port = serving.address.port().to_string();
    let ran = sandbox.run_with(&["resolve", URL], &[("PORT", &port)]).code(0);
    ran.says(&[&format!("note: asking the server at http://127.0.0.1:{port}\n")])
        .prints(&["site"]);
    drop(serving);
    let ran = sandbox.run_with(&["resolve", URL], &[("PORT", &port)]).code(0);
    ran.says(&["note: reading the rules tree ./rules\n"])
        .prints(&["site"]);
}

#[test]
fn a_folder_of_rules_is_a_tree_of_local_ones() {
    let sandbox = Sandbox::with([("mine/sub/a.rule.yaml", rule("a", "www.example.com"))]);
    let ran = sandbox.run(&["resolve", "--rules-dir", "mine", URL]).code(0);
    ran.says(&["note: reading local rules in mine\n"])
        .prints(&["\na score "]);
}

#[test]
fn problems_of_a_tree_are_pointed_at() {
    let sandbox = tree();
    sandbox.write("rules/local/broken.rule.yaml", "id: [");
    let ran = sandbox.run(&["resolve", "--rules-dir", "rules", URL]).code(0);
    ran.says(&["note: 1 problem in its files; `asset-injector check rules` shows them\n"]);
}

#[test]
fn what_cannot_be_asked_is_said_with_help() {
    let sandbox = Sandbox::new();
    let unreachable = [("PORT", "1")];
    let run = |args: &[&str]| sandbox.run_with(args, &unreachable);
    run(&["resolve", URL])
        .code(2)
        .says(&["no server answers at 127.0.0.1:1", "help: name one with --server"]);
    run(&["resolve", "--rules-dir", "none", URL])
        .code(2)
        .says(&["there is no folder `none`", "help: "]);
    run(&["resolve", "--server", "127.0.0.1:1", URL])
        .code(2)
        .says(&["is not the URL of a server", "help: write it with its scheme"]);
    run(&["resolve", "--server", "http://127.0.0.1:1", URL])
        .code(1)
        .says(&["no answer from http://127.0.0.1:1", "help: is the server"]);
    run(&["resolve", "ftp://example.com/"])
        .code(2)
        .says(&["`ftp://example.com/` is not the URL of a page", "help: "]);
    run(&["explain", "example.com"])
        .code(2)
        .says(&["is not the URL of a page"]);
}

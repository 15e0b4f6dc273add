//! Which tree or server the commands that change rules take, and what they need for it.

use crate::{
    binary::{Sandbox, rule},
    http,
    serving::Serving,
};
use std::fs;

fn tree() -> Sandbox {
    Sandbox::with([("rules/local/banner.rule.yaml", rule("banner", "*.example.com"))])
}

#[test]
fn a_tree_that_a_server_holds_is_not_changed() {
    let sandbox = tree();
    let _serving = Serving::ready(&sandbox, &[]);
    let on_tree = |args: &[&str]| sandbox.run(&[args, &["--rules-dir", "rules"]].concat());
    on_tree(&["rules", "rm", "banner"]).code(1).says(&[
        "error: another process, number ",
        "owns the rules folder `rules`",
        "help: ",
        "--server URL",
    ]);
    assert!(sandbox.path().join("rules/local/banner.rule.yaml").exists());
    on_tree(&["rules", "list"]).code(0).prints(&["banner"]);
}

#[test]
fn the_configured_server_is_changed_first_and_the_configured_tree_else() {
    let sandbox = tree();
    let serving = Serving::ready(&sandbox, &[]);
    let port = serving.address.port().to_string();
    let disable = ["rules", "disable", "banner"];
    sandbox
        .run_with(&disable, &[("PORT", &port)])
        .code(0)
        .says(&[&format!("note: asking the server at http://127.0.0.1:{port}\n")]);
    drop(serving);
    sandbox
        .run_with(&["rules", "enable", "banner"], &[("PORT", &port)])
        .code(0)
        .says(&["note: changing the rules tree ./rules\n"]);
}

#[test]
fn a_server_that_wants_a_token_says_how_to_get_one() {
    let sandbox = tree();
    let serving = Serving::ready(&sandbox, &[("HOST", "0.0.0.0")]);
    let server = format!("http://127.0.0.1:{}", serving.address.port());
    let disable = ["rules", "disable", "banner", "--server", &server];
    sandbox.run(&disable).code(1).says(&[
        "(UNAUTHORIZED)",
        "help: ",
        "ASSET_INJECTOR_TOKEN",
        "asset-injector token new",
    ]);
    sandbox
        .run_with(&disable, &[("ASSET_INJECTOR_TOKEN", "a\nb")])
        .code(2)
        .says(&["the request cannot be sent", "ASSET_INJECTOR_TOKEN"]);
}

#[test]
fn a_token_opens_a_server_that_wants_one() {
    let sandbox = tree();
    let made = sandbox.run(&["token", "new", "ann", "editor"]).code(0).stdout();
    let words: Vec<_> = made.split_whitespace().collect();
    let find = |begin: &str| *words.iter().find(|word| word.starts_with(begin)).unwrap();
    let (token, line) = (find("ai_"), find("ann:editor:"));
    let serving = Serving::ready(&sandbox, &[("HOST", "0.0.0.0"), ("AUTH_TOKENS", line)]);
    let server = format!("http://127.0.0.1:{}", serving.address.port());
    let with = |token: &str, args: &[&str]| {
        let args = [args, &["--server", &server]].concat();
        sandbox.run_with(&args, &[("ASSET_INJECTOR_TOKEN", token)])
    };
    with(token, &["rules", "set", "banner", "--css", "by-ann {}"]).code(0);
    with(token, &["rules", "get", "banner"])
        .code(0)
        .prints(&["modified_by  ann\n"]);
    with("wrong", &["rules", "rm", "banner"]).code(1).says(&[
        "(UNAUTHORIZED)",
        "help: the server does not know the token in ASSET_INJECTOR_TOKEN",
    ]);
    with(token, &["import", "https://example.com/a.rule.yaml"])
        .code(1)
        .says(&[
            "(FORBIDDEN)",
            "help: ",
            "one of admin",
            "asset-injector token new",
        ]);
    assert_eq!(
        http::resolve(serving.address, "https://a.example.com/")["css"],
        "by-ann {}"
    );
}

#[test]
fn a_folder_of_local_rules_stays_one_when_it_is_changed() {
    let sandbox = Sandbox::with([("mine/a.rule.yaml", rule("a", "*.example.com"))]);
    let run = |args: &[&str]| sandbox.run(&[args, &["--rules-dir", "mine"]].concat());
    run(&["rules", "set", "a", "--css", "first {}"])
        .code(0)
        .says(&["note: changing local rules in mine\n"]);
    run(&["rules", "set", "a", "--css", "second {}"]).code(0);
    run(&["rules", "list"]).code(0).prints(&["\n1 rule\n"]);
    assert!(sandbox.read("mine/a.rule.yaml").contains("second {}"));
}

#[test]
fn an_empty_folder_becomes_a_tree() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("rules")).unwrap();
    sandbox.write("a.rule.yaml", &rule("a", "*.example.com"));
    sandbox
        .run(&["rules", "add", "a.rule.yaml", "--rules-dir", "rules"])
        .code(0);
    assert!(sandbox.path().join("rules/local/a.rule.yaml").exists());
    sandbox
        .run(&["resolve", "https://www.example.com/"])
        .code(0)
        .prints(&["\na score "]);
}

#[test]
fn a_tree_that_is_only_read_is_not_changed() {
    let sandbox = tree();
    sandbox
        .run_with(
            &["rules", "rm", "banner", "--rules-dir", "rules"],
            &[("READ_ONLY", "true")],
        )
        .code(1)
        .says(&["error: the rules cannot be changed: READ_ONLY is true", "help: "]);
    let serving = Serving::ready(&sandbox, &[("READ_ONLY", "true")]);
    let server = format!("http://{}", serving.address);
    sandbox
        .run(&["rules", "rm", "banner", "--server", &server])
        .code(1)
        .says(&["(FORBIDDEN)", "help: unset READ_ONLY"]);
    assert!(sandbox.path().join("rules/local/banner.rule.yaml").exists());
}

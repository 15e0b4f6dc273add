//! What `serve` does from its start on.

use crate::{
    binary::{Sandbox, rule},
    http,
    serving::Serving,
};
use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::Stdio,
};

#[test]
fn an_empty_machine_is_enough() {
    let sandbox = Sandbox::new();
    let mut serving = Serving::ready(&sandbox, &[]);
    assert_eq!(
        http::get(serving.address, "/health").json()["data"]["status"],
        "ok"
    );
    let answer = http::resolve(serving.address, "https://example.com/");
    assert_eq!(
        (&answer["css"], &answer["rules"]),
        (&"".into(), &serde_json::json!([]))
    );
    for folder in ["rules/local", "rules/overrides", "rules/community"] {
        assert!(sandbox.path().join(folder).is_dir(), "{folder} was not made");
    }
    assert_eq!(serving.event("rules loaded")["rules.total"], 0);
}

/// A process that is killed while it keeps a copy of an index leaves a part of it.
#[test]
fn what_a_killed_process_left_in_the_data_folder_is_removed() {
    let left = [
        "data/.asset-injector-Ab12Cd.tmp",
        "rules/community/.asset-injector-7-1.tmp",
    ];
    let mine = "data/mine.tmp";
    let sandbox = Sandbox::with([left[0], left[1], mine].map(|path| (path, "a part")));
    let is_there = |path: &&str| sandbox.path().join(path).exists();
    // Who only reads rules changes nothing in their tree, and keeps things in the other folder as well.
    let serving = Serving::ready(&sandbox, &[("READ_ONLY", "true")]);
    assert_eq!(left.map(|path| is_there(&path)), [false, true]);
    drop(serving);
    let _serving = Serving::ready(&sandbox, &[]);
    assert!(!left.iter().any(is_there));
    assert!(is_there(&mine));
}

#[test]
fn a_bad_rule_file_does_not_stop_the_good_ones() {
    let files = [
        ("rules/local/good.rule.yaml", rule("good", "example.com")),
        (
            "rules/local/bad.rule.yaml",
            rule("bad", "example.com").replace("wildcard", "wildcart"),
        ),
        ("rules/local/broken.rule.yaml", "id: [".to_owned()),
    ];
    // Kept: the server follows the files.
    let sandbox = Sandbox::with(files);
    let mut serving = Serving::ready(&sandbox, &[]);
    assert_eq!(
        http::resolve(serving.address, "https://example.com/")["rule_id"],
        "good"
    );
    let loaded = serving.event("rules loaded");
    assert_eq!(
        (&loaded["rules.in_force"], &loaded["problems"]),
        (&1.into(), &2.into())
    );
    assert_eq!(
        loaded["rules.by_source"],
        serde_json::json!({ "local": 1, "override": 0, "community": 0 })
    );
    let problem = serving.event("a problem in the rules");
    assert_eq!(
        (&problem["level"], &problem["skipped"]),
        (&"warn".into(), &true.into())
    );
    assert!(
        problem["file"].as_str().unwrap().starts_with("local/b"),
        "{problem}"
    );
}

#[test]
fn a_port_that_is_taken_is_a_clear_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = Sandbox::new().run_with(&["serve"], &[("PORT", &port)]).code(1);
    ran.says(&[
        &format!("error: cannot listen on 127.0.0.1:{port}"),
        "help: another program listens there",
    ]);
}

#[test]
fn a_second_server_on_the_port_fails() {
    let sandbox = Sandbox::new();
    let first = Serving::ready(&sandbox, &[]);
    let port = first.address.port().to_string();
    sandbox
        .run_with(&["serve"], &[("PORT", &port)])
        .code(1)
        .says(&["cannot listen on"]);
    assert_eq!(http::get(first.address, "/health").status, 200);
}

#[test]
fn a_second_server_on_the_tree_is_told_who_is_the_first_or_only_reads() {
    let sandbox = Sandbox::with([("rules/local/a.rule.yaml", rule("a", "example.com"))]);
    let first = Serving::ready(&sandbox, &[]);
    sandbox.run_with(&["serve"], &[("PORT", "0")]).code(1).says(&[
        &format!(
            "error: another process, number {}, owns the rules folder `./rules`",
            first.id()
        ),
        "help: stop it, or run this one with READ_ONLY=true",
    ]);
    sandbox.run(&["resolve", "https://example.com/"]).code(0);
    let second = Serving::ready(&sandbox, &[("READ_ONLY", "true")]);
    for serving in [&first, &second] {
        assert_eq!(
            http::resolve(serving.address, "https://example.com/")["rule_id"],
            "a"
        );
    }
}

#[test]
fn a_tree_that_is_only_read_is_left_as_it_is() {
    let sandbox = Sandbox::new();
    let serving = Serving::ready(&sandbox, &[("READ_ONLY", "true")]);
    assert_eq!(http::get(serving.address, "/health").status, 200);
    assert!(!sandbox.path().join("rules").exists());
}

#[test]
fn an_address_of_another_machine_is_a_clear_error() {
    let ran = Sandbox::new()
        .run_with(&["serve"], &[("HOST", "192.0.2.1"), ("PORT", "0")])
        .code(1);
    ran.says(&[
        "cannot listen on 192.0.2.1:0",
        "help: this machine does not have that address; set HOST",
    ]);
}

/// As with a tree on a read-only file system: nothing can be made there, whoever runs the server.
#[test]
fn a_tree_that_cannot_be_written_is_served_with_one_warning() {
    let sandbox = Sandbox::new();
    let mut serving = Serving::ready(&sandbox, &[("RULES_DIR", "/proc/no-such-tree")]);
    assert_eq!(serving.event("the rules tree cannot be written")["level"], "warn");
}

#[test]
fn the_log_can_be_text_and_is_one_line_an_event() {
    let mut command = Sandbox::new().command(&["serve"]);
    command.envs([("LOG_FORMAT", "text"), ("HOST", "192.0.2.1"), ("PORT", "0")]);
    let output = command.current_dir("/").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let first = stderr.lines().next().unwrap();
    assert!(
        first.contains(" INFO  settings in force settings={\"ALLOWED_HOSTS\":"),
        "{first}"
    );
    assert!(first.ends_with(" environment=development"), "{first}");
}

#[test]
fn rules_outside_of_the_trees_folders_are_pointed_at() {
    let sandbox = Sandbox::with([("rules/a.rule.yaml", rule("a", "example.com"))]);
    let mut serving = Serving::ready(&sandbox, &[]);
    let event = serving.event("RULES_DIR holds rule files outside of `local`");
    assert_eq!((&event["level"], &event["files"]), (&"warn".into(), &1.into()));
}

#[test]
fn a_tree_that_cannot_be_read_ends_the_start() {
    let sandbox = Sandbox::with([("rules", "")]);
    sandbox
        .run_with(&["serve"], &[("PORT", "0")])
        .code(1)
        .says(&["error: rules cannot be loaded", "rules"]);
}

/// Nothing at all was printed when the log let only warnings through.
#[test]
fn the_address_is_printed_whatever_is_logged() {
    let sandbox = Sandbox::with([("rules/local/a.rule.yaml", rule("a", "example.com"))]);
    let printed = |format: &str, last: &str| {
        let variables = [("PORT", "0"), ("LOG_LEVEL", "warn"), ("LOG_FORMAT", format)];
        let mut child = sandbox
            .command(&["serve"])
            .envs(variables)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let mut text = String::new();
        for line in lines {
            text += &format!("{line}\n");
            if line.contains(last) {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        text
    };
    let text = printed("text", "Ctrl-C");
    assert!(
        text.contains("\nlistening on http://127.0.0.1:") && text.contains("\n1 local rule from "),
        "{text}"
    );
    let line: serde_json::Value = serde_json::from_str(&printed("json", "}")).unwrap();
    assert!(
        line["server.address"].as_str().unwrap().starts_with("127.0.0.1:"),
        "{line}"
    );
}

#[test]
fn the_audit_is_no_matter_of_the_level() {
    // The address is read from the log.
    let level = "error,asset_injector::commands::serve::announce=info";
    let sandbox = Sandbox::new();
    let mut serving = Serving::ready(&sandbox, &[("LOG_LEVEL", level)]);
    let disabled = http::send(serving.address, "POST", "/v1/rules/a/disable", "");
    assert_eq!(disabled.status, 200, "{disabled:?}");
    let event = serving.event_of("audit", |event| event["action"] == "rule.disable");
    assert_eq!(
        (&event["rule.id"], &event["level"]),
        (&"a".into(), &"info".into())
    );
    assert_eq!(serving.count("request"), 0);
}

#[test]
fn a_problem_that_a_write_brings_is_logged() {
    let sandbox = Sandbox::with([
        ("rules/community/shop/rules/a.rule.yaml", rule("a", "a.example")),
        ("rules/local/b.rule.yaml", rule("b", "b.example")),
    ]);
    for watch in ["true", "false"] {
        let variables = [("MAX_RULES", "2"), ("WATCH_RULE_FILES", watch)];
        let mut serving = Serving::ready(&sandbox, &variables);
        let new = r#"{"id":"c","type":"exact","pattern":"https://c.example/","css":"c{}"}"#;
        // It takes the place of the pack's rule.
        assert_eq!(http::send(serving.address, "POST", "/v1/rules", new).status, 201);
        let event = serving.event("a problem in the rules: ");
        assert_eq!(event["rule.id"], "shop:a", "{event}");
        assert_eq!(
            http::send(serving.address, "DELETE", "/v1/rules/c", "").status,
            200
        );
        serving.event("a problem in the rules is gone: ");
        // Where files are watched there is a first look at them, which may come after a write.
        let looks = usize::from(watch == "true");
        assert!(serving.count("rules reloaded") <= looks);
    }
}

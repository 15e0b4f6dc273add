//! `doctor`: what is wrong, and what to do.

use crate::{
    binary::{Sandbox, rule},
    serving::Serving,
};
use serde_json::Value;
use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

/// A port that is free, below those that the system gives to others, and given out once.
pub(crate) fn free_port() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port.to_string();
        }
    }
}

#[test]
fn a_fresh_machine_is_well() {
    let port = free_port();
    let ran = Sandbox::new().run_with(&["doctor"], &[("PORT", &port)]).code(0);
    ran.prints(&[
        "ok    configuration: ",
        "RULES_DIR: ./rules does not exist; `serve` makes it",
        "is free\n",
        "ok    clock: ",
    ]);
}

#[test]
fn a_bad_setting_is_wrong() {
    let ran = Sandbox::new()
        .run_with(&["doctor"], &[("PORT", "x"), ("HOST", "y")])
        .code(1);
    ran.prints(&[
        "wrong configuration: 2 settings are not valid",
        "help: correct the settings",
    ]);
}

#[test]
fn problems_of_rules_are_wrong() {
    let files = [
        ("rules/local/a.rule.yaml", rule("a", "example.com")),
        ("rules/local/b.rule.yaml", "id: [".to_owned()),
        ("rules/c.rule.yaml", rule("c", "example.com")),
    ];
    let port = free_port();
    let ran = Sandbox::with(files)
        .run_with(&["doctor"], &[("PORT", &port)])
        .code(1);
    ran.prints(&["wrong rules: 1 rule in force, 1 problem", "local/b.rule.yaml: "])
        .prints(&[
            "help: `asset-injector check ./rules`",
            "look  rules: 1 rule file in ./rules outside of `local`",
        ]);
}

#[test]
fn a_folder_that_is_a_file_is_wrong() {
    let sandbox = Sandbox::with([("rules/local", "")]);
    let port = free_port();
    sandbox
        .run_with(&["doctor"], &[("PORT", &port)])
        .code(1)
        .prints(&["wrong LOCAL_RULES_DIR: ./rules/local is not a folder"]);
}

#[test]
fn the_port_is_free_or_ours_or_taken() {
    let sandbox = Sandbox::new();
    let serving = Serving::ready(&sandbox, &[]);
    let ours = serving.address.port().to_string();
    sandbox
        .run_with(&["doctor"], &[("PORT", &ours)])
        .code(0)
        .prints(&["ok    port: a server is ready on 127.0.0.1:"]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    sandbox
        .run_with(&["doctor"], &[("PORT", &port)])
        .code(1)
        .prints(&["wrong port: another program listens", "help: see which"]);
}

#[test]
fn its_findings_are_json_too() {
    let port = free_port();
    let report = Sandbox::new()
        .run_with(&["doctor", "--format", "json"], &[("PORT", &port)])
        .code(0)
        .json();
    let checks = report["checks"].as_array().unwrap();
    // Whether whoever runs the tests is root, and how much the machine has, is not known.
    let of_machine = ["user", "memory", "open files", "DATA_DIR", "RULES_DIR"];
    let is_well =
        |check: &Value| check["verdict"] == "ok" || of_machine.iter().any(|of| check["check"] == *of);
    assert!(checks.iter().all(is_well), "{report}");
    assert_eq!(checks.len(), 17, "{report}");
}

#[test]
fn the_file_of_tokens_is_looked_at() {
    let line = format!("ann:editor:{}\n", "0".repeat(64));
    let sandbox = Sandbox::with([("good", line.as_str()), ("bad", "ann:editor:hunter2")]);
    let run = |variables: &[(&str, &str)]| {
        let port = free_port();
        let mut all = vec![("PORT", port.as_str())];
        all.extend(variables);
        sandbox.run_with(&["doctor"], &all)
    };
    run(&[("AUTH_TOKENS_FILE", "good")])
        .code(0)
        .prints(&["ok    tokens: 1 token in good\n"]);
    let ran = run(&[("AUTH_TOKENS_FILE", "bad")]).code(1);
    assert!(!ran.stdout().contains("hunter2"), "{}", ran.stdout());
    ran.prints(&["wrong tokens: AUTH_TOKENS_FILE bad: line 1: the third part"]);
    run(&[("HOST", "0.0.0.0")])
        .code(0)
        .prints(&["look  tokens: none, and the server listens to other machines"]);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(sandbox.path().join("good"), mode).unwrap();
    run(&[("AUTH_TOKENS_FILE", "good")])
        .code(0)
        .prints(&["look  tokens: good can be changed by others"]);
}

#[test]
fn what_the_machine_gives_is_looked_at() {
    let port = free_port();
    let ran = Sandbox::new().run_with(&["doctor"], &[("PORT", &port)]).code(0);
    ran.prints(&[
        "DATA_DIR: ./data does not exist; `serve` makes it",
        " are free where ",
    ])
    .prints(&["memory: ", "0 rules may take "])
    .prints(&["processors: ", "open files: "]);
}

/// Whoever may write everywhere finds no folder that cannot be written.
#[test]
fn a_data_folder_that_cannot_be_made_is_doubtful() {
    let port = free_port();
    Sandbox::new()
        .run_with(&["doctor"], &[("PORT", &port), ("DATA_DIR", "/proc/data")])
        .code(0)
        .prints(&["look  DATA_DIR: /proc/data does not exist and cannot be made"]);
}

#[test]
fn names_are_asked_for() {
    let port = free_port();
    let sandbox = Sandbox::new();
    let run = |url: &str| {
        let variables = [("PORT", port.as_str()), ("OTEL_EXPORTER_OTLP_ENDPOINT", url)];
        sandbox.run_with(&["doctor"], &variables)
    };
    run("http://localhost:4318")
        .code(0)
        .prints(&["ok    DNS: localhost is 127.0.0.1"]);
    // Where no name server answers, it says that instead.
    let ran = run("http://collector.invalid:4318").code(1);
    ran.prints(&[
        "wrong DNS: ",
        "collector.invalid",
        "help: look at the name, at /etc/resolv.conf",
    ]);
    assert!(!run("http://127.0.0.1:4318").code(0).stdout().contains("DNS"));
}

//! Changes of rule files while the server runs. Every test waits for what must become true, with a deadline.

use crate::{
    binary::{Sandbox, rule},
    http::{self, PATIENCE},
    serving::Serving,
};
use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::symlink,
    thread,
    time::{Duration, Instant},
};

/// Waits until a page of this host gets this rule; an empty id is none.
#[track_caller]
fn until_resolved(address: SocketAddr, host: &str, id: &str) {
    let url = format!("https://{host}/");
    let started = Instant::now();
    loop {
        let found = http::resolve(address, &url)["rule_id"].clone();
        if found == *id {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{url}: {found} instead of {id}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The number of the rules in force.
fn revision(address: SocketAddr) -> u64 {
    let health = http::get(address, "/health").json();
    health["data"]["components"]["engine"]["revision"]
        .as_u64()
        .unwrap()
}

const FILE: &str = "rules/local/a.rule.yaml";

/// A server of one rule `a` in one file.
fn serving(variables: &[(&str, &str)]) -> (Sandbox, Serving) {
    let sandbox = Sandbox::with([(FILE, rule("a", "a.example"))]);
    let serving = Serving::ready(&sandbox, variables);
    until_resolved(serving.address, "a.example", "a");
    (sandbox, serving)
}

#[test]
fn a_file_is_followed_through_its_life() {
    let (sandbox, serving) = serving(&[]);
    let path = |path: &str| sandbox.path().join(path);
    let until = |host: &str, id: &str| until_resolved(serving.address, host, id);

    sandbox.write(FILE, &rule("b", "a.example"));
    until("a.example", "b");

    sandbox.write("rules/local/.a.swp", &rule("c", "a.example"));
    fs::rename(path("rules/local/.a.swp"), path(FILE)).unwrap();
    until("a.example", "c");

    sandbox.write("rules/local/new/deep/d.rule.yaml", &rule("d", "d.example"));
    until("d.example", "d");
    sandbox.write("rules/local/new/deep/e.rule.yaml", &rule("e", "e.example"));
    until("e.example", "e");

    fs::rename(path("rules/local/new"), path("rules/.away")).unwrap();
    until("d.example", "");
    fs::rename(path("rules/.away"), path("rules/local/again")).unwrap();
    until("d.example", "d");

    fs::remove_file(path(FILE)).unwrap();
    until("a.example", "");
}

/// Waits until the service says this of itself.
#[track_caller]
fn until_health(address: SocketAddr, status: &str) {
    let started = Instant::now();
    loop {
        let health = http::get(address, "/health").json();
        if health["data"]["status"] == *status {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{health} is not {status}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A folder that vanishes with its rules may be a volume that is away, so its rules stay in force until it is back.
#[test]
fn folders_that_are_deleted_and_made_again_are_followed() {
    let (sandbox, serving) = serving(&[]);
    let mut in_force = "a".to_owned();
    for (n, folder) in ["rules/local", "rules", "rules/local", "rules"]
        .into_iter()
        .enumerate()
    {
        fs::remove_dir_all(sandbox.path().join(folder)).unwrap();
        until_health(serving.address, "degraded");
        until_resolved(serving.address, "a.example", &in_force);
        let create = http::send(
            serving.address,
            "POST",
            "/v1/rules",
            r#"{"id":"b","type":"wildcard","pattern":"https://b.example/*","css":"p{}"}"#,
        );
        assert_eq!(create.status, 503, "{create:?}");
        in_force = format!("again{n}");
        sandbox.write(FILE, &rule(&in_force, "a.example"));
        until_resolved(serving.address, "a.example", &in_force);
        until_health(serving.address, "ok");
    }
}

#[test]
fn a_configmap_that_is_swapped_is_followed() {
    let sandbox = Sandbox::new();
    let local = sandbox.path().join("rules/local");
    let version = |n: usize| {
        sandbox.write(
            &format!("rules/local/..{n}/a.rule.yaml"),
            &rule(&format!("v{n}"), "a.example"),
        );
        symlink(format!("..{n}"), local.join("..data_tmp")).unwrap();
        fs::rename(local.join("..data_tmp"), local.join("..data")).unwrap();
    };
    version(0);
    symlink("..data/a.rule.yaml", local.join("a.rule.yaml")).unwrap();
    let serving = Serving::ready(&sandbox, &[]);
    until_resolved(serving.address, "a.example", "v0");
    for n in 1..4 {
        version(n);
        fs::remove_dir_all(local.join(format!("..{}", n - 1))).unwrap();
        until_resolved(serving.address, "a.example", &format!("v{n}"));
    }
}

#[test]
fn a_tree_that_is_a_swapped_link_is_followed() {
    let sandbox = Sandbox::with([
        ("v1/local/a.rule.yaml", rule("one", "a.example")),
        ("v2/local/a.rule.yaml", rule("two", "a.example")),
    ]);
    symlink("v1", sandbox.path().join("rules")).unwrap();
    let serving = Serving::ready(&sandbox, &[]);
    until_resolved(serving.address, "a.example", "one");
    symlink("v2", sandbox.path().join("rules.new")).unwrap();
    fs::rename(sandbox.path().join("rules.new"), sandbox.path().join("rules")).unwrap();
    until_resolved(serving.address, "a.example", "two");
}

#[test]
fn a_problem_is_logged_when_it_comes_and_when_it_goes() {
    let (sandbox, mut serving) = serving(&[]);
    let broken = format!("{}prority: 3\n", rule("b", "b.example"));
    sandbox.write("rules/local/b.rule.yaml", &broken);
    let problem = serving.event("a problem in the rules: ");
    assert_eq!(
        (&problem["level"], &problem["file"], &problem["line"]),
        (&"warn".into(), &"local/b.rule.yaml".into(), &5.into())
    );
    // Lines move; the problem stays the one that was logged.
    sandbox.write("rules/local/b.rule.yaml", &format!("# moved\n{broken}"));
    sandbox.write("rules/local/c.rule.yaml", &rule("c", "c.example"));
    until_resolved(serving.address, "c.example", "c");
    sandbox.write("rules/local/b.rule.yaml", &rule("b", "b.example"));
    let gone = serving.event("a problem in the rules is gone");
    assert_eq!(
        (&gone["level"], &gone["file"]),
        (&"info".into(), &"local/b.rule.yaml".into())
    );
    assert_eq!(serving.count("a problem in the rules: "), 1);
}

#[test]
fn an_invalid_edit_leaves_the_last_valid_version_in_force() {
    let (sandbox, mut serving) = serving(&[]);
    sandbox.write(FILE, &format!("{}prority: 3\n", rule("a", "b.example")));
    let problem = serving.event("a problem in the rules: ");
    assert_eq!(
        (&problem["file"], &problem["line"]),
        (&"local/a.rule.yaml".into(), &5.into())
    );
    assert_eq!(
        http::resolve(serving.address, "https://a.example/")["rule_id"],
        "a"
    );
    sandbox.write(FILE, &rule("b", "a.example"));
    until_resolved(serving.address, "a.example", "b");
    serving.event("a problem in the rules is gone");
}

#[test]
fn a_tree_that_cannot_be_loaded_is_tried_again() {
    let (sandbox, mut serving) = serving(&[]);
    let local = sandbox.path().join("rules/local");
    fs::rename(&local, sandbox.path().join("aside")).unwrap();
    sandbox.write("rules/local", "no folder");
    let failed = serving.event("the rules cannot be loaded");
    assert_eq!(failed["level"], "error");
    let health = http::get(serving.address, "/health").json();
    assert_eq!(health["data"]["components"]["store"]["status"], "failing");
    assert_eq!(
        http::resolve(serving.address, "https://a.example/")["rule_id"],
        "a"
    );
    fs::remove_file(&local).unwrap();
    fs::rename(sandbox.path().join("aside"), &local).unwrap();
    serving.event("the rules can be loaded again");
    assert_eq!(serving.count("the rules cannot be loaded"), 1);
}

const BURST_FILES: usize = 10_000;

#[test]
fn a_burst_of_ten_thousand_files_is_few_changes() {
    let (sandbox, serving) = serving(&[]);
    let before = revision(serving.address);
    let started = Instant::now();
    for n in 0..BURST_FILES {
        let path = format!("rules/local/s{}/r{n}.rule.yaml", n % 10);
        sandbox.write(&path, &rule(&format!("r{n}"), &format!("r{n}.example")));
    }
    let written = started.elapsed();
    let last = BURST_FILES - 1;
    until_resolved(serving.address, &format!("r{last}.example"), &format!("r{last}"));
    let visible = started.elapsed() - written;
    let changes = revision(serving.address) - before;
    println!("{BURST_FILES} files: written in {written:?}, visible {visible:?} later, in {changes} changes");
    // As many as pauses of half a second fit into it, and one after.
    let most = 2 * started.elapsed().as_secs() + 3;
    assert!(
        changes <= most,
        "{changes} changes, at most {most} in {:?}",
        started.elapsed()
    );
}

#[test]
fn without_watching_nothing_is_followed() {
    let (sandbox, serving) = serving(&[("WATCH_RULE_FILES", "false")]);
    // The same files by another tree, whose server says when a change could have been seen.
    let local = sandbox.path().join("rules/local");
    let variables = [
        ("RULES_DIR", "other"),
        ("LOCAL_RULES_DIR", local.to_str().unwrap()),
    ];
    let watching = Serving::ready(&sandbox, &variables);
    for n in 0..3 {
        let id = format!("v{n}");
        sandbox.write(FILE, &rule(&id, "a.example"));
        until_resolved(watching.address, "a.example", &id);
    }
    assert_eq!(
        http::resolve(serving.address, "https://a.example/")["rule_id"],
        "a"
    );
}

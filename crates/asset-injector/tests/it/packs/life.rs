//! The life of a pack from outside: built, signed, indexed, served, installed, changed, updated, removed.

use super::{key, pack, repository::repository, web::Web};
use crate::{
    binary::{Sandbox, rule},
    http,
    serving::Serving,
};
use std::{
    fs, thread,
    time::{Duration, Instant},
};

pub(super) const URL: &str = "https://www.example.com/page";

/// Builds a version of the pack `demo` whose rule has this CSS, and puts everything in order.
pub(super) fn publish(repository: &Sandbox, version: &str, css: &str, key: Option<&str>) {
    pack(repository, "packs/demo", "demo", version);
    let path = "packs/demo/rules/banner.rule.yaml";
    let text = repository.read(path);
    let until_css = text.split("css: ").next().unwrap();
    repository.write(path, &format!("{until_css}css: '{css}'\njs: 'let demo = 1;'\n"));
    repository
        .run(&["packs", "build", "packs/demo", "-o", "packs/demo"])
        .code(0);
    repository.run(&["packs", "index"]).code(0);
    if let Some(key) = key {
        let archive = format!("packs/demo/demo-{version}.zip");
        let files = [archive.as_str(), "index.json", "singles/index.json"];
        repository
            .run(&[&["packs", "sign", "--key", key], &files[..]].concat())
            .code(0);
    }
}

/// A repository with `demo` 1.0.0, and the server of it.
pub(super) fn published(key: Option<&str>) -> (Sandbox, Web) {
    let repository = Sandbox::new();
    repository.write("singles/rules/one.rule.yaml", &rule("one", "one.example"));
    if let Some(name) = key {
        super::key(&repository, name);
    }
    publish(&repository, "1.0.0", "#banner{color:red}", key);
    let web = Web::over(repository.path());
    (repository, web)
}

/// A command on a server, as somebody at this machine calls it.
pub(super) fn on(serving: &Serving, args: &[&str]) -> crate::binary::Ran {
    let server = format!("http://{}", serving.address);
    Sandbox::new().run(&[args, &["--server", &server]].concat())
}

pub(super) fn css(serving: &Serving) -> String {
    let data = http::resolve(serving.address, URL);
    data["css"].as_str().unwrap().to_owned()
}

#[test]
fn an_override_outlives_an_update_and_the_pack_comes_back() {
    let (repository, web) = published(None);
    let sandbox = Sandbox::new();
    let variables = [
        ("COMMUNITY_REPO_URL", web.url()),
        ("COMMUNITY_INDEX_TTL", "1ms".to_owned()),
    ];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let serving = Serving::ready(&sandbox, &variables);
    on(&serving, &["packs", "available"])
        .code(0)
        .prints(&["demo", "1.0.0", "1 pack"]);
    let ran = on(&serving, &["packs", "install", "demo"]).code(0);
    ran.prints(&["installed demo 1.0.0", "not trusted"]);
    assert_eq!(css(&serving), "#banner{color:red}");
    assert_eq!(http::resolve(serving.address, URL)["js"], "", "nobody trusts it");
    on(&serving, &["packs", "install", "demo"])
        .code(0)
        .prints(&["unchanged demo 1.0.0"]);

    let change = [
        "rules",
        "set",
        "demo:banner",
        "--css",
        "#banner{color:green}",
        "--clear",
        "js",
    ];
    on(&serving, &change).code(0);
    assert_eq!(css(&serving), "#banner{color:green}");

    publish(&repository, "1.1.0", "#banner{color:blue}", None);
    on(&serving, &["packs", "updates"])
        .code(0)
        .prints(&["1.1.0", "1 update"]);
    let ran = on(&serving, &["packs", "update", "--all"]).code(0);
    ran.prints(&["updated demo 1.0.0 -> 1.1.0", "your version of demo:banner stays"]);
    assert_eq!(css(&serving), "#banner{color:green}");
    let listed = on(&serving, &["packs", "list", "--format", "json"])
        .code(0)
        .json();
    let demo = &listed["packs"][0];
    assert_eq!(
        (&demo["version"], &demo["rule_count"]),
        (&"1.1.0".into(), &1.into())
    );
    assert_eq!(demo["outdated"][0]["base_version"], "1.0.0");
    on(&serving, &["packs", "list"])
        .code(0)
        .prints(&["demo", "your version of demo:banner was made from 1.0.0"]);

    on(&serving, &["rules", "rm", "demo:banner"]).code(0);
    assert_eq!(css(&serving), "#banner{color:blue}");
    on(&serving, &["packs", "uninstall", "demo"])
        .code(0)
        .prints(&["`demo` 1.1.0 is uninstalled"]);
    assert_eq!(css(&serving), "");
    on(&serving, &["packs", "uninstall", "demo"])
        .code(1)
        .says(&["PACK_NOT_FOUND", "help: "]);
}

#[test]
fn uninstalling_keeps_overrides_unless_they_are_purged() {
    let sandbox = Sandbox::new();
    pack(&sandbox, "demo", "demo", "1.0.0");
    let tree = |args: &[&str]| sandbox.run(&[args, &["--rules-dir", "rules"]].concat());
    fs::create_dir(sandbox.path().join("rules")).unwrap();
    for (purge, css) in [(&[][..], "green"), (&["--purge"][..], "none")] {
        tree(&["packs", "install", "./demo"])
            .code(0)
            .prints(&["installed demo 1.0.0"]);
        tree(&["rules", "set", "demo:banner", "--css", "#b{color:green}"]).code(0);
        let ran = tree(&[&["packs", "uninstall", "demo"], purge].concat()).code(0);
        match purge {
            [] => ran.prints(&["your version of demo:banner stays"]),
            _ => ran.prints(&["your version of demo:banner is gone too"]),
        };
        tree(&["packs", "install", "./demo"]).code(0);
        let shown = tree(&["resolve", "--format", "css", URL]).code(0).stdout();
        assert!(shown.contains(css), "{purge:?}: {shown}");
        tree(&["packs", "uninstall", "demo", "--purge"]).code(0);
    }
}

#[test]
fn a_local_archive_is_installed_and_trusted_when_somebody_says_so() {
    let sandbox = Sandbox::new();
    pack(&sandbox, "demo", "demo", "1.0.0");
    let text = sandbox.read("demo/rules/banner.rule.yaml") + "js: 'let demo = 1;'\n";
    sandbox.write("demo/rules/banner.rule.yaml", &text);
    sandbox.run(&["packs", "build", "demo"]).code(0);
    fs::create_dir(sandbox.path().join("rules")).unwrap();
    let tree = |args: &[&str]| sandbox.run(&[args, &["--rules-dir", "rules"]].concat());
    let js = || tree(&["resolve", "--format", "js", URL]).code(0).stdout();
    tree(&["packs", "install", "demo-1.0.0.zip"])
        .code(0)
        .prints(&["not trusted"]);
    assert_eq!(js().trim(), "");
    tree(&["packs", "uninstall", "demo"]).code(0);
    tree(&["packs", "install", "--trust", "demo-1.0.0.zip"])
        .code(0)
        .prints(&["installed demo 1.0.0"]);
    assert!(js().contains("let demo"), "{}", js());
    tree(&["packs", "install", "./none.zip"])
        .code(2)
        .says(&["cannot be read"]);
    tree(&["packs", "install", "demo"])
        .code(1)
        .says(&["COMMUNITY_REPO_URL", "help: "]);
    sandbox.write("broken/manifest.yaml", "name: broken\n");
    tree(&["packs", "install", "./broken"])
        .code(1)
        .says(&["MANIFEST_INVALID", "version"]);
}

#[test]
fn single_rules_come_and_go_with_the_repository() {
    let (repository, web) = published(None);
    let sandbox = Sandbox::new();
    let url = web.url();
    let serving = Serving::ready(&sandbox, &[("COMMUNITY_REPO_URL", &url)]);
    let shown = |host: &str| http::resolve(serving.address, &format!("https://{host}/x"))["rule_id"].clone();
    on(&serving, &["packs", "sync"])
        .code(0)
        .prints(&["1 put, 0 removed"]);
    assert_eq!(shown("one.example"), "singles:one");
    on(&serving, &["packs", "list"])
        .code(0)
        .prints(&["1 single rules"]);
    web.asked();
    on(&serving, &["packs", "sync"])
        .code(0)
        .prints(&["nothing has changed"]);
    assert_eq!(web.asked(), ["singles/index.json"]);
    for n in 2..5 {
        repository.write(
            &format!("singles/rules/r{n}.rule.yaml"),
            &rule(&format!("r{n}"), &format!("r{n}.example")),
        );
    }
    repository.run(&["packs", "index"]).code(0);
    on(&serving, &["packs", "sync"])
        .code(0)
        .prints(&["3 put, 0 removed"]);
    assert_eq!(shown("r4.example"), "singles:r4");
    for name in ["r2", "r3", "r4"] {
        fs::remove_file(repository.path().join(format!("singles/rules/{name}.rule.yaml"))).unwrap();
    }
    repository.run(&["packs", "index"]).code(0);
    on(&serving, &["packs", "sync"])
        .code(1)
        .says(&["would remove 3 of 4 single rules"]);
    on(&serving, &["packs", "sync", "--force"])
        .code(0)
        .prints(&["0 put, 3 removed"]);
    assert_eq!(shown("r4.example"), "");
}

#[test]
fn what_is_configured_is_done_at_the_start_without_delay() {
    let (repository, web) = published(None);
    let sandbox = Sandbox::new();
    let url = web.url();
    let variables = [
        ("COMMUNITY_REPO_URL", url.as_str()),
        ("AUTO_UPDATE_PACKS", "true"),
        ("SINGLES_SYNC_ENABLED", "true"),
        ("COMMUNITY_INDEX_TTL", "1ms"),
    ];
    fs::create_dir(sandbox.path().join("rules")).unwrap();
    let args = ["packs", "install", "demo", "--rules-dir", "rules"];
    sandbox.run_with(&args, &variables[..1]).code(0);
    publish(&repository, "1.1.0", "#banner{color:blue}", None);
    let mut serving = Serving::ready(&sandbox, &variables);
    let event = serving.event("the pack is updated");
    assert_eq!((&event["pack"], &event["to"]), (&"demo".into(), &"1.1.0".into()));
    let event = serving.event("the single rules are synchronized");
    assert_eq!(event["put"], 1);
    assert_eq!(css(&serving), "#banner{color:blue}");
}

/// A repository that answers nothing costs a word in the log, and neither the start nor what is installed.
#[test]
fn the_index_is_looked_at_though_nobody_asks_for_it() {
    let (_repository, web) = published(None);
    let sandbox = Sandbox::new();
    let url = web.url();
    let serving = Serving::ready(&sandbox, &[("COMMUNITY_REPO_URL", &url)]);
    let deadline = Instant::now() + Duration::from_secs(10);
    let name = "asset_injector_community_index_age_seconds{";
    while !http::get(serving.address, "/metrics").body.contains(name) {
        assert!(Instant::now() < deadline, "nobody asked for the index");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_repository_that_is_gone_hinders_nothing() {
    let sandbox = Sandbox::with([("rules/local/a.rule.yaml", rule("a", "www.example.com"))]);
    let variables = [
        ("COMMUNITY_REPO_URL", "http://127.0.0.1:9/"),
        ("COMMUNITY_REPO_TIMEOUT", "200ms"),
        ("AUTO_UPDATE_PACKS", "true"),
        ("SINGLES_SYNC_ENABLED", "true"),
    ];
    let mut serving = Serving::ready(&sandbox, &variables);
    serving.event("the single rules cannot be synchronized");
    assert_eq!(http::resolve(serving.address, URL)["rule_id"], "a");
    on(&serving, &["packs", "available"])
        .code(1)
        .says(&["UPSTREAM_UNAVAILABLE", "asset-injector doctor"]);
}

#[test]
fn a_lock_file_restores_exactly_what_was_there() {
    let (_repository, web) = published(None);
    let url = web.url();
    let variables = [("COMMUNITY_REPO_URL", url.as_str())];
    let (first, second) = (Sandbox::new(), Sandbox::new());
    for sandbox in [&first, &second] {
        fs::create_dir_all(sandbox.path().join("rules/community")).unwrap();
    }
    let install = |sandbox: &Sandbox, what: &str| {
        sandbox.run_with(&["packs", "install", what, "--rules-dir", "rules"], &variables)
    };
    install(&first, "demo@1.0.0").code(0);
    second.write(
        "rules/community/packs.lock",
        &first.read("rules/community/packs.lock"),
    );
    install(&second, "--locked")
        .code(0)
        .prints(&["installed demo 1.0.0"]);
    let manifest = "rules/community/demo/manifest.yaml";
    assert_eq!(first.read(manifest), second.read(manifest));
}

#[test]
fn the_doctor_asks_the_repository() {
    let sandbox = repository();
    sandbox.run(&["packs", "index"]).code(0);
    let web = Web::over(sandbox.path());
    let url = web.url();
    let key = key(&sandbox, "a.key");
    let port = crate::doctor::free_port();
    let ask = |url: &str, keys: &str| {
        let variables = [
            ("COMMUNITY_REPO_URL", url),
            ("PACK_TRUSTED_KEYS", keys),
            ("PORT", &port),
            ("COMMUNITY_REPO_TIMEOUT", "2s"),
        ];
        Sandbox::new().run_with(&["doctor"], &variables)
    };
    ask(&url, "")
        .code(0)
        .prints(&["ok    community repository: ", "offers 2 packs"]);
    ask(&url, &key)
        .code(1)
        .prints(&["wrong community repository: ", "has no signature"]);
    ask("http://127.0.0.1:9/", "")
        .code(1)
        .prints(&["wrong community repository: ", "is not available"]);
}

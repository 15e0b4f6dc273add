//! Every rule fires on a planted fault, at the right place, and is silent on a sound tree.

mod deployment;
mod faults;
mod monitoring;

use super::{RULES, Tree, properties};
use faults::FAULTS;

/// A small repository without any fault.
fn sound() -> Tree {
    let mut tree = Tree::default();
    tree.put("LICENSE", "MIT License\n");
    tree.put("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## 0.1.0\n");
    tree.put("docs/adr/0001-levels.md", ADR);
    tree.put("docs/guide.md", GUIDE);
    tree.put(
        "docs/reference/configuration.md",
        "| key | default |\n| --- | --- |\n| `HOST` | one |\n| `PORT` | `8080` |\n| `DATA_DIR` | two |\n",
    );
    tree.put("docs/reference/errors.md", "| code |\n| --- |\n| `NOT_FOUND` |\n");
    for name in ["urlmatch", "rules", "api", "asset-injector"] {
        tree.put(&format!("crates/{name}/Cargo.toml"), MANIFEST);
        tree.put(&format!("crates/{name}/src/lib.rs"), "//! A crate.\n");
    }
    tree.put(
        "crates/rules/Cargo.toml",
        &format!("{MANIFEST}\n[dependencies]\nurlmatch.workspace = true\n"),
    );
    tree.put(
        "crates/rules/src/lib.rs",
        "//! The rules.\n\nmod rule;\n#[cfg(test)]\nmod tests;\n",
    );
    tree.put("crates/rules/src/rule.rs", "//! A rule.\n\npub struct Rule;\n");
    tree.put("crates/rules/src/tests.rs", PROPERTIES);
    tree.put(
        "crates/rules/tests/it/main.rs",
        "//! From outside.\n\nmod merge;\n",
    );
    tree.put("crates/rules/tests/it/merge.rs", "//! Merging.\n");
    tree.put("crates/api/src/lib.rs", "//! HTTP.\n\nmod error;\n");
    tree.put("crates/api/src/error.rs", "//! Errors.\n\nmod code;\n");
    tree.put(
        "crates/api/src/error/code.rs",
        "//! Codes.\n\nconst CODE: &str = \"NOT_FOUND\";\n",
    );
    tree.put(
        "crates/asset-injector/src/lib.rs",
        "//! The binary.\n\nmod config;\n",
    );
    tree.put(
        "crates/asset-injector/src/config.rs",
        "//! Settings.\n\nmod keys;\n\nfn f() { g(&keys::HOST, &keys::PORT, &keys::DATA_DIR); }\n",
    );
    tree.put(
        "crates/asset-injector/src/config/keys.rs",
        "//! Keys.\n\nHOST: IpAddr = Is(1);\nPORT: u16 = Is(2);\nDATA_DIR: PathBuf = Is(3);\n",
    );
    tree.put("Dockerfile", DOCKERFILE);
    tree.put("deploy/docker-compose.yml", COMPOSE);
    tree.put(
        "deploy/docker-compose.override.yml",
        "services:\n  asset-injector:\n    environment:\n      HOST: \"::\"\n    develop:\n      watch:\n        \
         - path: ../Dockerfile\n        - path: ../.dockerignore\n        - path: ../crates\n",
    );
    tree.put(".dockerignore", "*\n!crates\ncrates/*/tests\n");
    deployment::put_manifests(&mut tree);
    monitoring::put(&mut tree);
    tree
}

const DOCKERFILE: &str = "FROM scratch\nENV HOST=0.0.0.0 DATA_DIR=/data\nUSER 1:1\nEXPOSE 8080\nVOLUME [\"/data\"]\n\
                          STOPSIGNAL SIGTERM\nHEALTHCHECK --retries=3 CMD [\"/app\", \"health-check\"]\nCMD [\"serve\"]\n\
                          RUN --mount=type=cache,target=/a,sharing=locked \\\n    --mount=type=cache,target=/b,id=b make\n";

const COMPOSE: &str = "services:\n  asset-injector:\n    environment:\n      HOST: \"::\"\n    ports:\n      - \"8080:8080\"\n    \
                       volumes:\n      - data:/data\n    user: \"1:1\"\n    healthcheck:\n      \
                       test: [\"CMD\", \"/app\", \"health-check\"]\n    stop_grace_period: 45s\n  postgres:\n    environment:\n      \
                       POSTGRES_USER: rules\n    volumes:\n      - database:/var\n";

const MANIFEST: &str = "[package]\nlicense.workspace = true\n\n[lints]\nworkspace = true\n";

const ADR: &str = "# 0001: Levels\n\n## Status\n\nAccepted, 2026-01-01.\n\n## Context\n\n## Decision\n\n\
                   ## Consequences\n\n## Checked by\n\nTidy.\n";

const GUIDE: &str = "# A guide\n\nOne sentence, e.g. This one, with `crates/rules/src/rule.rs` and `HOST`.\n\
                     See [the decision](adr/0001-levels.md#checked-by) or [above](#a-guide).\n\
                     Run `cargo xtask tidy`.\n\n```text\nTwo. Sentences. crates/no/such\n```\n";

const PROPERTIES: &str = "//! Properties.\n\nproptest! {\n    /// Feature: asset-injector, Property: order is total\n    \
                          #[test]\n    fn total(a in 0..9) {\n        check(a);\n    }\n}\n";

#[test]
fn a_sound_tree_has_no_findings() {
    let tree = sound();
    for rule in RULES {
        let findings = (rule.check)(&tree);
        assert!(findings.is_empty(), "{}: {findings:?}", rule.name);
    }
}

#[test]
fn each_planted_fault_is_found_where_it_is() {
    for &(name, path, line, text) in FAULTS {
        let mut tree = sound();
        tree.put(path, text);
        let findings = check(name, &tree);
        let found = findings.iter().any(|(at, number)| at == path && *number == line);
        assert!(
            found,
            "{name} does not find line {line} of {path}:\n{text}\nbut {findings:?}"
        );
    }
}

#[test]
fn every_rule_has_a_planted_fault() {
    // Lengths have their own tests, since their faults are long, workflows and monitoring theirs, with changes of a
    // sound one.
    let elsewhere = |name: &str| {
        name.ends_with("-length") || name.starts_with("workflow-") || name.starts_with("monitoring-")
    };
    let planted = |name: &str| elsewhere(name) || FAULTS.iter().any(|fault| fault.0 == name);
    let unproven: Vec<_> = RULES
        .iter()
        .map(|rule| rule.name)
        .filter(|name| !planted(name))
        .collect();
    assert!(unproven.is_empty(), "no test shows that these fire: {unproven:?}");
}

#[test]
fn a_requirement_is_named_once_in_the_list_and_has_a_command() {
    let found = |rows: &str| {
        let mut tree = sound();
        tree.put("deploy/a.yaml", "# Does it [1.1, 1.2].\n");
        tree.put("docs/requirements.md", rows);
        check("requirements", &tree)
    };
    let at = |line| vec![("docs/requirements.md".to_owned(), line)];
    assert_eq!(found("| 1.1, 1.2 | A. | `cargo xtask ci` |\n"), []);
    assert_eq!(
        found("| 1.1, 1.2 | A. | `cargo xtask ci` |\n| 1.2 | B. | `cargo xtask ci` |\n"),
        at(2)
    );
    assert_eq!(found("| 1.1, 1.2 | `cargo xtask ci` | nothing |\n"), at(1));
}

#[test]
fn a_missing_file_is_found_too() {
    for (name, path) in [
        ("licence", "LICENSE"),
        ("changelog", "CHANGELOG.md"),
        ("deployment", "Dockerfile"),
        ("deployment", "deploy/docker-compose.yml"),
        ("deployment", "deploy/base/configmap.yaml"),
    ] {
        let mut tree = sound();
        tree.remove(path);
        assert_eq!(check(name, &tree), [(path.to_owned(), 1)]);
    }
}

#[test]
fn a_long_file_needs_an_exception_that_only_shrinks() {
    let long = format!("//! Long.\n{}", "let a = 1; // code\n\n// no code\n".repeat(400));
    let list = "xtask/length-exceptions.txt";
    let file = "crates/rules/src/rule.rs";
    for (exceptions, expected) in [
        ("", Some((file, 1))),
        ("crates/rules/src/rule.rs 400\n", None),
        ("crates/rules/src/rule.rs 399\n", Some((file, 1))),
        ("crates/rules/src/rule.rs 440\n", None),
        ("crates/rules/src/rule.rs 450\n", Some((list, 1))),
        (
            "crates/rules/src/rule.rs 400\ncrates/gone.rs 500\n",
            Some((list, 2)),
        ),
    ] {
        let mut tree = sound();
        tree.put(file, &long);
        tree.put(list, exceptions);
        let found = check("file-length", &tree);
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(path, line)| (path.to_owned(), line))
            .collect();
        assert_eq!(found, expected, "with the exceptions {exceptions:?}");
    }
}

#[test]
fn a_long_handler_is_found_and_a_short_one_is_not() {
    let path = "crates/api/src/endpoints/resolve.rs";
    for (lines, expected) in [(25, vec![]), (26, vec![(path.to_owned(), 2)])] {
        let body = "    let a = 1;\n\n    // no code\n".repeat(lines);
        let mut tree = sound();
        tree.put(
            path,
            &format!("//! E.\npub(crate) async fn resolve() {{\n{body}}}\n\nfn other() {{}}\n"),
        );
        assert_eq!(check("handler-length", &tree), expected);
    }
}

#[test]
fn a_renamed_module_is_reached() {
    let mut tree = sound();
    tree.put(
        "crates/urlmatch/src/lib.rs",
        "//! M.\n\n#[path = \"odd/place.rs\"]\npub(crate) mod place;\n",
    );
    tree.put("crates/urlmatch/src/odd/place.rs", "//! Odd.\n");
    assert_eq!(check("orphan-files", &tree), []);
}

#[test]
fn properties_are_listed() {
    assert_eq!(
        properties::list(&sound()),
        ["Feature: asset-injector, Property: order is total"]
    );
}

#[test]
fn a_finding_names_place_rule_and_remedy() {
    let mut tree = sound();
    tree.put("crates/rules/src/rule.rs", "pub struct Rule;\n");
    let rule = RULES
        .iter()
        .find(|rule| rule.name == "file-header")
        .expect("it exists");
    let report = (rule.check)(&tree)[0].report(rule.name);
    assert!(
        report.starts_with("crates/rules/src/rule.rs:1: ") && report.contains("[file-header]"),
        "{report}"
    );
    assert!(report.contains("help: open it with"), "{report}");
}

fn check(rule: &str, tree: &Tree) -> Vec<(String, usize)> {
    let rule = RULES
        .iter()
        .find(|known| known.name == rule)
        .expect("a known rule");
    (rule.check)(tree)
        .into_iter()
        .map(|finding| (finding.path, finding.line))
        .collect()
}

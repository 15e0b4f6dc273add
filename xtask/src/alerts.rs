//! What somebody is told: the rules by `promtool` and their unit tests, the example of Alertmanager by a real one.
//!
//! The rules lie in objects of the Prometheus operator; what `promtool` reads is their `spec`. Faults are planted first,
//! and the tests must fail by them. That every alert has tests, a section and a dashboard says `cargo xtask tidy`.

mod manager;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::scanners::must_find;
use crate::{shell, test};

const MONITORING: &str = "deploy/monitoring";
const SCRATCH: &str = "target/xtask/alerts";
/// What the Prometheus of the compose file reads.
const COMPOSE: &str = "deploy/compose/prometheus.yml";
const RULES: [&str; 2] = ["alerting-rules.yaml", "recording-rules.yaml"];

/// What is changed in which file of rules, and the tests that must fail by it.
const FAULTS: &[[&str; 4]] = &[
    // A threshold that is never reached.
    [RULES[0], "> 0.9\n", "> 9\n", "saturation.yaml"],
    // One that is always reached.
    [RULES[0], "> 0.8\n", ">= 0.8\n", "saturation.yaml"],
    // Later than within three minutes.
    [RULES[0], "for: 1m\n", "for: 3m\n", "availability.yaml"],
    // For everybody's pager.
    [
        RULES[0],
        "severity: warning",
        "severity: critical",
        "availability.yaml",
    ],
    // An answer that is no failure, and one that is.
    [RULES[1], "5..|408", "5..|404", "errors.yaml"],
    // A text that says something else.
    [
        RULES[0],
        "All {{ $value }} instances",
        "Some instances",
        "availability.yaml",
    ],
];

/// Checks all of it.
pub(crate) fn run() -> Result<()> {
    let ours = Path::new(SCRATCH).join("ours");
    lay_out(&ours, |_, text| text)?;
    let rules = RULES.map(|name| ours.join(name));
    shell::run(promtool(&["check", "rules", "--lint=all", "--lint-fatal"]).args(rules))?;
    shell::run(promtool(&["check", "rules"]).arg(dashboard()?))?;
    shell::run(&mut promtool(&["check", "config", COMPOSE]))?;
    for fault in FAULTS {
        find(fault)?;
    }
    println!("{} planted faults were found", FAULTS.len());
    let mut tests = promtool(&["test", "rules"]);
    shell::run(tests.args(tests_in(&ours)?))?;
    manager::run(&Path::new(MONITORING).join("alertmanager-example.yaml"))
}

fn promtool(words: &[&str]) -> Command {
    let mut command = Command::new(test::unpacked("prometheus").join("usr/bin/promtool"));
    command.args(words);
    command
}

/// Writes what the dashboard asks as rules, which `promtool` can read, with values in the place of its variables.
fn dashboard() -> Result<PathBuf> {
    let text = std::fs::read_to_string(Path::new(MONITORING).join("dashboard.json"))?;
    let text = text
        .replace("$namespace", "production")
        .replace("$__rate_interval", "1m");
    let root: serde_json::Value = serde_json::from_str(&text)?;
    let panels = root["panels"].as_array().into_iter().flatten();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    let rules: Vec<_> = (1..)
        .zip(targets)
        .map(|(number, target)| {
            serde_json::json!({"record": format!("dashboard:{number}"), "expr": target["expr"]})
        })
        .collect();
    let groups = serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]});
    let file = Path::new(SCRATCH).join("dashboard.yaml");
    // JSON is YAML.
    std::fs::write(&file, groups.to_string())?;
    Ok(file)
}

/// Plants one into a copy, whose tests must fail.
fn find([file, old, new, tests]: &[&str; 4]) -> Result<()> {
    let folder = Path::new(SCRATCH).join("planted");
    let mut is_planted = false;
    lay_out(&folder, |name, text| {
        if name != *file {
            return text;
        }
        is_planted = text.contains(old);
        text.replace(old, new)
    })?;
    ensure!(is_planted, "`{file}` has no `{old}` to plant a fault in");
    let mut command = promtool(&["test", "rules"]);
    command.arg(folder.join("tests").join(tests));
    must_find(command, "FAILED")
}

/// Writes rules and tests as `promtool` reads them.
fn lay_out(folder: &Path, mut change: impl FnMut(&str, String) -> String) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder.join("tests"))?;
    for name in RULES {
        let object = std::fs::read_to_string(Path::new(MONITORING).join(name))?;
        let rules = spec(&object).with_context(|| format!("`{name}` has no `spec`"))?;
        std::fs::write(folder.join(name), change(name, rules))?;
    }
    for test in tests_in(Path::new(MONITORING))? {
        let name = test.file_name().context("a test has no name")?;
        std::fs::copy(&test, folder.join("tests").join(name))?;
    }
    Ok(())
}

/// What stands below `spec`, which ends the object, as a document of its own.
fn spec(object: &str) -> Option<String> {
    let (_, below) = object.split_once("\nspec:\n")?;
    let lines = below.lines().map(|line| line.strip_prefix("  ").unwrap_or(line));
    Some(lines.flat_map(|line| [line, "\n"]).collect())
}

fn tests_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder.join("tests"))?;
    let mut tests = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    ensure!(!tests.is_empty(), "no tests in `{}`", folder.display());
    tests.sort();
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use super::spec;

    #[test]
    fn the_spec_is_a_document_of_its_own() {
        let object = "kind: A\nspec:\n  groups:\n    - name: a\n\n      rules: []\n";
        let found = spec(object).expect("there is one");
        assert_eq!(found, "groups:\n  - name: a\n\n    rules: []\n");
        assert_eq!(spec("kind: A\n"), None);
    }
}

//! Alerts and dashboard name metrics that exist, and whoever is woken finds what to do.
//!
//! What the program counts stands in the generated reference; what other exporters count, in a list beside the rules.

mod alerts;
mod dashboard;
mod known;
mod promql;

pub(super) use alerts::alerts;
pub(super) use dashboard::dashboard;

use super::yaml::{self, Node};
use super::{Finding, Tree};
use known::Known;

const ALERTING: &str = "deploy/monitoring/alerting-rules.yaml";
const RECORDING: &str = "deploy/monitoring/recording-rules.yaml";
const DASHBOARD: &str = "deploy/monitoring/dashboard.json";
const EXTERNAL: &str = "deploy/monitoring/external-metrics.txt";

/// Has every metric exist, with the labels that are asked of it and the values that are compared.
pub(super) fn metrics(tree: &Tree) -> Vec<Finding> {
    let known = match Known::read(tree) {
        Ok(known) => known,
        Err(lost) => return vec![lost],
    };
    let mut findings = Vec::new();
    let mut used = Vec::new();
    for (path, line, expression) in expressions(tree) {
        let found = promql::read(&expression);
        for message in known.wrong(&found) {
            let remedy = "take what the reference or `external-metrics.txt` lists";
            findings.push(Finding::at(path, line, message, remedy));
        }
        used.extend(found.selectors.into_iter().map(|selector| selector.metric));
    }
    for (line, name) in known.external() {
        if !used.iter().any(|metric| metric == name) {
            let message = format!("nothing uses `{name}`");
            findings.push(Finding::at(EXTERNAL, line, message, "take its line out"));
        }
    }
    findings
}

/// Every expression, with its file and line; in the dashboard, of which no line is known, the first.
fn expressions(tree: &Tree) -> Vec<(&'static str, usize, String)> {
    let mut found = Vec::new();
    for path in [ALERTING, RECORDING] {
        let Ok(root) = read(tree, path) else { continue };
        for rule in rules(&root) {
            let expression = text(rule, "expr").to_owned();
            found.push((path, rule.line, expression));
        }
    }
    found.extend(
        dashboard::expressions(tree)
            .into_iter()
            .map(|expression| (DASHBOARD, 1, expression)),
    );
    found
}

/// A file of rules or of their tests.
fn read(tree: &Tree, path: &str) -> Result<Node, Finding> {
    let found = tree.get(path).and_then(|file| yaml::parse(&file.text));
    found.ok_or_else(|| Finding::at(path, 1, "no file that can be read", "restore the file"))
}

/// The rules of all groups.
fn rules(root: &Node) -> impl Iterator<Item = &Node> {
    let groups = root.get("spec").and_then(|spec| spec.get("groups"));
    let groups = groups.map_or(&[][..], Node::items);
    groups
        .iter()
        .filter_map(|group| group.get("rules"))
        .flat_map(Node::items)
}

fn text<'a>(of: &'a Node, key: &str) -> &'a str {
    of.get(key).and_then(Node::text).unwrap_or_default()
}

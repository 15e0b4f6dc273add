//! Every alert says what is wrong and where to go on, has a section in the runbook, and is tested both ways.

use super::super::markdown::prose;
use super::super::yaml::Node;
use super::super::{File, Finding, Tree};
use super::{ALERTING, dashboard, read, rules, text};

const RUNBOOK: &str = "docs/runbook.md";
const TESTS: &str = "deploy/monitoring/tests/";
/// What a section says, each as the first word of a line.
const PARTS: [&str; 5] = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Verification"];

/// A section of the runbook that is of an alert.
struct Section<'a> {
    line: usize,
    name: &'a str,
    text: Vec<&'a str>,
}

/// Checks all of it.
pub(in super::super) fn alerts(tree: &Tree) -> Vec<Finding> {
    let root = match read(tree, ALERTING) {
        Ok(root) => root,
        Err(lost) => return vec![lost],
    };
    let Some(runbook) = tree.get(RUNBOOK) else {
        return vec![Finding::at(RUNBOOK, 1, "there is no runbook", "restore the file")];
    };
    let sections = sections(runbook);
    let tests = tests(tree);
    let mut findings = Vec::new();
    for rule in rules(&root) {
        let name = text(rule, "alert");
        let mut lost: Vec<_> = says(tree, rule);
        if !sections.iter().any(|section| section.name == name) {
            lost.push(format!("`{name}` has no section in `{RUNBOOK}`"));
        }
        for (fires, what) in [(true, "fires"), (false, "just does not fire")] {
            if !tests.contains(&(name.to_owned(), fires)) {
                lost.push(format!("no test in which `{name}` {what}"));
            }
        }
        let remedy = "give every alert what the others have";
        findings.extend(
            lost.into_iter()
                .map(|message| Finding::at(ALERTING, rule.line, message, remedy)),
        );
    }
    let alerts: Vec<_> = rules(&root).map(|rule| text(rule, "alert")).collect();
    for section in sections {
        let mut lost = Vec::new();
        if !alerts.contains(&section.name) {
            lost.push(format!("there is no alert `{}`", section.name));
        }
        let missing = PARTS.iter().filter(|part| {
            let begin = format!("**{part}:**");
            !section.text.iter().any(|line| line.starts_with(&begin))
        });
        lost.extend(
            missing.map(|part| format!("`{}` has no line that begins with **{part}:**", section.name)),
        );
        let remedy = "complete the section, or take it out with its alert";
        findings.extend(
            lost.into_iter()
                .map(|message| Finding::new(runbook, section.line, message, remedy)),
        );
    }
    findings
}

/// What is wrong with what an alert says.
fn says(tree: &Tree, rule: &Node) -> Vec<String> {
    let name = text(rule, "alert");
    let label = rule.get("labels").map_or("", |labels| text(labels, "severity"));
    let said = |key| {
        let annotations = rule.get("annotations");
        annotations.map_or("", |annotations| text(annotations, key))
    };
    let section = format!("/{RUNBOOK}#{}", name.to_lowercase());
    let board = format!("/d/{}?", dashboard::uid(tree).unwrap_or_default());
    let wrong = [
        (!["critical", "warning"].contains(&label), "no severity"),
        (said("summary").is_empty(), "no summary"),
        (
            !said("description").contains("{{ $"),
            "no description with its figures",
        ),
        (
            !said("runbook_url").ends_with(&section),
            "no link to its section of the runbook",
        ),
        (
            !said("dashboard_url").contains(&board),
            "no link to the dashboard",
        ),
    ];
    let wrong = wrong.into_iter().filter(|(is_wrong, _)| *is_wrong);
    wrong.map(|(_, what)| format!("`{name}` has {what}")).collect()
}

/// The sections below headings of the third order that are one word in the form of our alerts.
fn sections(runbook: &File) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut is_inside = false;
    for (line, text) in prose(runbook) {
        if text.starts_with('#') {
            let name = text.strip_prefix("### ").unwrap_or_default();
            is_inside = name.starts_with("AssetInjector");
            if is_inside {
                sections.push(Section {
                    line,
                    name,
                    text: Vec::new(),
                });
            }
        } else if is_inside && let Some(section) = sections.last_mut() {
            section.text.push(text);
        }
    }
    sections
}

/// Every alert that a test asks for, and whether it expects it.
fn tests(tree: &Tree) -> Vec<(String, bool)> {
    let files = tree.texts().filter(|file| file.path.starts_with(TESTS));
    let mut found = Vec::new();
    for root in files.filter_map(|file| read(tree, &file.path).ok()) {
        let cases = root.get("tests").map_or(&[][..], Node::items).iter();
        let asked = cases
            .filter_map(|case| case.get("alert_rule_test"))
            .flat_map(Node::items);
        for asked in asked {
            let is_expected = asked
                .get("exp_alerts")
                .is_some_and(|alerts| !alerts.items().is_empty());
            found.push((text(asked, "alertname").to_owned(), is_expected));
        }
    }
    found
}

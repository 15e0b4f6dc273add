//! Every panel of the dashboard says what it shows, in which unit, and whose line is whose.

use serde_json::Value;

use super::super::{Finding, Tree};
use super::DASHBOARD;

/// Checks each panel.
pub(in super::super) fn dashboard(tree: &Tree) -> Vec<Finding> {
    let panels = panels(tree);
    if panels.is_empty() {
        return vec![Finding::at(
            DASHBOARD,
            1,
            "no dashboard with panels that can be read",
            "restore the file",
        )];
    }
    let mut findings = Vec::new();
    for panel in &panels {
        let name = panel["title"].as_str().unwrap_or_default();
        let targets = panel["targets"].as_array().map_or(&[][..], Vec::as_slice);
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        let wrong = [
            (name.is_empty(), "title"),
            (!is_text(&panel["description"]), "description"),
            (!is_text(&panel["fieldConfig"]["defaults"]["unit"]), "unit"),
            (targets.is_empty(), "expression"),
            (
                !targets.iter().all(|target| is_text(&target["legendFormat"])),
                "legend",
            ),
        ];
        for (_, what) in wrong.into_iter().filter(|(is_wrong, _)| *is_wrong) {
            let message = format!("the panel {} `{name}` has no {what}", panel["id"]);
            findings.push(Finding::at(DASHBOARD, 1, message, "say what people see there"));
        }
        let twins = panels.iter().filter(|other| other["id"] == panel["id"]);
        if twins.count() > 1 {
            let message = format!("several panels have the id {}", panel["id"]);
            findings.push(Finding::at(DASHBOARD, 1, message, "give each its own"));
        }
    }
    findings
}

/// The name in the dashboard's address.
pub(super) fn uid(tree: &Tree) -> Option<String> {
    read(tree)?["uid"].as_str().map(str::to_owned)
}

/// What the panels ask.
pub(super) fn expressions(tree: &Tree) -> Vec<String> {
    let panels = panels(tree);
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array())
        .flatten();
    targets
        .map(|target| target["expr"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// The panels, without the rows that they stand in.
fn panels(tree: &Tree) -> Vec<Value> {
    let root = read(tree).unwrap_or_default();
    let panels = root["panels"].as_array().cloned().unwrap_or_default();
    panels
        .into_iter()
        .filter(|panel| panel["type"] != "row")
        .collect()
}

fn read(tree: &Tree) -> Option<Value> {
    serde_json::from_str(&tree.get(DASHBOARD)?.text).ok()
}

//! What a repository owes to its readers: changelog, decisions, licence.

use super::{File, Finding, Tree};

const CHANGELOG: &str = "CHANGELOG.md";
const DECISIONS: &str = "docs/adr/";
const SECTIONS: &[&str] = &["Status", "Context", "Decision", "Consequences", "Checked by"];

/// Has the changelog be open for the next change.
pub(super) fn changelog(tree: &Tree) -> Vec<Finding> {
    let remedy = "put `## Unreleased` first, and below it what users will notice";
    let Some(file) = tree.get(CHANGELOG) else {
        return vec![Finding::at(CHANGELOG, 1, "there is no changelog", remedy)];
    };
    let first = file.lines().find(|(_, text)| text.starts_with("## "));
    match first {
        Some((_, text)) if text.trim_matches(['#', ' ', '[', ']']) == "Unreleased" => Vec::new(),
        Some((line, _)) => vec![Finding::new(
            file,
            line,
            "the first section is not Unreleased",
            remedy,
        )],
        None => vec![Finding::new(file, 1, "there is no section Unreleased", remedy)],
    }
}

/// Keeps decision records numbered without gaps, whole, and with a known status.
pub(super) fn decisions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut expected = 1;
    for file in tree.ending(".md").filter(|file| file.path.starts_with(DECISIONS)) {
        let number = number_of(file);
        if number != Some(expected) {
            let message = format!("expected the number {expected:04}");
            findings.push(Finding::new(
                file,
                1,
                message,
                "name it `NNNN-title.md`, numbered without gaps",
            ));
        }
        expected = number.unwrap_or(expected) + 1;
        findings.extend(shape(file));
        findings.extend(status(tree, file));
    }
    findings
}

fn number_of(file: &File) -> Option<u32> {
    let (digits, _) = file.name().split_once('-')?;
    (digits.len() == 4).then(|| digits.parse().ok())?
}

/// The heading with its own number, then the five sections in order.
fn shape(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let digits = file.name().get(..4).unwrap_or_default();
    if !file.text.starts_with(&format!("# {digits}: ")) {
        findings.push(Finding::new(
            file,
            1,
            "the title lacks its number",
            format!("begin with `# {digits}: `"),
        ));
    }
    let sections: Vec<_> = file
        .lines()
        .filter_map(|(_, text)| text.strip_prefix("## "))
        .collect();
    if sections != SECTIONS {
        let message = format!("the sections are {}", sections.join(", "));
        findings.push(Finding::new(
            file,
            1,
            message,
            format!("they must be {}", SECTIONS.join(", ")),
        ));
    }
    findings
}

fn status(tree: &Tree, file: &File) -> Option<Finding> {
    let mut after = file.lines().skip_while(|(_, text)| *text != "## Status").skip(1);
    let (line, text) = after.find(|(_, text)| !text.is_empty())?;
    let word = text.to_lowercase();
    let known = word.starts_with("accepted") || word.starts_with("proposed");
    let successor = word.strip_prefix("superseded by ").and_then(|rest| rest.get(..4));
    let exists = successor.is_some_and(|number| {
        let prefix = format!("{DECISIONS}{number}-");
        tree.paths().any(|path| path.starts_with(&prefix))
    });
    let remedy = "write Proposed, Accepted, or Superseded by NNNN (one that exists)";
    (!known && !exists).then(|| Finding::new(file, line, format!("no known status: `{text}`"), remedy))
}

/// Has the licence be there and every crate name it.
pub(super) fn licence(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let text = tree.get("LICENSE").map_or("", |file| &file.text);
    if !text.contains("MIT License") {
        findings.push(Finding::at(
            "LICENSE",
            1,
            "there is no MIT licence",
            "restore the file",
        ));
    }
    for (name, manifest) in tree.manifests() {
        if !manifest.text.contains("license.workspace = true") {
            let message = format!("crate `{name}` names no licence");
            findings.push(Finding::new(
                manifest,
                1,
                message,
                "add `license.workspace = true`",
            ));
        }
    }
    findings
}

//! Rules about documents: what they name exists, and their diffs read well \[10.1, 10.2, 10.3, 10.4, 10.5, 10.6\].

use super::markdown::{anchors, code_spans, prose, targets, without_code};
use super::{File, Finding, Tree};

/// Folders that a build makes; a document may name what lies there.
const GENERATED: &[&str] = &["target/"];
/// Names that stand for any file.
const PLACEHOLDERS: &[&str] = &["mod.rs", "name.rs"];
/// Variables that other programs read.
const FOREIGN: &[&str] = &[
    "CARGO_TARGET_DIR",
    "NO_COLOR",
    "PROPTEST_CASES",
    "RUST_BACKTRACE",
    "RUST_LOG",
];
/// After these a full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &["e.g", "i.e", "etc", "vs", "cf", "No", "approx"];

/// Has every path in backticks exist.
pub(super) fn paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.documents() {
        for (line, text) in prose(file) {
            for span in code_spans(text)
                .into_iter()
                .filter(|span| names_missing_path(tree, file, span))
            {
                let message = format!("`{span}` does not exist");
                findings.push(Finding::new(
                    file,
                    line,
                    message,
                    "correct the path, or name the concept instead",
                ));
            }
        }
    }
    findings
}

fn names_missing_path(tree: &Tree, file: &File, span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if !span.chars().all(plain) || GENERATED.iter().any(|folder| span.starts_with(folder)) {
        return false;
    }
    let Some((first, rest)) = span.split_once('/') else {
        // A bare name of a source or a document stands for a file somewhere in the tree.
        let ours = span.ends_with(".rs") || (span.ends_with(".md") && span.len() > 3);
        return ours
            && !PLACEHOLDERS.contains(&span)
            && !tree.paths().any(|path| path.rsplit('/').next() == Some(span));
    };
    // `and/or` is no path, and neither is a media type: only what begins at a folder of ours is.
    let ours = !first.is_empty()
        && tree
            .paths()
            .any(|path| path.split_once('/').is_some_and(|(top, _)| top == first));
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    ours && !rest.is_empty() && !tree.exists(span) && !tree.exists(&format!("{folder}/{span}"))
}

/// Has every link inside the repository lead somewhere, its anchor too.
pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.ending(".md") {
        for (line, text) in prose(file) {
            let text = without_code(text);
            for target in targets(&text).into_iter().filter(|target| !is_foreign(target)) {
                if let Some(message) = broken(tree, file, target) {
                    findings.push(Finding::new(file, line, message, "correct the link"));
                }
            }
        }
    }
    findings
}

fn is_foreign(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:") || target.is_empty()
}

fn broken(tree: &Tree, file: &File, target: &str) -> Option<String> {
    let (path, anchor) = target
        .split_once('#')
        .map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let Some(path) = resolve(&file.path, path) else {
        return Some(format!("`{target}` leads out of the repository"));
    };
    if !tree.exists(&path) {
        return Some(format!("`{target}` does not exist"));
    }
    let (document, anchor) = (tree.get(&path)?, anchor?);
    let known = !path.ends_with(".md") || anchors(document).iter().any(|known| known == anchor);
    (!known).then(|| format!("`{path}` has no heading for `#{anchor}`"))
}

/// The path from the root; `None` if it leaves the tree.
fn resolve(from: &str, target: &str) -> Option<String> {
    if target.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

/// Has every `cargo xtask <task>` be a task.
pub(super) fn tasks(tree: &Tree) -> Vec<Finding> {
    let known = crate::task_names();
    let mut findings = Vec::new();
    for file in tree
        .texts()
        .filter(|file| file.path.ends_with(".md") || file.path.starts_with(".ci/"))
    {
        for (line, text) in file.lines() {
            for (at, command) in text.match_indices("cargo xtask ") {
                let rest = &text[at + command.len()..];
                let task: String = rest
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                    .collect();
                let is_word = !task.is_empty() && !task.starts_with('-');
                if is_word
                    && !known.contains(&task)
                    && text[..at].ends_with(['`', ' '])
                    && !is_speech(rest, &task)
                {
                    let message = format!("`cargo xtask {task}` is no task");
                    let remedy = format!("the tasks are {}", known.join(", "));
                    findings.push(Finding::new(file, line, message, remedy));
                }
            }
        }
    }
    findings
}

/// "with cargo xtask and nothing else": a sentence goes on, no command.
fn is_speech(rest: &str, task: &str) -> bool {
    ["and", "or", "in", "is", "for"].contains(&task) && rest[task.len()..].starts_with(' ')
}

/// Has every rule of ours that a document relies on exist.
pub(super) fn rules(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.documents() {
        for (line, text) in prose(file) {
            for (at, _) in text.match_indices("` of `cargo xtask tidy`") {
                let name = text[..at].rsplit('`').next().unwrap_or_default();
                if !super::RULES.iter().any(|rule| rule.name == name) {
                    let message = format!("tidy has no rule `{name}`");
                    findings.push(Finding::new(
                        file,
                        line,
                        message,
                        "name one from RULES in `xtask/src/tidy.rs`",
                    ));
                }
            }
        }
    }
    findings
}

/// Has every name like `X_Y` stand in the code: settings, variables, error codes.
pub(super) fn settings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.documents() {
        for (line, text) in prose(file) {
            for span in code_spans(text) {
                let name = span.split('=').next().unwrap_or(span);
                if is_setting(name) && !tree.texts().any(|code| is_code(code) && code.text.contains(name)) {
                    let message = format!("nothing reads `{name}`");
                    findings.push(Finding::new(
                        file,
                        line,
                        message,
                        "correct the name, or leave the promise out",
                    ));
                }
            }
        }
    }
    findings
}

fn is_setting(name: &str) -> bool {
    let letters = name
        .chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    letters
        && !FOREIGN.contains(&name)
        && name.contains('_')
        && name.starts_with(|c: char| c.is_ascii_uppercase())
}

fn is_code(file: &File) -> bool {
    let ours = [".rs", ".mjs", ".js", ".ts", ".toml", ".py", "/run"];
    let is_ours = ours.iter().any(|ending| file.path.ends_with(ending));
    (is_ours || file.path.starts_with(".github/workflows/")) && !file.plants_faults()
}

/// Keeps one sentence on a line, so that a diff shows the sentence that changed.
pub(super) fn sentences(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.documents() {
        for (line, text) in prose(file) {
            let other = text.trim_start().starts_with(['|', '#', '<', '[']);
            if !other && let Some(next) = second_sentence(&without_code(text)) {
                let message = format!("a second sentence begins at \"{next}\"");
                findings.push(Finding::new(file, line, message, "begin it on its own line"));
            }
        }
    }
    findings
}

/// The first words of a second sentence on the line.
fn second_sentence(text: &str) -> Option<String> {
    for (at, _) in text.match_indices(['.', '?', '!']) {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let word = before.rsplit([' ', '(']).next().unwrap_or_default();
        let numbered = word.chars().all(|c| c.is_ascii_digit());
        let starts = after
            .strip_prefix(' ')
            .is_some_and(|rest| rest.starts_with(char::is_uppercase));
        if starts && !numbered && !ABBREVIATIONS.contains(&word) {
            return Some(after.trim().chars().take(24).collect());
        }
    }
    None
}

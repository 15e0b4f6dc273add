//! Rules about every text file.

use super::{File, Finding, Tree};

/// Places on a machine, at the start of a word. Split so that this file does not find itself.
const PLACES: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("../sh", "ared"),
];
/// Where the lock files may say that packages come from.
const CRATES_SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";
const NPM_SOURCE: &str = "https://registry.npmjs.org/";

/// Scripts that programs start and nobody else.
const PARTS: &[&str] = &["crates/pg-test/src/guard.sh"];

/// Keeps one task runner.
pub(super) fn scripts(tree: &Tree) -> Vec<Finding> {
    let is_runner = |path: &&str| {
        let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
        let script = name.ends_with(".sh") && !path.starts_with("scripts/") && !PARTS.contains(path);
        script || ["makefile", "justfile", ".justfile", "taskfile.yml"].contains(&name.as_str())
    };
    tree.paths()
        .filter(is_runner)
        .map(|path| Finding::at(path, 1, "a second task runner", "make it a task in `xtask/src`"))
        .collect()
}

/// Keeps diffs free of invisible changes.
pub(super) fn whitespace(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.texts().filter(|file| is_edited_by_hand(&file.path)) {
        for (line, text) in (1..).zip(file.text.split('\n')) {
            let message = if text.ends_with('\r') {
                "a line ending of Windows"
            } else if text.ends_with([' ', '\t']) {
                "trailing whitespace"
            } else if text.contains('\t') {
                "a tab"
            } else {
                continue;
            };
            findings.push(Finding::new(
                file,
                line,
                message,
                "remove it; the settings stand in `.editorconfig`",
            ));
        }
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            let line = file.text.lines().count();
            let remedy = "end the file with one line break";
            findings.push(Finding::new(
                file,
                line,
                "the last line does not end the file",
                remedy,
            ));
        }
    }
    findings
}

/// Fixtures of tests hold bad bytes on purpose, and generated files are as they are printed.
fn is_edited_by_hand(path: &str) -> bool {
    let endings = [
        ".rs", ".md", ".toml", ".js", ".mjs", ".ts", ".yml", ".yaml", ".html", ".css", ".py", "/run", ".sh",
    ];
    let fixture = !path.ends_with(".rs") && (path.contains("/tests/") || path.contains("/fuzz/"));
    endings.iter().any(|ending| path.ends_with(ending)) && !fixture && !path.starts_with("docs/reference/")
}

/// Keeps the repository speaking of itself only: no machine, no mirror, no foreign tracker.
pub(super) fn self_contained(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A page's relative links are its own business.
    for file in tree
        .texts()
        .filter(|file| !file.path.ends_with(".html") && !file.plants_faults())
    {
        for (line, text) in file.lines() {
            if let Some(place) = PLACES.iter().find(|place| names_place(text, place)) {
                let message = format!("`{place}` is a place on one machine");
                findings.push(Finding::new(
                    file,
                    line,
                    message,
                    "name it from the root of the repository",
                ));
            }
            if let Some(source) = foreign_source(file, text) {
                let message = format!("`{source}` is not the registry that everyone has");
                findings.push(Finding::new(
                    file,
                    line,
                    message,
                    "lock the packages against the public registry",
                ));
            }
        }
    }
    findings
}

fn names_place(text: &str, place: &str) -> bool {
    text.match_indices(place).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || "\"'`(=:".contains(c))
    })
}

/// The source that a line of a lock file names, if it is a foreign one.
fn foreign_source<'a>(file: &File, line: &'a str) -> Option<&'a str> {
    let (key, expected) = match file.name() {
        "Cargo.lock" => ("source = \"", CRATES_SOURCE),
        "package-lock.json" => ("\"resolved\": \"", NPM_SOURCE),
        _ => return None,
    };
    let source = line.trim_start().strip_prefix(key)?.split('"').next()?;
    (!source.starts_with(expected)).then_some(source)
}

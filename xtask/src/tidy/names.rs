//! Words that say nothing, with what to say instead, and words that mark unfinished work.

use super::{File, Finding, Tree};

/// Modules called so collect what nobody could place.
const MODULES: &[&str] = &[
    "utils",
    "util",
    "common",
    "helpers",
    "helper",
    "misc",
    "types",
    "interfaces",
    "shared",
    "base",
];

/// Endings of type names, and what to do.
const TYPES: &[(&str, &str)] = &[
    ("Manager", "name what it holds or does, like `Catalog`"),
    ("Helper", "make it a function, or name its subject"),
    ("Impl", "name what sets this one apart, like `FileStore`"),
    ("Data", "name what it is, like `Resolution`"),
    ("Info", "name what it is, like `Status`"),
    ("Repository", "a place where rules live is a `Store`"),
    ("Loader", "loading is a function of the store"),
    ("Validator", "checking makes a `Rule` from a `RuleDraft`"),
];

/// Marks of unfinished work; each is split so that this file does not find itself.
const UNFINISHED: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("TO", "DO"),
    concat!("HA", "CK:"),
    concat!("todo", "!("),
];

/// Keeps modules named after their subject.
pub(super) fn modules(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter(|file| MODULES.contains(&file.name().trim_end_matches(".rs")))
        .map(|file| {
            let message = format!("`{}` says nothing about what is inside", file.name());
            Finding::new(
                file,
                1,
                message,
                "name the file after its one main type or its subject",
            )
        })
        .collect()
}

/// Keeps types named after what they are.
pub(super) fn types(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !file.plants_faults()) {
        for (line, text) in file.code() {
            let Some(name) = declared_type(text) else { continue };
            let banned = |ending: &str| name.ends_with(ending) && !is_wire_word(file, ending);
            for (ending, remedy) in TYPES.iter().filter(|(ending, _)| banned(ending)) {
                findings.push(Finding::new(
                    file,
                    line,
                    format!("`{name}` ends with `{ending}`"),
                    *remedy,
                ));
            }
        }
    }
    findings
}

/// Words of the wire win: the member `data` of every answer is called so in the public API.
fn is_wire_word(file: &File, ending: &str) -> bool {
    ending == "Data" && file.path.starts_with("crates/api/src/endpoints/")
}

/// Keeps unfinished work out.
pub(super) fn unfinished(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let files = tree
        .texts()
        .filter(|file| is_ours(&file.path) && !file.plants_faults());
    for file in files {
        for (line, text) in file.lines() {
            for word in UNFINISHED.iter().filter(|word| has_word(text, word)) {
                let message = format!("`{word}` marks unfinished work");
                findings.push(Finding::new(
                    file,
                    line,
                    message,
                    "finish it, or leave it out and open an issue",
                ));
            }
        }
    }
    findings
}

fn is_ours(path: &str) -> bool {
    let endings = [
        ".rs", ".md", ".toml", ".js", ".mjs", ".ts", ".sh", ".yml", ".yaml", ".html", ".css",
    ];
    endings.iter().any(|ending| path.ends_with(ending))
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !joins(before) && (word.ends_with(['(', ':']) || !joins(after))
    })
}

fn declared_type(line: &str) -> Option<&str> {
    // The name of an associated type is the trait's choice.
    if line.starts_with("    type ") {
        return None;
    }
    let line = line.trim_start();
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1,
        Some(rest) => rest,
        None => line,
    };
    let line = line.trim_start();
    let keyword = ["struct ", "enum ", "trait ", "type "]
        .iter()
        .find_map(|word| line.strip_prefix(word))?;
    keyword.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

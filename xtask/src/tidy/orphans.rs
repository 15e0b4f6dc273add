//! Files that no `mod` reaches: they look alive, and are never compiled.

use std::collections::BTreeSet;

use super::{Finding, Tree};

/// Finds the Rust files that belong to no crate.
pub(super) fn orphans(tree: &Tree) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    for file in tree.rust().filter(|file| is_root(&file.path)) {
        reach(tree, &file.path, &mut reached);
    }
    tree.rust()
        .filter(|file| !reached.contains(&file.path))
        .map(|file| {
            let remedy = "add its `mod` line to the parent, or delete the file";
            Finding::new(
                file,
                1,
                "no `mod` reaches this file, so nothing compiles it",
                remedy,
            )
        })
        .collect()
}

/// Where cargo begins a crate by itself.
fn is_root(path: &str) -> bool {
    let parts: Vec<_> = path.rsplit('/').collect();
    match parts[..] {
        ["lib.rs" | "main.rs", "src", ..] | ["build.rs", ..] => true,
        [_, "bin", "src", ..] | [_, "fuzz_targets", ..] => true,
        ["main.rs", _, "tests" | "benches" | "examples", ..] => true,
        [_, "tests" | "benches" | "examples", ref above @ ..] => !above.contains(&"src"),
        _ => false,
    }
}

fn reach(tree: &Tree, path: &str, reached: &mut BTreeSet<String>) {
    let Some(file) = tree.get(path) else { return };
    if !reached.insert(path.to_owned()) {
        return;
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.trim_end_matches(".rs");
    let inside = if is_root(path) {
        folder.to_owned()
    } else {
        format!("{folder}/{stem}")
    };
    let mut renamed = None;
    for (_, line) in file.code() {
        let line = line.trim();
        if let Some(other) = line
            .strip_prefix("#[path = \"")
            .and_then(|rest| rest.split('"').next())
        {
            renamed = Some(other);
        } else if let Some(module) = declared_module(line) {
            let other = renamed.take();
            let next = other.map_or_else(|| format!("{inside}/{module}.rs"), |other| join(folder, other));
            reach(tree, &next, reached);
        }
    }
}

/// The name in `mod name;`, whatever its visibility.
fn declared_module(line: &str) -> Option<&str> {
    let line = line.strip_suffix(';')?;
    let line = line.strip_prefix("#[cfg(test)] ").unwrap_or(line);
    let after = line
        .strip_prefix("mod ")
        .or_else(|| line.split_once(" mod ").map(|(_, name)| name))?;
    let visibility = line.starts_with("pub") || line.starts_with("mod ");
    visibility.then(|| after.trim().trim_start_matches("r#"))
}

fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<_> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

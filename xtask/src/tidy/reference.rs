//! The reference and the code name the same things, both ways.

use std::collections::BTreeMap;

use super::markdown::code_spans;
use super::{File, Finding, Tree};

const CONFIGURATION: &str = "docs/reference/configuration.md";
const ERRORS: &str = "docs/reference/errors.md";

/// Compares the configuration keys.
pub(super) fn configuration(tree: &Tree) -> Vec<Finding> {
    let is_code = |file: &&File| {
        let inside = file.path.strip_prefix("crates/asset-injector/src/config");
        inside.is_some_and(|rest| rest == ".rs" || rest.starts_with('/')) && file.name() != "tests.rs"
    };
    compare(
        tree,
        CONFIGURATION,
        tree.rust().filter(is_code),
        "configuration key",
    )
}

/// Compares the error codes.
pub(super) fn errors(tree: &Tree) -> Vec<Finding> {
    let is_code =
        |file: &&File| file.path == "crates/api/src/error.rs" || file.path == "crates/api/src/error/code.rs";
    compare(tree, ERRORS, tree.rust().filter(is_code), "error code")
}

type Places<'a> = BTreeMap<&'a str, (&'a str, usize)>;

fn compare<'a>(
    tree: &'a Tree,
    reference: &str,
    code: impl Iterator<Item = &'a File>,
    what: &str,
) -> Vec<Finding> {
    let in_code: Places<'_> = code.flat_map(names_in_code).collect();
    let document = tree.get(reference);
    let in_document: Places<'_> = document.into_iter().flat_map(names_in_table).collect();
    let missing = |from: &Places<'_>, other: &Places<'_>, message: &dyn Fn(&str) -> String, remedy: &str| {
        let lost = from.iter().filter(|(name, _)| !other.contains_key(*name));
        lost.map(|(name, (path, line))| Finding::at(path, *line, message(name), remedy))
            .collect::<Vec<_>>()
    };
    let undocumented = |name: &str| format!("the {what} `{name}` is not in `{reference}`");
    let unknown = |name: &str| format!("the code knows no {what} `{name}`");
    let mut findings = missing(&in_code, &in_document, &undocumented, "run `cargo xtask codegen`");
    let remedy = "read it where it is promised, or run `cargo xtask codegen`";
    findings.extend(missing(&in_document, &in_code, &unknown, remedy));
    findings
}

/// String literals in capitals.
fn names_in_code(file: &File) -> Vec<(&str, (&str, usize))> {
    let mut found = Vec::new();
    for (line, text) in file.code() {
        let literals = text
            .split('"')
            .skip(1)
            .step_by(2)
            .filter(|literal| is_name(literal));
        found.extend(literals.map(|name| (name, (file.path.as_str(), line))));
    }
    found
}

/// Names in the first cell of a table's rows.
fn names_in_table(file: &File) -> Vec<(&str, (&str, usize))> {
    let mut found = Vec::new();
    for (line, text) in file.lines() {
        let Some(cell) = text.strip_prefix('|').and_then(|row| row.split('|').next()) else {
            continue;
        };
        let names = code_spans(cell).into_iter().filter(|span| is_name(span));
        found.extend(names.map(|name| (name, (file.path.as_str(), line))));
    }
    found
}

fn is_name(text: &str) -> bool {
    let capitals = text
        .chars()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    capitals && text.len() > 2 && text.starts_with(|c: char| c.is_ascii_uppercase())
}

//! The reference and the code name the same things, both ways.

use std::collections::BTreeMap;

use super::markdown::code_spans;
use super::{File, Finding, Tree};

const CONFIGURATION: &str = "docs/reference/configuration.md";
const ERRORS: &str = "docs/reference/errors.md";
/// The table that every setting stands in.
const KEYS: &str = "crates/asset-injector/src/config/keys.rs";
/// The one place of the error codes.
const CODES: &str = "crates/api/src/error/code.rs";

/// Compares the configuration keys with the reference, and has each be read.
pub(super) fn configuration(tree: &Tree) -> Vec<Finding> {
    let table = tree.get(KEYS);
    let declared: Places<'_> = table.into_iter().flat_map(declared_keys).collect();
    let mut findings = compare(tree, CONFIGURATION, &declared, "configuration key");
    for (name, (path, line)) in declared {
        let read = format!("keys::{name}");
        let readers = tree
            .rust()
            .filter(|file| file.path.starts_with("crates/asset-injector/src/"));
        if !readers
            .filter(|file| file.name() != "tests.rs")
            .any(|file| has_name(&file.text, &read))
        {
            let message = format!("nothing reads the configuration key `{name}`");
            findings.push(Finding::at(
                path,
                line,
                message,
                "read it, or take its row out of the table",
            ));
        }
    }
    findings
}

/// The names of all settings.
pub(super) fn settings(tree: &Tree) -> Vec<&str> {
    let declared = tree.get(KEYS).into_iter().flat_map(declared_keys);
    declared.map(|(name, _)| name).collect()
}

/// Compares the error codes.
pub(super) fn errors(tree: &Tree) -> Vec<Finding> {
    let codes: Places<'_> = tree.get(CODES).into_iter().flat_map(codes_in_code).collect();
    compare(tree, ERRORS, &codes, "error code")
}

/// Names, each with its file and line.
type Places<'a> = BTreeMap<&'a str, (&'a str, usize)>;

fn compare(tree: &Tree, reference: &str, in_code: &Places<'_>, what: &str) -> Vec<Finding> {
    let document = tree.get(reference);
    let in_document: Places<'_> = document.into_iter().flat_map(names_in_table).collect();
    let missing = |from: &Places<'_>, other: &Places<'_>, message: &dyn Fn(&str) -> String, remedy: &str| {
        let lost = from.iter().filter(|(name, _)| !other.contains_key(*name));
        lost.map(|(name, (path, line))| Finding::at(path, *line, message(name), remedy))
            .collect::<Vec<_>>()
    };
    let undocumented = |name: &str| format!("the {what} `{name}` is not in `{reference}`");
    let unknown = |name: &str| format!("the code knows no {what} `{name}`");
    let mut findings = missing(in_code, &in_document, &undocumented, "run `cargo xtask codegen`");
    let remedy = "read it where it is promised, or run `cargo xtask codegen`";
    findings.extend(missing(&in_document, in_code, &unknown, remedy));
    findings
}

/// The names of the table's rows: `NAME: Type = …`.
fn declared_keys(file: &File) -> Vec<(&str, (&str, usize))> {
    let mut found = Vec::new();
    for (line, text) in file.code() {
        let Some((name, rest)) = text.trim_start().split_once(": ") else {
            continue;
        };
        if is_name(name) && rest.contains(" = ") {
            found.push((name, (file.path.as_str(), line)));
        }
    }
    found
}

/// String literals in capitals, outside of attributes.
fn codes_in_code(file: &File) -> Vec<(&str, (&str, usize))> {
    let mut found = Vec::new();
    for (line, text) in file
        .code()
        .filter(|(_, text)| !text.trim_start().starts_with("#["))
    {
        let literals = text
            .split('"')
            .skip(1)
            .step_by(2)
            .filter(|literal| is_name(literal));
        found.extend(literals.map(|name| (name, (file.path.as_str(), line))));
    }
    found
}

/// Whether the name stands there whole.
fn has_name(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let after = text[at + name.len()..].chars().next();
        !after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    })
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

//! `docs/requirements.md` beside the numbers in brackets that comments name: each stands in both, and has a command that
//! shows it.

use super::{File, Finding, Tree};

const LIST: &str = "docs/requirements.md";
/// Where comments name them.
const FOLDERS: &[&str] = &[".github/", "deploy/", "scripts/", "xtask/src/"];
const FILES: &[&str] = &["Dockerfile"];

/// Compares the list with the comments.
pub(super) fn agreement(tree: &Tree) -> Vec<Finding> {
    let rows = tree.get(LIST).map_or_else(Vec::new, rows);
    let mut findings = Vec::new();
    let mut named = Vec::new();
    for file in tree.texts().filter(|file| names_some(file)) {
        for (line, text) in file.lines() {
            for number in comment(file, text).into_iter().flat_map(numbers) {
                if !rows.iter().any(|row| row.numbers.contains(&number)) {
                    let message = format!("requirement {number} is not in `{LIST}`");
                    findings.push(Finding::new(
                        file,
                        line,
                        message,
                        "add what holds and the command that shows it, or correct the number",
                    ));
                }
                named.push(number);
            }
        }
    }
    let mut known = Vec::new();
    for row in &rows {
        for number in &row.numbers {
            if !named.contains(number) {
                let message = format!("no comment names requirement {number}");
                let remedy = "name it where it is met, such as `[1.1]`";
                findings.push(Finding::at(LIST, row.line, message, remedy));
            }
            if known.contains(number) {
                let message = format!("requirement {number} stands here twice");
                findings.push(Finding::at(LIST, row.line, message, "say all of it in one row"));
            }
            known.push(*number);
        }
        if !row.command.trim().starts_with("`cargo ") {
            let message = "no command shows this";
            findings.push(Finding::at(
                LIST,
                row.line,
                message,
                "a command of cargo, in backticks",
            ));
        }
    }
    findings
}

/// What holds, of one number or several.
struct Row<'a> {
    line: usize,
    numbers: Vec<Number>,
    command: &'a str,
}

/// The number of a requirement: its chapter, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number(u8, u8);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The rows of the tables that begin with numbers.
fn rows(list: &File) -> Vec<Row<'_>> {
    list.lines().filter_map(|(line, text)| row(line, text)).collect()
}

fn row(line: usize, text: &str) -> Option<Row<'_>> {
    let (numbers, rest) = text
        .strip_prefix('|')?
        .trim_end()
        .strip_suffix('|')?
        .split_once('|')?;
    Some(Row {
        line,
        numbers: all_numbers(numbers)?,
        command: rest.rsplit('|').next().unwrap_or_default(),
    })
}

fn names_some(file: &File) -> bool {
    let is_there = FOLDERS.iter().any(|folder| file.path.starts_with(folder));
    (is_there || FILES.contains(&file.path.as_str())) && !file.plants_faults()
}

/// What a line says to people.
fn comment<'a>(file: &File, line: &'a str) -> Option<&'a str> {
    let sign = if file.path.ends_with(".rs") { "//" } else { "#" };
    line.split_once(sign).map(|(_, comment)| comment)
}

/// The numbers in brackets of a text; in Rust's comments a backslash keeps them from being links.
fn numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    // What stands before the first bracket is in none.
    for part in text.split('[').skip(1) {
        let inside = part.split(']').next().unwrap_or_default();
        found.extend(all_numbers(inside.trim_end_matches('\\')).unwrap_or_default());
    }
    found
}

/// The numbers of a list that holds nothing else.
fn all_numbers(text: &str) -> Option<Vec<Number>> {
    let number = |part: &str| {
        let (chapter, place) = part.trim().split_once('.')?;
        Some(Number(chapter.parse().ok()?, place.parse().ok()?))
    };
    text.split(',').map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::{Number, numbers};

    #[test]
    fn numbers_stand_in_brackets_and_alone() {
        assert_eq!(
            numbers(r"Does [2.5, 10.6] and \[3.1\]."),
            [Number(2, 5), Number(10, 6), Number(3, 1)]
        );
        for none in ["[1]", "[a.b]", "[1.2.3]", "1.2", "[1.2 or so]", "[]", "[256.1]"] {
            assert!(numbers(none).is_empty(), "{none}");
        }
    }
}

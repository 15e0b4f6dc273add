//! Broken rule files: each is reported with its place, and good rules beside it are served.
//!
//! The files lie in `tests/corpus`; `expected.txt` there has a line for every problem: file, line and column,
//! field, and what the reason must hold. A rule in those files whose id begins with `good-` must be served.

use crate::tree::{RULE, Tree, ids, problems};
use std::{collections::BTreeMap, fs, path::Path};
use store::Problem;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");

fn broken_files() -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let is_rule_file = |path: &Path| path.to_string_lossy().contains(".rule.");
    let named = |path: std::path::PathBuf| {
        (
            path.file_name().unwrap().to_string_lossy().into_owned(),
            fs::read(&path).unwrap(),
        )
    };
    entries.filter(|path| is_rule_file(path)).map(named).collect()
}

/// The line of the table that describes a problem.
fn described(problem: &Problem) -> String {
    let file = problem.file.strip_prefix("local/").unwrap();
    let place = |number: Option<usize>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let (line, column) = (place(problem.line), place(problem.column));
    format!(
        "{file} | {line}:{column} | {} | {}",
        problem.field, problem.reason
    )
}

/// Whether a line of the table is met: the reason may hold more than is written.
fn is_met(expected: &str, actual: &str) -> bool {
    let split = |line: &str| line.splitn(4, " | ").map(str::to_owned).collect::<Vec<_>>();
    let (expected, actual) = (split(expected), split(actual));
    expected.len() == 4 && expected[..3] == actual[..3] && actual[3].contains(&expected[3])
}

#[test]
fn every_broken_file_is_reported_with_its_place_and_good_rules_are_served() {
    let files = broken_files();
    assert!(files.len() >= 150, "{}", files.len());
    let table = fs::read_to_string(format!("{FOLDER}/expected.txt")).unwrap();
    let mut failures = Vec::new();
    for (name, bytes) in &files {
        let tree = Tree::with(&[
            ("local/good-before.rule.yaml", RULE),
            ("local/zz/good-after.rule.yaml", RULE),
        ]);
        tree.put(&format!("local/{name}"), bytes);
        let contents = tree.load();
        let actual: Vec<_> = contents.problems.iter().map(described).collect();
        let prefix = format!("{name} | ");
        let expected: Vec<_> = table.lines().filter(|line| line.starts_with(&prefix)).collect();
        let is_as_expected = !expected.is_empty()
            && expected.len() == actual.len()
            && expected
                .iter()
                .zip(&actual)
                .all(|(expected, actual)| is_met(expected, actual));
        let good_in_file = String::from_utf8_lossy(bytes).matches("id: good-").count();
        let good = ids(&contents).iter().filter(|id| id.contains("good-")).count();
        if !is_as_expected || good != good_in_file + 2 {
            failures.push(format!("{}\n  {good} good rules", actual.join("\n")));
        }
    }
    assert!(
        failures.is_empty(),
        "{} files are reported as:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn all_broken_files_together_hide_no_good_rule() {
    let tree = Tree::with(&[("local/good.rule.yaml", RULE)]);
    let files = broken_files();
    files
        .iter()
        .for_each(|(name, bytes)| tree.put(&format!("local/{name}"), bytes));
    let contents = tree.load();
    assert!(ids(&contents).contains(&"good"));
    let reported: std::collections::BTreeSet<_> =
        problems(&contents).into_iter().map(|(file, _)| file).collect();
    assert_eq!(reported.len(), files.len());
}

#[test]
fn the_table_names_no_file_that_is_not_there() {
    let files = broken_files();
    let table = fs::read_to_string(format!("{FOLDER}/expected.txt")).unwrap();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        assert!(files.contains_key(line.split(" | ").next().unwrap()), "{line}");
    }
}

/// Loads files that are better made than kept beside a good one; each gives one problem, on a line.
#[track_caller]
fn check_made(cases: &[(&str, Vec<u8>, Option<usize>, &str)]) {
    let tree = Tree::with(&[("local/good.rule.yaml", RULE)]);
    cases
        .iter()
        .for_each(|(name, bytes, ..)| tree.put(&format!("local/{name}"), bytes));
    let contents = tree.load();
    assert_eq!(ids(&contents), ["good"]);
    for (name, _, line, reason) in cases {
        let file = format!("local/{name}");
        let found: Vec<_> = contents
            .problems
            .iter()
            .filter(|problem| problem.file == file)
            .collect();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!(found[0].line, *line, "{name}: {found:?}");
        assert!(found[0].reason.contains(reason), "{name}: {found:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    check_made(&[
        (
            "latin1.rule.yaml",
            b"id: x\ndescription: gr\xfc\xdfe\n".to_vec(),
            Some(2),
            "not UTF-8",
        ),
        (
            "utf16.rule.yaml",
            b"\xff\xfei\0d\0:\0 \0x\0".to_vec(),
            Some(1),
            "UTF-16",
        ),
        ("utf16.rule.json", b"\xfe\xff\0{\0}".to_vec(), Some(1), "UTF-16"),
        ("cut.rule.yaml", b"id: \xe2\x82".to_vec(), Some(1), "not UTF-8"),
        (
            "surrogate.rule.yaml",
            b"id: \xed\xa0\x80\n".to_vec(),
            Some(1),
            "not UTF-8",
        ),
        ("binary.rule.yaml", (0..=255).collect(), Some(3), "not UTF-8"),
        ("zeros.rule.yaml", vec![0; 4096], Some(1), "U+0000"),
    ]);
}

#[test]
fn oversized_files_are_refused() {
    check_made(&[
        (
            "large.rule.yaml",
            vec![b'#'; 10 << 20],
            None,
            "the file has 10485760 bytes",
        ),
        (
            "large.rule.json",
            vec![b' '; (8 << 20) + 1],
            None,
            "the file has 8388609 bytes",
        ),
    ]);
}

#[test]
fn bombs_are_refused() {
    let bomb = (1..40).fold("x-0: &a0 [b, b, b, b, b, b, b, b, b]\n".to_owned(), |text, n| {
        let previous = vec![format!("*a{}", n - 1); 9].join(", ");
        format!("{text}x-{n}: &a{n} [{previous}]\n")
    });
    let long = format!(
        "x-a: &a '{}'\nx-b: [{}]\nrules: []\n",
        "x".repeat(1 << 20),
        ["*a"; 20].join(", ")
    );
    check_made(&[
        (
            "bomb.rule.yaml",
            bomb.into_bytes(),
            Some(6),
            "values, aliases expanded",
        ),
        (
            "long-bomb.rule.yaml",
            long.into_bytes(),
            Some(2),
            "aliases repeat more than",
        ),
        ("flow.rule.yaml", vec![b'['; 8 << 20], Some(1), "nested deeper"),
        (
            "dashes.rule.yaml",
            b"- ".repeat(4 << 20),
            Some(1),
            "nested deeper",
        ),
        ("flow.rule.json", vec![b'['; 8 << 20], Some(1), "nested deeper"),
        (
            "values.rule.yaml",
            b"- a\n".repeat(2 << 20),
            Some(1_000_001),
            "values",
        ),
    ]);
}

#[test]
fn a_file_that_may_not_be_read_is_reported() {
    let tree = Tree::with(&[("local/good.rule.yaml", RULE)]);
    std::os::unix::net::UnixListener::bind(tree.path("local/socket.rule.yaml")).unwrap();
    let contents = tree.load();
    assert_eq!(ids(&contents), ["good"]);
    assert_eq!(
        problems(&contents),
        [("local/socket.rule.yaml", "is not a regular file")]
    );
}

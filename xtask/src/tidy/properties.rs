//! Property tests: each is named by a tag, and each runs often enough.

use super::{File, Finding, Tree};

const TAG: &str = "Feature: ";
const CASES_MIN: u32 = 100;

/// The tags of all property tests, sorted.
pub(super) fn list(tree: &Tree) -> Vec<String> {
    let mut tags: Vec<_> = tree
        .rust()
        .flat_map(tags_of)
        .map(|(_, tag)| tag.to_owned())
        .collect();
    tags.sort();
    tags
}

/// Has every test inside `proptest!` carry a tag of its own in the one form.
pub(super) fn tags(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for file in tree.rust() {
        for (line, tag) in tags_of(file) {
            let name = name_of(tag);
            if name.is_none_or(str::is_empty) {
                let remedy = "write `/// Feature: asset-injector, Property: <name>`";
                findings.push(Finding::new(
                    file,
                    line,
                    format!("no tag of a property: `{tag}`"),
                    remedy,
                ));
            }
            if let Some((_, other)) = seen.iter().find(|(known, _)| *known == tag) {
                let message = format!("`{tag}` stands in `{other}` too");
                findings.push(Finding::new(file, line, message, "name each property once"));
            }
            seen.push((tag, &file.path));
        }
        findings.extend(untagged(file).into_iter().map(|line| {
            let remedy = "say what holds: `/// Feature: asset-injector, Property: <name>`";
            Finding::new(file, line, "a property test without a tag", remedy)
        }));
    }
    findings
}

/// The name in a tag: of a property of the service, or of a numbered one of how it is run.
fn name_of(tag: &str) -> Option<&str> {
    let of_service = tag.strip_prefix("Feature: asset-injector, Property: ");
    let of_operations = || {
        let (number, name) = tag
            .strip_prefix("Feature: deployment-operations, Property ")?
            .split_once(':')?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty();
        is_number.then_some(name)
    };
    of_service.or_else(of_operations).map(str::trim)
}

/// Has every property run at least a hundred times.
pub(super) fn cases(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !file.plants_faults()) {
        for (line, text) in file.code() {
            let number = after(text, "with_cases(").or_else(|| after(text, "cases: "));
            if number.is_some_and(|number| number < CASES_MIN) {
                let message = format!("a property test with fewer than {CASES_MIN} cases");
                findings.push(Finding::new(
                    file,
                    line,
                    message,
                    "make each case cheaper, not fewer",
                ));
            }
        }
    }
    findings
}

fn after(text: &str, word: &str) -> Option<u32> {
    let (_, rest) = text.split_once(word)?;
    let digits: String = rest
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '_')
        .collect();
    digits.replace('_', "").parse().ok()
}

fn tags_of(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.lines().filter_map(|(line, text)| {
        // Those of the operations are printed bold.
        let comment = text.trim_start().strip_prefix("///")?.trim().trim_matches('*');
        comment.starts_with(TAG).then_some((line, comment))
    })
}

/// The lines of `#[test]` in a `proptest!` block whose comments and attributes hold no tag.
fn untagged(file: &File) -> Vec<usize> {
    let lines: Vec<_> = file.text.lines().collect();
    let mut found = Vec::new();
    let mut indent = None;
    for (index, line) in lines.iter().enumerate() {
        let depth = line.len() - line.trim_start().len();
        if line.trim_start().starts_with("proptest! {")
            || line.trim_start().starts_with("proptest::proptest! {")
        {
            indent = Some(depth);
        } else if indent == Some(depth) && line.trim() == "}" {
            indent = None;
        } else if indent.is_some() && line.trim() == "#[test]" {
            let around =
                |line: &&&str| line.trim_start().starts_with("//") || line.trim_start().starts_with("#[");
            let above = lines[..index].iter().rev().take_while(around);
            let below = lines[index + 1..].iter().take_while(around);
            if !above.chain(below).any(|line| line.contains(TAG)) {
                found.push(index + 1);
            }
        }
    }
    found
}

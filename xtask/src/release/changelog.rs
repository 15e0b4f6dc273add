//! A version's section of the changelog.

use super::Problem;
use super::version::Version;

/// What stands below `## [VERSION]`, up to the next section; `None` without it, or if nothing is said there.
pub(super) fn section<'a>(changelog: &'a str, version: &str) -> Option<&'a str> {
    let mut from = None;
    let mut at = 0;
    for line in changelog.split_inclusive('\n') {
        let next = at + line.len();
        if from.is_some() && (line.starts_with("## ") || is_link(line)) {
            break;
        }
        if line.strip_prefix("## ").and_then(named) == Some(version) {
            from = Some(next);
        }
        at = next;
    }
    let text = changelog[from?..at].trim();
    let says_something = |line: &str| !line.trim().is_empty() && !line.starts_with('#');
    text.lines().any(says_something).then_some(text)
}

/// That there are no notes, and what to do.
pub(super) fn absent(version: &Version) -> Problem {
    Problem::new(
        format!("the changelog says nothing of {version}"),
        format!("give what stands under `## [Unreleased]` the heading `## [{version}] - DATE`"),
    )
}

/// The version of a heading, `[1.2.3] - 2026-01-31` or `1.2.3`.
fn named(heading: &str) -> Option<&str> {
    let first = heading.split_whitespace().next()?;
    Some(first.trim_start_matches('[').trim_end_matches(']'))
}

/// Whether it defines a link, as the end of a changelog does.
fn is_link(line: &str) -> bool {
    line.starts_with('[') && line.contains("]: ")
}

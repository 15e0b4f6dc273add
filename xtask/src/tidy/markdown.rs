//! As much of Markdown as the rules about documents need: fences, code spans, links, headings.

use super::File;

/// The lines outside of fenced blocks.
pub(super) fn prose(file: &File) -> Vec<(usize, &str)> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for (number, line) in file.lines() {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, None) => lines.push((number, line)),
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
        }
    }
    lines
}

/// What stands between single backticks.
pub(super) fn code_spans(line: &str) -> Vec<&str> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| !span.is_empty())
        .collect()
}

/// The line with every code span replaced by one letter.
pub(super) fn without_code(line: &str) -> String {
    let parts = line.split('`').enumerate();
    parts
        .map(|(index, part)| if index % 2 == 0 { part } else { "x" })
        .collect()
}

/// The targets of links and pictures.
pub(super) fn targets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (open, close) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
        for (at, _) in line.match_indices(open) {
            let rest = &line[at + open.len()..];
            if let Some(target) = rest.split(close).next() {
                found.push(target.split(' ').next().unwrap_or(target));
            }
        }
    }
    found
}

/// The anchors that a forge makes of the headings.
pub(super) fn anchors(file: &File) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in prose(file) {
        let Some(heading) = line.strip_prefix('#') else {
            continue;
        };
        let slug = slug(heading.trim_start_matches('#'));
        let again = anchors.iter().filter(|known| **known == slug).count();
        anchors.push(if again == 0 {
            slug
        } else {
            format!("{slug}-{again}")
        });
    }
    anchors
}

fn slug(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c })
        .collect::<String>()
        .to_lowercase()
}

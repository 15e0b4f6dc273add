//! A report like a compiler's: each finding with the line that it is about.

use super::{Finding, Report, Severity};
use crate::output::{self, BAD, DOUBTFUL, GOOD, styled};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::io::{self, Write};

/// Lines are cut beyond this many bytes: a minified script would fill the screen.
const LINE_BYTES_MAX: usize = 200;

pub(super) fn print(report: &Report, stream: &mut dyn Write) -> io::Result<()> {
    let renderer = Renderer::styled();
    for finding in &report.findings {
        let line = report
            .texts
            .get(&finding.path)
            .and_then(|text| text.lines().nth(finding.line.checked_sub(1)?));
        let group = group(finding, line.map(cut));
        writeln!(stream, "{}\n", renderer.render(&[group]))?;
    }
    writeln!(stream, "{}", summary(report))
}

fn group<'a>(finding: &'a Finding, line: Option<&'a str>) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(finding.message()).id(&finding.code);
    let snippet = match line {
        Some(line) => Snippet::source(line)
            .line_start(finding.line)
            .path(&finding.path)
            .annotation(AnnotationKind::Primary.span(span(line, finding.column))),
        None => Snippet::source("").line_start(finding.line).path(&finding.path),
    };
    let group = title.element(snippet);
    match &finding.hint {
        Some(hint) => group.element(Level::HELP.message(hint)),
        None => group,
    }
}

/// The bytes from a column to the end of what is written there.
fn span(line: &str, column: usize) -> std::ops::Range<usize> {
    let start = line
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(line.len(), |(at, _)| at);
    let end = line.trim_end().len();
    start..end.max(start)
}

fn cut(line: &str) -> &str {
    let end = (0..=LINE_BYTES_MAX.min(line.len()))
        .rev()
        .find(|at| line.is_char_boundary(*at));
    &line[..end.unwrap_or(0)]
}

fn summary(report: &Report) -> String {
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let part = |count, noun, style| match count {
        0 => output::count(0, noun),
        count => styled(style, output::count(count, noun)),
    };
    let found = match errors + warnings {
        0 => styled(GOOD, "nothing to complain about"),
        _ => format!(
            "{}, {}",
            part(errors, "error", BAD),
            part(warnings, "warning", DOUBTFUL)
        ),
    };
    format!(
        "{}, {}: {found}",
        output::count(report.files, "file"),
        output::count(report.rules, "valid rule")
    )
}

//! What people see: colours, tables, errors with a `help:` line.
//!
//! Streams drop colours by themselves where they do not belong (`NO_COLOR`, pipes, files).

mod indented;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use indented::indented;
use std::io::{self, Write as _};

/// Headings and ids.
pub(crate) const STRONG: Style = Style::new().bold();
/// What is in force, or well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What deserves a look.
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
/// What is wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is by the way.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// The form in which a command prints data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// Standard output; colours only where they belong.
pub(crate) fn stdout() -> anstream::AutoStream<io::StdoutLock<'static>> {
    anstream::AutoStream::auto(io::stdout().lock())
}

/// Standard error; colours only where they belong.
pub(crate) fn stderr() -> anstream::AutoStream<io::StderrLock<'static>> {
    anstream::AutoStream::auto(io::stderr().lock())
}

/// A text in a style.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Prints an error and what to do about it to standard error.
pub(crate) fn error(message: &str, help: Option<&str>) {
    let mut stream = stderr();
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(stream, "{}: {message}", styled(BAD, "error"));
    if let Some(help) = help {
        let _ = writeln!(stream, "{}: {help}", styled(STRONG, "help"));
    }
}

/// Says something by the way on standard error, where it does not mix with data.
pub(crate) fn note(message: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(stderr(), "{}: {message}", styled(FAINT, "note"));
}

/// A table with these headings that fits the terminal.
pub(crate) fn table<const N: usize>(headings: [&str; N]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings);
    table
}

/// The lines of a table without blanks at their ends.
pub(crate) fn lines(table: &Table) -> String {
    table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// Prints a value as JSON with a line end.
///
/// # Errors
///
/// When the stream is gone.
pub(crate) fn json(stream: &mut dyn io::Write, value: &serde_json::Value) -> io::Result<()> {
    writeln!(stream, "{value:#}")
}

/// Prints the text of a value as JSON with a line end: indented, and with every digit that it has.
///
/// # Errors
///
/// When the stream is gone.
pub(crate) fn json_text(stream: &mut dyn io::Write, text: &str) -> io::Result<()> {
    writeln!(stream, "{}", indented(text))
}

/// The end of a listing: how many there are by the answer's `count`, and how many of them were listed.
pub(crate) fn listed(answer: &serde_json::Value, shown: usize, noun: &str) -> String {
    let all = answer["count"].as_u64().and_then(|all| usize::try_from(all).ok());
    match all.unwrap_or(shown) {
        0 => format!("no {noun}s"),
        all if all > shown => format!("{}, {shown} of them shown", count(all, noun)),
        all => count(all, noun),
    }
}

/// A count with its noun: `1 rule`, `2 rules`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

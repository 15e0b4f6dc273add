//! `fmt`: rule files in the one style, comments kept.

use crate::{
    atomic,
    cli::Fmt,
    failure::Outcome,
    output::{self, BAD, DOUBTFUL, GOOD, styled},
    rule_files::{self, RuleFile},
};
use anyhow::Context as _;
use std::{
    fmt::Display,
    io::{self, Write},
    panic,
    path::Path,
};
use store::Problem;

/// What became of a file.
enum Change {
    None,
    /// It is not in the style and cannot be laid out safely.
    Left(&'static str),
    Needed(String),
    Impossible(Vec<rulefile::Diagnostic>),
}

/// How many files something became of.
#[derive(Default)]
struct Counts {
    changed: usize,
    left: usize,
    impossible: usize,
}

/// Rewrites what is not in the style, or names it.
pub(super) fn run(args: &Fmt) -> anyhow::Result<Outcome> {
    keep_caught_panics_quiet();
    let found = rule_files::find(&args.paths)?;
    let mut stdout = output::stdout();
    let mut counts = Counts::default();
    for problem in &found.problems {
        not_read(problem, &mut counts, &mut stdout)?;
    }
    for file in &found.files {
        report(args.check, file, &mut counts, &mut stdout)?;
    }
    let verb = if args.check { "would change" } else { "changed" };
    let Counts {
        changed,
        left,
        impossible,
    } = counts;
    write!(
        stdout,
        "{}: {changed} {verb}, {impossible} cannot be read",
        output::count(found.files.len(), "file")
    )?;
    match left {
        0 => writeln!(stdout)?,
        left => writeln!(
            stdout,
            ", {left} left as {}",
            if left == 1 { "it is" } else { "they are" }
        )?,
    }
    let findings = impossible > 0 || (args.check && changed > 0);
    Ok(if findings {
        Outcome::Findings
    } else {
        Outcome::Done
    })
}

/// A panic that is caught, and becomes a file that is left as it is, is nothing to show.
fn keep_caught_panics_quiet() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !rulefile::catches_panic() {
            previous(info);
        }
    }));
}

/// Says what became of a file, and does it unless it is only asked for.
fn report(check: bool, file: &RuleFile, counts: &mut Counts, stdout: &mut dyn Write) -> anyhow::Result<()> {
    let path = file.path.display();
    match change(file)? {
        Change::None => {}
        Change::Left(reason) => left(path, reason, counts)?,
        Change::Needed(_) if check => {
            counts.changed += 1;
            writeln!(stdout, "{} {path}", styled(DOUBTFUL, "would change"))?;
        }
        Change::Needed(text) => {
            counts.changed += 1;
            atomic::replace(&file.path, text.as_bytes())?;
            writeln!(stdout, "{} {path}", styled(GOOD, "changed"))?;
        }
        Change::Impossible(diagnostics) => {
            counts.impossible += 1;
            for problem in diagnostics {
                let word = styled(BAD, "cannot be read");
                writeln!(
                    stdout,
                    "{word} {path}:{}:{}: {}",
                    problem.line, problem.column, problem.reason
                )?;
            }
        }
    }
    Ok(())
}

/// Says what was not followed or read. A link is somebody else's file; anything else should have been formatted.
fn not_read(problem: &Problem, counts: &mut Counts, stdout: &mut dyn Write) -> io::Result<()> {
    if Path::new(&problem.file).is_symlink() {
        return left(&problem.file, &problem.reason, counts);
    }
    counts.impossible += 1;
    writeln!(
        stdout,
        "{} {}: {}",
        styled(BAD, "cannot be read"),
        problem.file,
        problem.reason
    )
}

/// Says that a file was left as it is.
fn left(path: impl Display, reason: &str, counts: &mut Counts) -> io::Result<()> {
    counts.left += 1;
    let word = styled(DOUBTFUL, "left as it is");
    writeln!(output::stderr(), "{word}: {path}, because it {reason}")
}

fn change(file: &RuleFile) -> anyhow::Result<Change> {
    let bytes =
        rule_files::read(&file.path).with_context(|| format!("{} cannot be read", file.path.display()))?;
    Ok(match rulefile::formatted(&bytes, file.format) {
        Ok(formatted) if formatted.text.as_bytes() != bytes => Change::Needed(formatted.text),
        Ok(formatted) => formatted.kept.map_or(Change::None, Change::Left),
        Err(diagnostics) => Change::Impossible(diagnostics),
    })
}

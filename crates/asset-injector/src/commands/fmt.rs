//! `fmt`: rule files in the one style, comments kept.

use crate::{
    atomic,
    cli::Fmt,
    failure::Outcome,
    output::{self, BAD, DOUBTFUL, GOOD, styled},
    rule_files::{self, RuleFile},
};
use anyhow::Context as _;
use std::{fs, io::Write as _};

/// What became of a file.
enum Change {
    None,
    Needed(String),
    Impossible(Vec<rulefile::Diagnostic>),
}

/// Rewrites what is not in the style, or names it.
pub(super) fn run(args: &Fmt) -> anyhow::Result<Outcome> {
    let files = rule_files::find(&args.paths)?;
    let mut stdout = output::stdout();
    let (mut changed, mut impossible) = (0, 0);
    for file in &files {
        let path = file.path.display();
        match change(file)? {
            Change::None => {}
            Change::Needed(_) if args.check => {
                changed += 1;
                writeln!(stdout, "{} {path}", styled(DOUBTFUL, "would change"))?;
            }
            Change::Needed(text) => {
                changed += 1;
                atomic::replace(&file.path, text.as_bytes())?;
                writeln!(stdout, "{} {path}", styled(GOOD, "changed"))?;
            }
            Change::Impossible(diagnostics) => {
                impossible += 1;
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
    }
    let verb = if args.check { "would change" } else { "changed" };
    writeln!(
        stdout,
        "{}: {changed} {verb}, {impossible} cannot be read",
        output::count(files.len(), "file")
    )?;
    let findings = impossible > 0 || (args.check && changed > 0);
    Ok(if findings {
        Outcome::Findings
    } else {
        Outcome::Done
    })
}

fn change(file: &RuleFile) -> anyhow::Result<Change> {
    let bytes = fs::read(&file.path).with_context(|| format!("{} cannot be read", file.path.display()))?;
    Ok(match rulefile::format(&bytes, file.format) {
        Ok(text) if text.as_bytes() == bytes => Change::None,
        Ok(text) => Change::Needed(text),
        Err(diagnostics) => Change::Impossible(diagnostics),
    })
}

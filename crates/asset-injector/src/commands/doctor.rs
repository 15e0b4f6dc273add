//! `doctor`: what is wrong with this installation, and what to do about it.

mod checks;
mod community;
mod database;
mod machine;

use crate::{
    cli::Doctor,
    config::{Config, Flags},
    failure::Outcome,
    output::{self, BAD, DOUBTFUL, Format, GOOD, STRONG, styled},
};
use serde_json::json;
use std::io::{self, Write};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Doubtful,
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Diagnosis {
    what: &'static str,
    verdict: Verdict,
    found: String,
    help: Option<String>,
}

impl Diagnosis {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Good,
            found: found.into(),
            help: None,
        }
    }

    fn doubtful(what: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Doubtful,
            found: found.into(),
            help: Some(help.into()),
        }
    }

    fn bad(what: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Bad,
            found: found.into(),
            help: Some(help.into()),
        }
    }
}

/// Looks at everything and says what it found.
pub(super) fn run(args: &Doctor) -> anyhow::Result<Outcome> {
    let mut found = Vec::new();
    match Config::load(&Flags::default()) {
        Ok(config) => {
            found.push(checks::configuration(&config));
            match &config.database {
                Some(database) => found.push(database::check(database, config.folders.read_only)),
                None => found.extend(checks::folders(&config)),
            }
            found.push(checks::data(&config));
            found.extend(machine::space(&config));
            found.extend(checks::rules(&config));
            found.push(checks::tokens(&config));
            found.extend(checks::certificate(&config));
            found.push(checks::port(&config));
            found.extend(machine::names(&config));
            found.push(community::check(&config));
        }
        Err(invalid) => found.push(Diagnosis::bad(
            "configuration",
            invalid.to_string(),
            "correct the settings that are named; what depends on settings was not looked at",
        )),
    }
    found.push(machine::user());
    found.extend(machine::limits());
    found.push(checks::clock());
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => human(&mut stdout, &found)?,
        Format::Json => output::json(&mut stdout, &as_json(&found))?,
    }
    let bad = found.iter().any(|diagnosis| diagnosis.verdict == Verdict::Bad);
    Ok(if bad { Outcome::Findings } else { Outcome::Done })
}

fn human(stream: &mut dyn Write, found: &[Diagnosis]) -> io::Result<()> {
    for diagnosis in found {
        let mark = match diagnosis.verdict {
            Verdict::Good => styled(GOOD, "ok   "),
            Verdict::Doubtful => styled(DOUBTFUL, "look "),
            Verdict::Bad => styled(BAD, "wrong"),
        };
        writeln!(
            stream,
            "{mark} {}: {}",
            styled(STRONG, diagnosis.what),
            diagnosis.found
        )?;
        if let Some(help) = &diagnosis.help {
            writeln!(stream, "      help: {help}")?;
        }
    }
    Ok(())
}

fn as_json(found: &[Diagnosis]) -> serde_json::Value {
    let entry = |diagnosis: &Diagnosis| {
        let verdict = match diagnosis.verdict {
            Verdict::Good => "ok",
            Verdict::Doubtful => "look",
            Verdict::Bad => "wrong",
        };
        json!({ "check": diagnosis.what, "verdict": verdict, "found": diagnosis.found, "help": diagnosis.help })
    };
    json!({ "checks": found.iter().map(entry).collect::<Vec<_>>() })
}

//! `rules conflicts`: ids with rules from several sources.

use super::source;
use crate::{
    call::Call,
    cli::Listing,
    failure::Outcome,
    output::{self, Format},
    target::Target,
};
use serde_json::Value;
use std::io::{self, Write};

/// Prints each id with its sources.
pub(in crate::commands) fn run(args: &Listing) -> anyhow::Result<Outcome> {
    let target = Target::choose(&args.target)?;
    let answer = target.data(&Call::get("/v1/conflicts"))?;
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => human(&mut stdout, &answer)?,
        Format::Json => output::json(&mut stdout, &answer)?,
    }
    Ok(Outcome::Done)
}

fn human(stream: &mut dyn Write, answer: &Value) -> io::Result<()> {
    let conflicts = answer["conflicts"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for conflict in conflicts {
        source::human(stream, conflict)?;
        writeln!(stream)?;
    }
    writeln!(stream, "{}", output::listed(answer, conflicts.len(), "conflict"))
}

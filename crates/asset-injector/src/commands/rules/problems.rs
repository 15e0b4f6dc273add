//! `rules problems`: what was skipped or ignored in the rules.

use crate::{
    call::Call,
    cli::Listing,
    failure::Outcome,
    output::{self, BAD, DOUBTFUL, FAINT, Format, STRONG, styled},
    target::Target,
};
use serde_json::Value;
use std::io::{self, Write};

/// Prints each problem with its place.
pub(in crate::commands) fn run(args: &Listing) -> anyhow::Result<Outcome> {
    let target = Target::choose(&args.target)?;
    let answer = target.data(&Call::get("/v1/problems"))?;
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => human(&mut stdout, &answer)?,
        Format::Json => output::json(&mut stdout, &answer)?,
    }
    Ok(match answer["count"].as_u64() {
        Some(0) => Outcome::Done,
        Some(_) | None => Outcome::Findings,
    })
}

fn human(stream: &mut dyn Write, answer: &Value) -> io::Result<()> {
    let problems = answer["problems"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for problem in problems {
        one(stream, problem)?;
    }
    writeln!(stream, "{}", output::listed(answer, problems.len(), "problem"))
}

fn one(stream: &mut dyn Write, problem: &Value) -> io::Result<()> {
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    let place = ["line", "column"].map(|name| problem[name].as_u64());
    let place: String = place
        .into_iter()
        .flatten()
        .map(|number| format!(":{number}"))
        .collect();
    let word = match problem["skipped"] == true {
        true => styled(BAD, "skipped"),
        false => styled(DOUBTFUL, "problem"),
    };
    let about = [text("rule_id"), text("field")];
    let about = about.into_iter().filter(|part| !part.is_empty());
    let about = about.map(|part| format!(" {part}")).collect::<String>();
    writeln!(
        stream,
        "{word} {}{place}{about} {}",
        styled(STRONG, text("file")),
        text("reason")
    )?;
    match problem["hint"].as_str() {
        Some(hint) => writeln!(stream, "{}", styled(FAINT, format!("        help: {hint}"))),
        None => Ok(()),
    }
}

//! `explain`: why a page gets what it gets.

use crate::{
    call::Call,
    cli::Explain,
    failure::Outcome,
    output::{self, Format},
    target::{self, Target},
};
use serde_json::Value;
use std::io::{self, Write};

/// Prints the candidates in rank order.
pub(super) fn run(args: &Explain) -> anyhow::Result<Outcome> {
    target::check_url(&args.url)?;
    let target = Target::choose(&args.target)?;
    let answer = target.data(&Call::post(
        "/v1/explain",
        &target::question(&args.url, args.mode),
    ))?;
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => human(&mut stdout, &answer)?,
        Format::Json => output::json(&mut stdout, &answer)?,
    }
    Ok(Outcome::Done)
}

fn human(stream: &mut dyn Write, answer: &Value) -> io::Result<()> {
    writeln!(stream, "{}", answer["subject"].as_str().unwrap_or_default())?;
    let candidates = answer["candidates"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if candidates.is_empty() {
        return writeln!(
            stream,
            "no rule matches, and none would but for exclusion, disabling or expiry"
        );
    }
    let mut table = output::table(["rank", "rule", "score", "from", "outcome", "why"]);
    for candidate in candidates {
        let text = |name: &str| candidate[name].as_str().unwrap_or_default().to_owned();
        let rank = candidate["rank"]
            .as_u64()
            .map_or_else(|| "-".to_owned(), |rank| rank.to_string());
        let score = candidate["score"].to_string();
        table.add_row([
            rank,
            text("rule_id"),
            score,
            score_from(&candidate["score_from"]),
            text("outcome"),
            text("reason"),
        ]);
    }
    stream.write_all(output::lines(&table).as_bytes())
}

/// `priority`, or the sum that the score is.
fn score_from(from: &Value) -> String {
    match (from.as_str(), from["base"].as_u64(), from["length"].as_u64()) {
        (Some(name), _, _) => name.to_owned(),
        (None, Some(base), Some(length)) => format!("{base} + {length}"),
        _ => String::new(),
    }
}

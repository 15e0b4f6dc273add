//! `rules pin` and `rules unpin`: which source of an id wins.

use super::check_id;
use crate::{
    call::{Call, rule_path},
    cli::{OneRule, Pin, name_of},
    failure::Outcome,
    output::{self, Format, STRONG, styled},
    target::Target,
};
use serde_json::{Value, json};
use std::io::{self, Write as _};

/// Lets a source win.
pub(in crate::commands) fn pin(args: &Pin) -> anyhow::Result<Outcome> {
    check_id(&args.id)?;
    let source = name_of(args.source);
    let target = Target::choose_for_change(&args.target)?;
    let call = Call::put(rule_path(&args.id, "/source"), &json!({ "type": source }));
    let answer = target.data(&call)?;
    print(
        args.format,
        &args.id,
        &format!("takes its {source} source"),
        &answer,
    )?;
    Ok(Outcome::Done)
}

/// Lets the usual order decide.
pub(in crate::commands) fn unpin(args: &OneRule) -> anyhow::Result<Outcome> {
    check_id(&args.id)?;
    let target = Target::choose_for_change(&args.target)?;
    let answer = target.data(&Call::delete(rule_path(&args.id, "/source")))?;
    print(
        args.format,
        &args.id,
        "follows the usual order of sources",
        &answer,
    )?;
    Ok(Outcome::Done)
}

fn print(format: Format, id: &str, done: &str, answer: &Value) -> io::Result<()> {
    let mut stdout = output::stdout();
    match format {
        Format::Human => writeln!(stdout, "{} {done}", styled(STRONG, id)),
        Format::Json => output::json(&mut stdout, answer),
    }
}

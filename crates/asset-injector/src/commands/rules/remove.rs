//! `rules rm`: rules go.

use super::each;
use crate::{
    call::{Call, rule_path},
    cli::RulesRm,
    failure::{Failure, Outcome},
    output::{self, Format, STRONG, styled},
    target::Target,
};
use std::io::Write as _;

/// Deletes each rule.
pub(in crate::commands) fn run(args: &RulesRm) -> anyhow::Result<Outcome> {
    if args.if_match.is_some() && args.ids.len() > 1 {
        return Err(Failure::usage("a tag is that of one rule", "name one rule with --if-match").into());
    }
    let target = Target::choose_for_change(&args.target)?;
    let mut stdout = output::stdout();
    each(&args.ids, |id| {
        let call = Call::delete(rule_path(id, "")).if_match(args.if_match.as_deref());
        let answer = target.data(&call)?;
        match args.format {
            Format::Human => {
                let message = answer["message"].as_str().unwrap_or("deleted");
                writeln!(stdout, "{} {message}", styled(STRONG, id))?;
            }
            Format::Json => output::json(&mut stdout, &answer)?,
        }
        Ok(())
    })
}

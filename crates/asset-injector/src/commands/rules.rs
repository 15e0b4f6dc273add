//! `rules`: looking at rules and changing them; each command is one call of the API for each rule.

mod add;
mod conflicts;
mod copy;
mod fields;
mod get;
mod list;
mod pin;
mod problems;
mod remove;
mod set;
mod show;
mod source;
mod switch;

use crate::{
    cli::{Rules, RulesCommand},
    failure::{Failure, Outcome},
    output,
};
use rules::RuleId;

/// Runs one of the commands.
pub(super) fn run(args: &Rules) -> anyhow::Result<Outcome> {
    match &args.command {
        RulesCommand::List(args) => list::run(args),
        RulesCommand::Get(args) => get::run(args),
        RulesCommand::Add(args) => add::run(args),
        RulesCommand::Set(args) => set::run(args),
        RulesCommand::Rm(args) => remove::run(args),
        RulesCommand::Enable(args) => switch::run(args, switch::Way::On),
        RulesCommand::Disable(args) => switch::run(args, switch::Way::Off),
        RulesCommand::Pin(args) => pin::pin(args),
        RulesCommand::Unpin(args) => pin::unpin(args),
        RulesCommand::Source(args) => source::run(args),
        RulesCommand::Conflicts(args) => conflicts::run(args),
        RulesCommand::Problems(args) => problems::run(args),
        RulesCommand::Copy(args) => copy::run(args),
    }
}

/// Refuses a text that cannot be the id of a rule, before anyone is asked.
fn check_id(id: &str) -> Result<(), Failure> {
    RuleId::parse(id).map(|_| ()).map_err(|reason| {
        Failure::usage(
            format!("`{id}` is not the id of a rule: {reason}"),
            "`asset-injector rules list` shows the rules",
        )
    })
}

/// Does something with each of these rules; one that fails does not keep the others from it.
fn each(ids: &[String], mut act: impl FnMut(&str) -> anyhow::Result<()>) -> anyhow::Result<Outcome> {
    ids.iter().try_for_each(|id| check_id(id))?;
    if let [only] = ids {
        return act(only).map(|()| Outcome::Done);
    }
    let mut outcome = Outcome::Done;
    for id in ids {
        if let Err(error) = act(id) {
            let help = error.downcast_ref::<Failure>().map(Failure::help);
            output::error(&format!("`{id}`: {error:#}"), help);
            outcome = Outcome::Findings;
        }
    }
    Ok(outcome)
}

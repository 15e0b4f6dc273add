//! `rules enable` and `rules disable`.

use super::each;
use crate::{
    call::{Call, rule_path},
    cli::Switch,
    failure::Outcome,
    output::{self, Format, STRONG, styled},
    target::Target,
};
use serde_json::json;
use std::io::Write as _;

/// What becomes of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// They apply again.
    On,
    /// They apply no longer.
    Off,
}

/// Switches each rule.
pub(in crate::commands) fn run(args: &Switch, way: Way) -> anyhow::Result<Outcome> {
    let (below, done) = match way {
        Way::On => ("/enable", "enabled"),
        Way::Off => ("/disable", "disabled"),
    };
    let target = Target::choose_for_change(&args.target)?;
    let mut stdout = output::stdout();
    each(&args.ids, |id| {
        let answer = target.data(&Call::post(rule_path(id, below), &json!({})))?;
        if answer["known"] == false {
            let then = match way {
                Way::On => "no rule has this id",
                Way::Off => "no rule has this id; one that comes with it will not apply",
            };
            output::note(&format!("`{id}`: {then}"));
        }
        match args.format {
            Format::Human => writeln!(stdout, "{done} {}", styled(STRONG, id))?,
            Format::Json => output::json(&mut stdout, &answer)?,
        }
        Ok(())
    })
}

//! `rules copy`: everything that a place holds, to another place, and proof that it is there.

mod report;

use crate::{
    cli::RulesCopy,
    failure::{Failure, Outcome},
    output,
    place::Place,
    progress::Progress,
};
use backup::{LeftOut, Saved, compare};
use report::Report;
use std::fmt::Write as _;

/// Things left out that a refusal names.
const NAMED_MAX: usize = 20;

/// Copies, reads both again, and prints the comparison.
pub(in crate::commands) fn run(args: &RulesCopy) -> anyhow::Result<Outcome> {
    let (from, to) = (Place::named(&args.from)?, Place::named(&args.to)?);
    if from.is_same(&to) {
        let help = "name two places; to write an archive anew, take another name";
        return Err(Failure::usage(format!("{from} would be copied to itself"), help).into());
    }
    let waiting = Progress::on_terminal(format!("reading {from}"), args.format);
    let source = from.clone().source()?;
    let saved = source.read()?;
    refuse_losses(&saved, &from, args)?;
    let mut target = to.clone().target()?;
    if !args.replace && target.is_taken() {
        return Err(taken(&to).into());
    }
    let before = target.before()?;
    if !args.replace && !before.is_empty() {
        return Err(taken(&to).into());
    }
    drop(waiting);
    let waiting = Progress::on_terminal(format!("writing {to}"), args.format);
    target.write(&saved, &before)?;
    drop(waiting);
    let waiting = Progress::on_terminal("comparing", args.format);
    let (saved, written) = (source.read()?, target.read()?);
    let report = Report {
        comparison: compare(&saved, &written),
        files_with_comments: source.files_with_comments(&saved),
        left_out: saved.left_out,
        not_read: written.left_out,
        from: &from,
        to: &to,
    };
    drop(waiting);
    match to {
        // Standard output is the archive's.
        Place::Stream => report.print(&mut output::stderr(), args.format)?,
        Place::Tree(_) | Place::Database(_) | Place::Archive(_) => {
            report.print(&mut output::stdout(), args.format)?
        }
    }
    Ok(match report.is_whole() {
        true => Outcome::Done,
        false => Outcome::Findings,
    })
}

fn taken(to: &Place) -> Failure {
    let help = "name a place that holds nothing, or let --replace take out what is not in the source";
    Failure::new(format!("{to} holds something already, and was not changed"), help)
}

/// Refuses to leave out what counts in the source, unless that was asked for.
fn refuse_losses(saved: &Saved, from: &Place, args: &RulesCopy) -> Result<(), Failure> {
    let counts: Vec<&LeftOut> = saved.left_out.iter().filter(|out| out.was_in_force).collect();
    if counts.is_empty() || args.leave_out {
        return Ok(());
    }
    let mut message = format!("{from} cannot be copied as it is, and nothing was written");
    for out in counts.iter().take(NAMED_MAX) {
        let _ = write!(message, "\n  {}: {}", out.what, out.reason);
    }
    if counts.len() > NAMED_MAX {
        let _ = write!(message, "\n  and {} more", counts.len() - NAMED_MAX);
    }
    Err(Failure::new(
        message,
        "correct these, or let --leave-out copy the rest",
    ))
}

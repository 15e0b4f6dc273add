//! `completions`: a completion script for a shell.

use crate::{
    cli::{Cli, Completions},
    failure::Outcome,
    output,
};
use clap::CommandFactory as _;
use std::io::Write as _;

/// Prints the script.
pub(super) fn run(args: &Completions) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "asset-injector", &mut script);
    output::stdout().write_all(&script)?;
    Ok(Outcome::Done)
}

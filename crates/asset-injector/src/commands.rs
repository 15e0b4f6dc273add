//! The commands: one file each, and the place that picks one.

mod check;
mod completions;
mod doctor;
mod explain;
mod export;
mod fmt;
mod health_check;
mod import;
mod init;
mod input;
mod migrate;
mod openapi;
mod packs;
mod resolve;
mod rules;
mod schema;
mod serve;
mod token;
mod version;

use crate::{
    cli::Command,
    failure::Outcome,
    output::{self},
    reference,
};
use std::io::Write as _;

/// Runs a command to its end.
///
/// # Errors
///
/// When it cannot be carried out.
pub(crate) fn run(command: Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Resolve(args) => resolve::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Packs(args) => packs::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Openapi => openapi::run(),
        Command::HealthCheck(args) => health_check::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Token(command) => token::run(&command),
        Command::Version(args) => version::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Reference(args) => {
            output::stdout().write_all(reference::page(args.page).as_bytes())?;
            Ok(Outcome::Done)
        }
    }
}

//! `packs`: using packs, and making them.

mod build;
mod change;
mod index;
mod list;
mod new;
mod sign;
mod signed;
mod verify;

use crate::{
    cli::{Packs, PacksCommand},
    failure::Outcome,
};

/// Runs one of the commands.
pub(super) fn run(args: &Packs) -> anyhow::Result<Outcome> {
    match &args.command {
        PacksCommand::List(args) => list::installed(args),
        PacksCommand::Available(args) => list::available(args),
        PacksCommand::Updates(args) => list::updates(args),
        PacksCommand::Install(args) => change::install(args),
        PacksCommand::Update(args) => change::update(args),
        PacksCommand::Uninstall(args) => change::uninstall(args),
        PacksCommand::Sync(args) => change::sync(args),
        PacksCommand::New(args) => new::run(args),
        PacksCommand::Build(args) => build::run(args),
        PacksCommand::Sign(args) => sign::run(args),
        PacksCommand::Verify(args) => verify::run(args),
        PacksCommand::Index(args) => index::run(args),
    }
}

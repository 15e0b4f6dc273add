//! `packs`: using packs, and making them.

mod build;
mod index;
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
        PacksCommand::New(args) => new::run(args),
        PacksCommand::Build(args) => build::run(args),
        PacksCommand::Sign(args) => sign::run(args),
        PacksCommand::Verify(args) => verify::run(args),
        PacksCommand::Index(args) => index::run(args),
    }
}

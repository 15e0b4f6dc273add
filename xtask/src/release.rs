//! `cargo xtask release`: what is asked of a tag before anything is made of it.

mod changelog;
mod check;
#[cfg(test)]
mod tests;
mod version;

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;

use version::Version;

/// Options of `release`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Say what is wrong with a tag; ask before setting it, and the pipeline asks again
    Check {
        /// `v` and a version, such as v1.2.0 or v1.2.0-rc.1
        tag: String,
    },
    /// Print what the changelog says of a tag's version
    Notes {
        /// `v` and a version
        tag: String,
    },
}

/// Something that is wrong, and what to do about it.
#[derive(Debug)]
struct Problem {
    message: String,
    help: String,
}

/// The version of every crate, this one too.
const WORKSPACE: &str = env!("CARGO_PKG_VERSION");
const CHANGELOG: &str = "CHANGELOG.md";

/// Checks a tag, or prints its notes.
pub(crate) fn main(args: &Args) -> Result<()> {
    let text = std::fs::read_to_string(CHANGELOG).with_context(|| format!("cannot read {CHANGELOG}"))?;
    match &args.action {
        Action::Check { tag } => {
            let problems = check::problems(tag, WORKSPACE, &text, Path::new("."));
            if !problems.is_empty() {
                let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
                bail!("`{tag}` cannot be released\n{}", told.join("\n"));
            }
            println!("`{tag}` can be released");
        }
        Action::Notes { tag } => {
            let version = Version::of_tag(tag).map_err(|refused| anyhow::anyhow!("{refused}"))?;
            let notes = changelog::section(&text, &version.to_string());
            println!(
                "{}",
                notes.with_context(|| changelog::absent(&version).to_string())?
            );
        }
    }
    Ok(())
}

impl Problem {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}\n  help: {}", self.message, self.help)
    }
}

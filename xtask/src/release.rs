//! `cargo xtask release`: from a tag to what users get, each step a task of its own.
//!
//! The pipeline runs them in the order in which they stand here; what it hands over are environment variables, since no
//! expression of its own may stand in a script.

mod artifacts;
mod changelog;
mod check;
mod dependencies;
mod github;
mod pack;
pub(crate) mod pipeline;
mod provenance;
pub(crate) mod registry;
mod rehearsal;
mod signature;
#[cfg(test)]
mod tests;
mod verify;
mod version;

use std::fmt;
use std::path::{Path, PathBuf};

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
        /// `v` and a version, such as v1.2.0 or v1.2.0-rc.1 [default: `GITHUB_REF_NAME`]
        tag: Option<String>,
    },
    /// Print what the changelog says of a tag's version
    Notes {
        /// `v` and a version
        tag: String,
    },
    /// Make what a release gives away: archives, lists of dependencies, sums
    Artifacts {
        /// Take the binaries below this folder, such as `amd64/asset-injector`, in place of compiling them
        #[arg(long, value_name = "FOLDER")]
        binaries: Option<PathBuf>,
    },
    /// Compile the binaries again in another folder, and compare them with those of `artifacts`
    Reproduce,
    /// Build the image of the binaries of `artifacts`, and push it without a tag (`IMAGE_NAME` or `GITHUB_REPOSITORY`, `VERSION`)
    Push,
    /// Write what a pushed image depends on (`DIGEST`)
    Dependencies,
    /// Sign a pushed image, and what `dependencies` has written of it, with the identity of the workflow (`DIGEST`)
    Sign,
    /// Give a pushed image its tag (`DIGEST`, `IMAGE_TAG`)
    Tag,
    /// Find an image of this repository (`DIGEST`, with the `VERSION` of a release or without, or `TAG`), and look who built it
    Find,
    /// Make the draft of a release on GitHub (`GITHUB_REF_NAME`, `DIGEST`)
    Draft,
    /// Look whether a folder holds what was released, unchanged
    Verify {
        /// The folder
        folder: PathBuf,
    },
    /// Download the draft as a user would, and verify it (`GITHUB_REF_NAME`)
    VerifyDraft,
    /// Publish the draft (`GITHUB_REF_NAME`)
    Publish,
    /// Release the binaries of `artifacts` into a registry of this machine: a pre-release, its version, the next one with
    /// each step failing in turn, an older one
    Rehearse {
        /// The tag of the pre-release
        #[arg(default_value = "v9.9.9-rc.1")]
        tag: String,
    },
    /// Move the image's tag `latest` to a release, unless a higher one exists (`DIGEST`, `VERSION`)
    Latest,
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

/// Takes one of the steps.
pub(crate) fn main(args: &Args) -> Result<()> {
    match &args.action {
        Action::Check { tag } => check_tag(&github::tag(tag.as_deref())?),
        Action::Notes { tag } => print_notes(tag),
        Action::Artifacts { binaries } => artifacts::make(binaries.as_deref()),
        Action::Reproduce => artifacts::reproduce(),
        Action::Push => registry::push(),
        Action::Dependencies => registry::dependencies(),
        Action::Sign => registry::sign(),
        Action::Tag => registry::tag(),
        Action::Find => registry::find(),
        Action::Draft => github::draft(),
        Action::Verify { folder } => verify::check(folder, Path::new(artifacts::UNPACKED)),
        Action::VerifyDraft => github::look_at_draft(),
        Action::Publish => github::publish(),
        Action::Rehearse { tag } => rehearsal::run(tag),
        Action::Latest => registry::latest(),
    }
}

fn changelog_text() -> Result<String> {
    std::fs::read_to_string(CHANGELOG).with_context(|| format!("cannot read {CHANGELOG}"))
}

fn check_tag(tag: &str) -> Result<()> {
    let problems = check::problems(tag, WORKSPACE, &changelog_text()?, Path::new("."));
    if !problems.is_empty() {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        bail!("`{tag}` cannot be released\n{}", told.join("\n"));
    }
    println!("`{tag}` can be released");
    github::tell_version(tag)
}

fn print_notes(tag: &str) -> Result<()> {
    let version = Version::of_tag(tag).map_err(|refused| anyhow::anyhow!("{refused}"))?;
    let text = changelog_text()?;
    let notes = changelog::section(&text, &version.to_string());
    println!(
        "{}",
        notes.with_context(|| changelog::absent(&version).to_string())?
    );
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

//! The commands that move rules in and out.

use super::Target;
use crate::output::Format;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) command: Option<ImportCommand>,
    /// Rule files, an https:// URL of one, or `-` for standard input
    #[arg(required = true, value_name = "FILE|URL")]
    pub(crate) from: Vec<String>,
    /// What to do with a rule whose id exists
    #[arg(long, default_value = "skip")]
    pub(crate) on_conflict: OnConflict,
    /// Take all rules or none
    #[arg(long)]
    pub(crate) atomic: bool,
    /// How to print the report
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Turn a snapshot (a JSON list of rules) into rule files, and mark it as done
    #[command(after_help = "\
The snapshot is renamed to FILE.migrated once every rule in it is a file or was one before.
Rules that were disabled in it stay disabled.

Examples:
  asset-injector import snapshot data/snapshot.json
  asset-injector import snapshot --rules-dir /srv/rules /srv/data/snapshot.json")]
    Snapshot(ImportSnapshot),
}

#[derive(Args, Debug)]
pub(crate) struct ImportSnapshot {
    /// The snapshot
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How to print the report
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What to do with a rule whose id exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnConflict {
    /// Leave the one that is there.
    Skip,
    /// Put the new one in its place.
    Replace,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// The rules, separated by commas; all local rules if left out
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) ids: Vec<String>,
    /// The file to write; standard output if left out
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The language of the file
    #[arg(long, default_value = "yaml")]
    pub(crate) format: ExportFormat,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The language of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A rule file in YAML.
    Yaml,
    /// A rule file in JSON.
    Json,
}

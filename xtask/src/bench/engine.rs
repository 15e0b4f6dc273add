//! The engine's figures, which a benchmark of the crate `rules` measures.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::shell;

/// What cargo is asked for the benchmark; without `--no-run` it is run too.
pub(crate) const BUILD: &[&str] = &[
    "bench",
    "--locked",
    "--package",
    "rules",
    "--bench",
    "resolve",
    // It has no benchmark; named for its features, so that most of what both use is built once.
    "--package",
    "asset-injector",
];

/// Options of `bench engine`.
#[derive(clap::Args, Default)]
pub(super) struct Args {
    /// Page URLs for the engine, one a line, instead of made-up ones
    #[arg(long, value_name = "FILE")]
    urls: Option<PathBuf>,
    /// One table for so many rules, with other engines beside it, instead of the usual report
    #[arg(long, value_name = "N")]
    rules: Option<usize>,
    /// Filter lists and lists of hosts (`*.txt`) to make one more set of rules from
    #[arg(long, value_name = "DIR", requires = "rules")]
    lists: Option<PathBuf>,
    /// Only these sets of rules: simple, mixed, hosts, lists
    #[arg(long, value_name = "NAME,…", requires = "rules")]
    sets: Option<String>,
    /// The most rules that the `adblock` crate is given (it takes seconds to build a million)
    #[arg(long, value_name = "N", requires = "rules")]
    peers_at: Option<usize>,
}

/// Builds and runs the benchmark.
pub(super) fn main(short: bool, args: &Args) -> Result<()> {
    let mut command = shell::cargo();
    command.args(BUILD).arg("--");
    if short {
        command.arg("--short");
    }
    if args.rules.is_some() {
        // Callgrind finds by its name what it counts; otherwise what the release has built is good enough.
        command.env("CARGO_PROFILE_BENCH_STRIP", "none");
    }
    let numbers = [("--rules", args.rules), ("--peers-at", args.peers_at)];
    for (flag, number) in numbers {
        if let Some(number) = number {
            command.arg(flag).arg(number.to_string());
        }
    }
    if let Some(sets) = &args.sets {
        command.arg("--sets").arg(sets);
    }
    for (flag, path) in [("--urls", &args.urls), ("--lists", &args.lists)] {
        if let Some(path) = path {
            command.arg(flag).arg(absolute(path)?);
        }
    }
    shell::run(&mut command)
}

/// The benchmark runs in its crate's folder.
fn absolute(path: &Path) -> Result<PathBuf> {
    path.canonicalize()
        .with_context(|| format!("cannot read `{}`", path.display()))
}

//! `cargo xtask ci`: the jobs of the pipeline, each a choice of the steps of `cargo xtask test`.

use anyhow::Result;
use clap::ValueEnum;

use crate::test;

/// Options of `ci`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The job; all of them if none is named
    job: Option<Job>,
    #[command(flatten)]
    steps: test::JobArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Job {
    /// Formatting, tidy, clippy, generated files
    Lint,
    /// Everything but what runs on request
    Test,
}

/// Runs one job or all.
pub(crate) fn main(args: &Args) -> Result<()> {
    let steps = match args.job {
        Some(Job::Lint) => test::choose(&["fmt", "tidy", "clippy", "codegen"])?,
        // `test` holds every step, so it is all jobs at once.
        Some(Job::Test) | None => test::choose::<&str>(&[])?,
    };
    test::run(&steps, &args.steps)
}

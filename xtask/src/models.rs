//! `cargo xtask models`: lets a model checker order what threads and tasks do at the same time.
//!
//! The models are tests of the crates that they are about, behind the feature `shuttle`; a seed is the same orders
//! again.

mod faults;

use std::process::Command;

use anyhow::{Result, ensure};

use crate::shell;

/// Options of `models`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// In how many orders each model runs
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Which orders they are; printed, so that a run can be repeated
    #[arg(long)]
    seed: Option<u64>,
    /// Plant each of a list of faults in a copy of the sources, and have its model find it; look at nothing else
    #[arg(long)]
    self_test: bool,
}

/// Where models are, as words for cargo.
#[derive(Clone, Copy, Debug)]
enum Models {
    /// The snapshot swap, and how refreshes coalesce.
    Catalog,
    /// The end of the server.
    Server,
}

impl Models {
    const ALL: [Self; 2] = [Self::Catalog, Self::Server];

    /// A run of these models in so many orders of this seed.
    fn command(self, seed: u64, runs: u64) -> Command {
        let words = match self {
            Self::Catalog => ["--package=catalog", "--test=it", "models::"],
            Self::Server => [
                "--package=asset-injector",
                "--bin=asset-injector",
                "server::models::",
            ],
        };
        let mut command = shell::cargo();
        command
            .args(["test", "--locked", "--features=shuttle"])
            .args(words)
            .args(["--", "--nocapture"])
            .env("MODEL_SEED", seed.to_string())
            .env("MODEL_RUNS", runs.to_string());
        command
    }
}

/// Runs the models, or shows that they find faults.
pub(crate) fn main(args: &Args) -> Result<()> {
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    if args.self_test {
        return faults::find(seed, args.runs);
    }
    run(seed, args.runs)
}

/// Runs each model in so many orders.
pub(crate) fn run(seed: u64, runs: u64) -> Result<()> {
    for models in Models::ALL {
        let mut command = models.command(seed, runs);
        println!("$ {}", shell::line(&command));
        let done = command.output()?;
        let said = String::from_utf8_lossy(&done.stdout);
        print!("{said}{}", String::from_utf8_lossy(&done.stderr));
        ensure!(
            done.status.success(),
            "a model of {models:?} does not hold for seed {seed}"
        );
        ensure!(!said.contains(" 0 passed"), "no model of {models:?} was run");
    }
    println!("models: seed {seed}, {runs} orders each");
    Ok(())
}

/// Has the models find every planted fault.
pub(crate) fn self_test(seed: u64) -> Result<()> {
    faults::find(seed, faults::RUNS)
}

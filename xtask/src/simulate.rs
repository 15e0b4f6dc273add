//! `cargo xtask simulate`: runs the simulation of the catalog, which is a test of that crate, with seeds of one's own.

use anyhow::Result;

use crate::shell;

const TEST: &str = "simulation::whatever_happens_replicas_show_what_is_stored_and_nothing_is_lost";

/// Options of `simulate`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One seed, each step of which is printed
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// How many seeds
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
}

/// Runs the seeds; fails with the seed and its last steps.
pub(crate) fn main(args: &Args) -> Result<()> {
    let (from, seeds) = args.seed.map_or((args.from, args.seeds), |seed| (seed, 1));
    let mut test = shell::cargo();
    test.args(["test", "--locked", "--package", "catalog", "--test", "it", "--"])
        .args([TEST, "--exact", "--nocapture"])
        .env("SIMULATION_FROM", from.to_string())
        .env("SIMULATION_SEEDS", seeds.to_string());
    shell::run(&mut test)
}

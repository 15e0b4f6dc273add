//! `cargo xtask soak`: compares the fast with the naive for as long as one likes, optimised, on random and hostile
//! input.

use anyhow::Result;

use crate::shell;

const TEST: &str = "tests::soak::the_index_agrees_with_the_naive_matcher";

/// Options of `soak`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The index over patterns, with the naive matcher
    Matching {
        /// How many pairs of a pattern and a URL
        #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..))]
        pairs: u64,
        /// Which they are; printed, so that a run can be repeated
        #[arg(long)]
        seed: Option<u64>,
    },
}

/// Runs the test; fails with the set and the URL on which the two differ.
pub(crate) fn main(args: &Args) -> Result<()> {
    let What::Matching { pairs, seed } = args.what;
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    let mut test = shell::cargo();
    // Optimised, and with the checks of overflow and of ranges that a release leaves out.
    test.args(["test", "--locked", "--package", "urlmatch", "--lib", "--"])
        .args([TEST, "--exact", "--nocapture"])
        .env("CARGO_PROFILE_TEST_OPT_LEVEL", "3")
        .env("SOAK_PAIRS", pairs.to_string())
        .env("SOAK_SEED", seed.to_string());
    shell::run(&mut test)
}

//! What threads and tasks do at the same time, in every order that a model checker tries: `cargo xtask models`.
//!
//! The checker is shuttle rather than loom: it knows tasks as well as threads, and finds faults in code of this size
//! where trying every order would never end.

mod coalescing;
mod numbered;
mod swap;

use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler},
};

/// Points at which the order changes against the priorities of the tasks.
const CHANGES: usize = 3;

/// Deep enough for compiling rules without optimization.
const STACK_BYTES: usize = 1 << 20;

/// Runs a model in orders that the seed chooses: half of them at random, half by priorities that change seldom, which
/// finds what needs one task to be left far behind.
#[expect(
    clippy::print_stdout,
    reason = "whoever runs models is told what can be repeated"
)]
fn check(model: fn()) {
    let seed = asked("MODEL_SEED").unwrap_or(1);
    let runs = asked("MODEL_RUNS").unwrap_or(200);
    println!("seed {seed}, {runs} runs");
    let half = usize::try_from(runs.div_ceil(2)).expect("runs fit into memory");
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    // It says each time that it knows one order of memory only.
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new_from_seed(seed, half), config.clone()).run(model);
    Runner::new(PctScheduler::new_from_seed(seed, CHANGES, half), config).run(model);
}

#[expect(clippy::disallowed_methods, reason = "a model is no part of the program")]
fn asked(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().expect("a number"))
}

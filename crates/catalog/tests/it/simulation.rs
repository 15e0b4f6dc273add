//! Several catalogs over one store, faults, lost messages and a clock that jumps, all by one seed.
//!
//! What must hold is looked at after every step: a replica shows exactly a state that the store had, never an older
//! one than before; who was told that something is written, sees it at once, and nobody's change undoes another's;
//! who was told that it failed, changed nothing; and when the faults end one refresh shows what is stored.
//! `cargo xtask simulate --seed N` runs one seed and tells every step of it.

mod chance;
mod ledger;
mod naive;
mod ops;
mod run;
mod world;

use run::{Report, run};
use std::collections::BTreeMap;

/// The last steps that are told of a run that fails.
const TOLD: usize = 60;

/// What a thousand seeds must have seen, or they prove little.
const REACHED: [&str; 24] = [
    "a load failed",
    "a message was lost",
    "a write failed",
    "answered",
    "changed by others",
    "failed",
    "forgot",
    "full",
    "gave up",
    "lagged",
    "left out",
    "meddled",
    "not in force",
    "not there or there already",
    "of a pack",
    "packs changed",
    "panicked early",
    "panicked late",
    "showed a base",
    "showed a delta",
    "shown",
    "undecided",
    "unmet",
    "written",
];

/// Which seeds are asked for from outside.
#[expect(clippy::disallowed_methods, reason = "`cargo xtask simulate` says it so")]
fn asked(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

fn check(seed: u64, report: &Report) {
    let Some(broken) = &report.broken else {
        return;
    };
    let told = report.trace.len().saturating_sub(TOLD);
    panic!(
        "{}\n\nseed {seed}: {broken}\nhelp: `cargo xtask simulate --seed {seed}` tells all of it",
        report.trace[told..].join("\n")
    );
}

#[test]
fn whatever_happens_replicas_show_what_is_stored_and_nothing_is_lost() {
    let from = asked("SIMULATION_FROM").unwrap_or(0);
    let seeds = asked("SIMULATION_SEEDS").unwrap_or(1000);
    let mut reached = BTreeMap::new();
    for seed in from..from.saturating_add(seeds) {
        let report = run(seed);
        if seeds == 1 {
            println!("{}", report.trace.join("\n"));
        }
        check(seed, &report);
        for (what, times) in report.reached {
            *reached.entry(what).or_insert(0) += times;
        }
    }
    println!("{seeds} seeds from {from}: {reached:#?}");
    if seeds >= 1000 {
        assert!(
            REACHED.iter().all(|what| reached.contains_key(what)),
            "{reached:?}"
        );
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let mut hashes: Vec<_> = (0..20).map(|seed| run(seed).hash).collect();
    let again: Vec<_> = (0..20).map(|seed| run(seed).hash).collect();
    assert_eq!(hashes, again);
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 20, "another seed is another run");
}

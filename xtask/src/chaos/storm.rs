//! Faults, one after the other, with calm between.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::faults::Fault;
use super::replicas::Program;
use super::{CALM, Ran, World, scratch, under_load};
use crate::server::RELEASE_BINARY;

/// From then on a run is a long one, with long faults.
const LONG: Duration = Duration::from_secs(300);

/// One fault that was there, and how long everybody took to be well after it.
struct Spell {
    fault: Fault,
    lasted: Duration,
    recovered: Duration,
}

/// Runs for that long at least, and until every fault was there once; fails if anything was found.
pub(super) fn run(time: Duration, seed: u64) -> Result<()> {
    println!("chaos: {} s at least, seed {seed}", time.as_secs());
    scratch()?;
    let mut random = fastrand::Rng::with_seed(seed);
    let happen = |world: &World, random: &mut fastrand::Rng| storm(world, time, random);
    let program = Program {
        path: Path::new(RELEASE_BINARY),
        is_next: false,
    };
    let (ran, spells) = under_load(program, &mut random, happen)?;
    report(&ran, &spells);
    Ok(())
}

/// Faults in a random order, each of them once before any comes again.
fn storm(world: &World, time: Duration, random: &mut fastrand::Rng) -> Result<Vec<Spell>> {
    let began = Instant::now();
    let mut spells = Vec::new();
    let mut coming: Vec<Fault> = Vec::new();
    world.calm_down()?;
    loop {
        if coming.is_empty() {
            if began.elapsed() >= time && !spells.is_empty() {
                return Ok(spells);
            }
            coming = Fault::all();
            random.shuffle(&mut coming);
        }
        if let Some(fault) = coming.pop() {
            spells.push(spell(world, fault, time < LONG, random)?);
        }
    }
}

/// Lets one fault happen.
fn spell(world: &World, fault: Fault, is_short: bool, random: &mut fastrand::Rng) -> Result<Spell> {
    // The short form runs beside other work, where half a second between two looks can become a whole one.
    if is_short || !fault.is_calm() {
        world.history.storm();
    }
    let started = Instant::now();
    fault.happen(world, is_short, random)?;
    let lasted = started.elapsed();
    let well = world.calm_down();
    well.with_context(|| format!("after: {}", fault.name()))?;
    let recovered = started.elapsed().saturating_sub(lasted + CALM);
    println!(
        "  {:<32} {:>5.1} s, all well after {:.1} s",
        fault.name(),
        lasted.as_secs_f64(),
        recovered.as_secs_f64()
    );
    Ok(Spell {
        fault,
        lasted,
        recovered,
    })
}

fn report(ran: &Ran, spells: &[Spell]) {
    println!(
        "\n{:<32} {:>5} {:>10} {:>14}",
        "fault", "times", "seconds", "well again"
    );
    for fault in Fault::all() {
        let mine = spells.iter().filter(|spell| spell.fault == fault);
        let lasted: f64 = mine.clone().map(|spell| spell.lasted.as_secs_f64()).sum();
        let slowest = mine
            .clone()
            .map(|spell| spell.recovered)
            .max()
            .unwrap_or_default();
        println!(
            "{:<32} {:>5} {lasted:>10.1} {:>10.1} s max",
            fault.name(),
            mine.count(),
            slowest.as_secs_f64()
        );
    }
    ran.print();
}

//! The next release beside this one, on the same database: its first server migrates while the others write.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::replicas;
use super::{World, scratch, under_load};
use crate::shell;

const BUILT: &str = "target/debug/asset-injector";

/// Replaces the servers one by one, then takes the release back.
pub(super) fn run(seed: u64) -> Result<()> {
    println!("chaos: an upgrade and back, seed {seed}");
    let scratch = scratch()?;
    // This release last: it stays where everybody expects it.
    let next = build(&["--features", "rehearsal"], &scratch.join("next"))?;
    let this = build(&[], &scratch.join("this"))?;
    let mut random = fastrand::Rng::with_seed(seed);
    let (ran, ()) = under_load(&this, &mut random, |world, _| {
        world.calm_down()?;
        let before = world.replicas.schema();
        roll(world, &next, "next")?;
        let after = world.replicas.schema();
        if before == after {
            bail!("the next release left the schema at version {before}");
        }
        roll(world, &this, "this")
    })?;
    ran.print();
    println!(
        "the database was migrated under load, and both releases ran on it side by side: no resolve and no write failed"
    );
    Ok(())
}

/// Builds the program, and keeps it under another name.
fn build(options: &[&str], kept: &Path) -> Result<PathBuf> {
    shell::run(
        shell::cargo()
            .args(["build", "--locked", "--package", "asset-injector"])
            .args(options),
    )?;
    std::fs::copy(BUILT, kept).with_context(|| format!("cannot copy `{BUILT}`"))?;
    Ok(kept.to_owned())
}

/// Replaces one server after the other, and leaves them time together.
fn roll(world: &World, program: &Path, name: &str) -> Result<()> {
    for n in 0..replicas::COUNT {
        world.replicas.replace(n, program)?;
        println!("  server {n} runs the {name} release");
        world.pause(super::CALM);
    }
    Ok(())
}

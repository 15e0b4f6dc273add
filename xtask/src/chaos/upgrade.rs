//! The next release beside this one, on the same database: its first server migrates while the others write.
//!
//! Both are one program, as the tests have it built: told that it is the next release, it has one migration more.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use super::replicas::{self, Program};
use super::{World, scratch, under_load};
use crate::shell;

const BUILT: &str = "target/debug/asset-injector";
/// How long the servers are left together after each step.
const TOGETHER: Duration = Duration::from_secs(2);

/// Replaces the servers one by one, then takes the release back.
pub(super) fn run(seed: u64) -> Result<()> {
    println!("chaos: an upgrade and back, seed {seed}");
    scratch()?;
    // The very words of the step `tests`, so that nothing is built anew after it.
    shell::run(shell::cargo().args(["test", "--workspace", "--locked", "--no-run"]))?;
    let [this, next] = [false, true].map(|is_next| Program {
        path: Path::new(BUILT),
        is_next,
    });
    let mut random = fastrand::Rng::with_seed(seed);
    let (ran, ()) = under_load(this, &mut random, |world, _| {
        world.calm_down()?;
        let before = world.replicas.schema();
        roll(world, next)?;
        let after = world.replicas.schema();
        if before == after {
            bail!("the next release left the schema at version {before}");
        }
        roll(world, this)
    })?;
    ran.print();
    println!(
        "the database was migrated under load, and both releases ran on it side by side: no read and no write failed"
    );
    Ok(())
}

/// Replaces one server after the other, and leaves them time together.
fn roll(world: &World, program: Program<'_>) -> Result<()> {
    for n in 0..replicas::COUNT {
        world.replicas.replace(n, program)?;
        let name = if program.is_next { "next" } else { "this" };
        println!("  server {n} runs the {name} release");
        world.pause(TOGETHER);
    }
    Ok(())
}

//! Time from the start of the process to ready, and memory when idle.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{make_rules, median, serve, verdict};

const MANY_FILES: usize = 10_000;
const FEW_RULES: usize = 10;
const READY_AIM: Duration = Duration::from_secs(1);
const IDLE_AIM_KIB: u64 = 12 * 1024;
/// The server has settled by then: nothing is loaded or compiled after it is ready.
const SETTLE: Duration = Duration::from_secs(1);

/// Measures and prints both.
pub(super) fn main(short: bool) -> Result<()> {
    let rounds = if short { 1 } else { 5 };
    let ready = median(&many_files(rounds)?);
    println!(
        "start with {MANY_FILES} rule files: {} ms to healthy (median of {rounds}; aim ≤ {} ms: {})",
        ready.as_millis(),
        READY_AIM.as_millis(),
        verdict(ready <= READY_AIM),
    );
    let idle = idle_memory()?;
    println!(
        "idle with {FEW_RULES} rules: {:.1} MiB resident (aim ≤ {} MiB: {})",
        mebibytes(idle),
        IDLE_AIM_KIB / 1024,
        verdict(idle <= IDLE_AIM_KIB),
    );
    Ok(())
}

fn many_files(rounds: usize) -> Result<Vec<Duration>> {
    let rules = make_rules("rules-10000", MANY_FILES)?;
    (0..rounds)
        .map(|_| {
            let (server, ready) = serve(&rules, MANY_FILES)?;
            server.stop(Duration::ZERO)?;
            Ok(ready)
        })
        .collect()
}

fn idle_memory() -> Result<u64> {
    let rules = make_rules("rules-10", FEW_RULES)?;
    let (server, _) = serve(&rules, FEW_RULES)?;
    std::thread::sleep(SETTLE);
    let kibibytes = resident_kibibytes(server.id())?;
    server.stop(Duration::ZERO)?;
    Ok(kibibytes)
}

pub(crate) fn resident_kibibytes(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line
        .and_then(|line| line.trim().strip_suffix("kB"))
        .context("no VmRSS")?;
    number.trim().parse().context("VmRSS is no number")
}

#[expect(clippy::cast_precision_loss, reason = "memory in KiB is far below 2^52")]
pub(super) fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

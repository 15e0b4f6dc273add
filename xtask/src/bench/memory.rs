//! Memory over many requests that have nothing in common: what is counted about them must not grow with them.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::start::{mebibytes, resident_kibibytes};
use super::{http, make_rules, serve_quietly, verdict};
use crate::shell;

const RULES: usize = 1000;
const CONNECTIONS: u64 = 32;
/// Growth that is no leak: allocators keep what they had at their busiest moment.
const GROWTH_AIM_KIB: u64 = 8 * 1024;

/// Measures and prints. The build of the load generator is the HTTP benchmark's.
pub(super) fn main(short: bool) -> Result<()> {
    let requests: u64 = if short { 20_000 } else { 1_000_000 };
    let rules = make_rules("rules-memory", RULES)?;
    let server = serve_quietly(&rules, RULES, "memory", &[])?;
    // The caches are full and every connection has been open before the first look.
    let warm_up = requests / 2;
    send(&server, warm_up, 1)?;
    let before = resident_kibibytes(server.id())?;
    send(&server, requests, 1_000)?;
    let after = resident_kibibytes(server.id())?;
    server.stop(Duration::ZERO)?;
    let growth = after.saturating_sub(before);
    println!(
        "memory over {requests} requests with random paths, methods and headers, after {warm_up} others: \
         {:.1} MiB, then {:.1} MiB (aim ≤ {:.0} MiB more: {})",
        mebibytes(before),
        mebibytes(after),
        mebibytes(GROWTH_AIM_KIB),
        verdict(growth <= GROWTH_AIM_KIB),
    );
    Ok(())
}

fn send(server: &crate::server::Server, requests: u64, seed: u64) -> Result<()> {
    let numbers = [requests, CONNECTIONS, seed].map(|number| number.to_string());
    let mut command = Command::new(http::TOOL);
    command
        .args(["random", &server.address.to_string()])
        .args(numbers);
    let printed = shell::output(&mut command)?;
    let answered: u64 = printed.trim().parse().context("no number of answers")?;
    if answered < requests * 9 / 10 {
        bail!("only {answered} of {requests} requests were answered");
    }
    Ok(())
}

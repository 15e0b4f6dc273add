//! cargo-deny: licences, sources and known vulnerabilities of what we depend on.

use std::process::Command;

use anyhow::{Context as _, Result};

use super::report;
use crate::shell;
use crate::test::{Outcome, tool};

/// Checks what needs no data from outside.
pub(crate) fn deny() -> Result<()> {
    check("deny", &["licenses", "bans", "sources"])
}

/// The database comes from a git host. Without it there is nothing to compare with: that is a skip,
/// while a vulnerability that was found is a failure.
pub(crate) fn advisories() -> Result<Outcome> {
    let fetched = cargo_deny()
        .args(["fetch", "db"])
        .output()
        .context("cannot start cargo-deny")?;
    if !fetched.status.success() {
        let said = String::from_utf8_lossy(&fetched.stderr);
        let fatal = said.lines().find(|line| line.starts_with("fatal:"));
        let reason = fatal.or_else(|| said.lines().next()).unwrap_or("no reason given");
        return Ok(Outcome::Skipped(format!(
            "the advisory database cannot be fetched ({})",
            reason.trim()
        )));
    }
    check("advisories", &["--disable-fetch", "advisories"])?;
    Ok(Outcome::Passed)
}

fn check(name: &str, what: &[&str]) -> Result<()> {
    let check = |format| {
        let mut command = cargo_deny();
        command
            .args(["--locked", "--format", format, "check", "--hide-inclusion-graph"])
            .args(what);
        command
    };
    report::keep(name, &mut check("sarif"))?;
    shell::run(&mut check("human"))
}

fn cargo_deny() -> Command {
    shell::as_if_alone(Command::new(tool("cargo-deny")))
}

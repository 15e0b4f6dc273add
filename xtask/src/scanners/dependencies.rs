//! cargo-deny: licences, sources and known vulnerabilities of what we depend on.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{must_find, planted, report};
use crate::shell;
use crate::test::{Outcome, tool};

/// What is asked of the dependencies without data from outside, and with it.
const WITHOUT_DATA: &[&str] = &["licenses", "bans", "sources"];
const WITH_DATA: &[&str] = &["advisories"];

/// A version that has been vulnerable for years, under a licence that is not ours; nothing of it is real but its name.
const PLANTED: [(&str, &str); 6] = [
    (
        "Cargo.toml",
        "[package]\nname = \"planted\"\nversion = \"0.1.0\"\nedition = \"2021\"\nlicense = \"MIT\"\npublish = false\n\n\
         [dependencies]\nsmallvec = \"=0.6.9\"\n\n[workspace]\n",
    ),
    ("src/lib.rs", ""),
    (
        ".cargo/config.toml",
        "[source.crates-io]\nreplace-with = \"planted\"\n\n[source.planted]\ndirectory = \"vendor\"\n",
    ),
    (
        "vendor/smallvec/Cargo.toml",
        "[package]\nname = \"smallvec\"\nversion = \"0.6.9\"\nedition = \"2021\"\nlicense = \"AGPL-3.0-only\"\n",
    ),
    ("vendor/smallvec/src/lib.rs", ""),
    (
        "vendor/smallvec/.cargo-checksum.json",
        "{\"files\":{},\"package\":\"c4488ae950c49d403731982257768f48fada354a5203fe81f9bb6f43ca9002be\"}",
    ),
];
const VULNERABILITY: &str = "RUSTSEC-2019-0009";

/// Checks what needs no data from outside.
pub(crate) fn deny() -> Result<()> {
    licence_is_found()?;
    check("deny", WITHOUT_DATA)
}

/// The database comes from a git host. Without it there is nothing to compare with: that is a skip,
/// while a vulnerability that was found is a failure.
pub(crate) fn advisories() -> Result<Outcome> {
    let found = vulnerability_is_found()?;
    if found == Outcome::Passed {
        check("advisories", WITH_DATA)?;
    }
    Ok(found)
}

/// Has cargo-deny refuse a dependency under a licence that nobody has allowed.
pub(crate) fn licence_is_found() -> Result<()> {
    must_find(over_planted("licence", WITHOUT_DATA)?, "AGPL-3.0-only")
}

/// Has cargo-deny find a vulnerable dependency, if the database can be had.
pub(crate) fn vulnerability_is_found() -> Result<Outcome> {
    let fetched = cargo_deny()?
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
    must_find(over_planted("vulnerability", WITH_DATA)?, VULNERABILITY)?;
    Ok(Outcome::Passed)
}

/// The same command as over our own dependencies, over the planted ones.
fn over_planted(name: &str, what: &[&str]) -> Result<Command> {
    let folder = planted(name)?;
    for (file, text) in PLANTED {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().context("it lies in a folder")?)?;
        fs::write(path, text)?;
    }
    let mut lock = shell::cargo();
    lock.args(["generate-lockfile", "--offline"]).current_dir(&folder);
    shell::output(&mut lock)?;
    let mut command = asking("human", what)?;
    command.current_dir(folder);
    Ok(command)
}

fn check(name: &str, what: &[&str]) -> Result<()> {
    report::keep(name, &mut asking("sarif", what)?)?;
    shell::run(&mut asking("human", what)?)
}

fn asking(format: &str, what: &[&str]) -> Result<Command> {
    let mut command = cargo_deny()?;
    command
        .args(["--locked", "--format", format, "--config"])
        .arg(std::path::absolute("deny.toml")?)
        .args(["check", "--hide-inclusion-graph"])
        .args(what);
    Ok(command)
}

fn cargo_deny() -> Result<Command> {
    let program = std::path::absolute(tool("cargo-deny"))?;
    Ok(shell::as_if_alone(Command::new(program)))
}

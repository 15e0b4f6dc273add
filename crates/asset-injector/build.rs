//! Puts the version's commit, its time and the compiler into the binary.
//!
//! Works without git and without a repository: what is not known stays empty. A release
//! sets `SOURCE_COMMIT` and `SOURCE_DATE_EPOCH`, so that the same commit gives the same bytes.

use std::env;
use std::process::Command;

fn main() {
    for variable in ["SOURCE_COMMIT", "SOURCE_DATE_EPOCH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    // Written whenever the checked-out commit changes.
    if let Some(path) =
        git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|path| std::path::Path::new(path).exists())
    {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    strip();
    pack_relocations();
    let commit = variable("SOURCE_COMMIT").or_else(|| git(&["rev-parse", "HEAD"]));
    let seconds = variable("SOURCE_DATE_EPOCH").or_else(|| git(&["log", "-1", "--format=%ct"]));
    emit("BUILD_COMMIT", commit);
    emit(
        "BUILD_COMMIT_SECONDS",
        seconds.filter(|text| text.parse::<i64>().is_ok()),
    );
    emit("BUILD_RUSTC", rustc());
}

/// Leaves symbols out of a release. `strip` of the profile would, but cargo 1.95 forgets it for a package with an
/// override of its own.
fn strip() {
    let is = |name, value: &str| env::var_os(name).is_some_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,--strip-all");
    }
}

/// Has the linker write relocations in the packed form, which is a twentieth as long: all of them are read at every
/// start, and then stay in memory. Only where this machine's C library can load it, from 2.36 on.
fn pack_relocations() {
    let is_for_this_machine = env::var_os("HOST") == env::var_os("TARGET");
    let version = line(Command::new("getconf").arg("GNU_LIBC_VERSION"));
    let version = version.as_deref().and_then(|said| said.strip_prefix("glibc 2."));
    let minor: Option<u32> = version.and_then(|minor| minor.split('.').next()?.parse().ok());
    if is_for_this_machine && minor.is_some_and(|minor| minor >= 36) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

fn emit(name: &str, value: Option<String>) {
    println!("cargo::rustc-env={name}={}", value.unwrap_or_default());
}

fn variable(name: &str) -> Option<String> {
    env::var_os(name)?
        .into_string()
        .ok()
        .filter(|value| !value.is_empty())
}

fn git(args: &[&str]) -> Option<String> {
    line(Command::new("git").args(args))
}

fn rustc() -> Option<String> {
    line(Command::new(env::var_os("RUSTC")?).arg("--version"))
}

/// The first line of what a command prints, if it ends well.
fn line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines()
        .next()
        .map(str::to_owned)
        .filter(|line| !line.is_empty())
}

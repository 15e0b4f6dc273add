//! `cargo xtask fuzz`: runs the fuzz targets, each beside the crate that it tests.
//!
//! A target's corpus grows under `target/fuzz` and starts from the seeds that the crate commits in
//! `fuzz/seeds/TARGET`. cargo-fuzz runs on the pinned stable toolchain: `RUSTC_BOOTSTRAP` opens the
//! few unstable flags, so nobody needs a nightly.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell;

const TARGET_DIR: &str = "target/fuzz";

/// Options of `fuzz`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The target; all of them if none is named
    target: Option<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Where the fuzzer's random numbers begin; 0 is different every time
    #[arg(long, default_value_t = 0)]
    seed: u32,
}

struct Target {
    name: String,
    /// The crate's fuzz folder.
    folder: PathBuf,
}

/// Runs one target or all.
pub(crate) fn main(args: &Args) -> Result<()> {
    let Some(name) = &args.target else {
        return all(args.seconds, args.seed);
    };
    let targets = targets()?;
    let Some(target) = targets.iter().find(|target| target.name == *name) else {
        let known: Vec<_> = targets.iter().map(|target| target.name.as_str()).collect();
        bail!(
            "there is no fuzz target `{name}`\nhelp: the targets are {}",
            known.join(", ")
        );
    };
    target.run(args.seconds, args.seed)
}

/// Runs every target; one that finds something does not keep the others from running.
pub(crate) fn all(seconds: u32, seed: u32) -> Result<()> {
    let mut failed = Vec::new();
    for target in targets()? {
        if let Err(error) = target.run(seconds, seed) {
            println!("{error:#}");
            failed.push(target.name);
        }
    }
    if !failed.is_empty() {
        bail!("fuzzing found something in: {}", failed.join(", "));
    }
    Ok(())
}

/// Every file in `crates/*/fuzz/fuzz_targets`, by name.
fn targets() -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for krate in std::fs::read_dir("crates").context("cannot list `crates`")? {
        let folder = krate?.path().join("fuzz");
        let Ok(files) = std::fs::read_dir(folder.join("fuzz_targets")) else {
            continue;
        };
        for file in files {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "rs")
                && let Some(stem) = file.file_stem()
            {
                targets.push(Target {
                    name: stem.to_string_lossy().into_owned(),
                    folder: folder.clone(),
                });
            }
        }
    }
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    if targets.is_empty() {
        bail!("no fuzz target found in crates/*/fuzz/fuzz_targets");
    }
    Ok(targets)
}

impl Target {
    fn run(&self, seconds: u32, seed: u32) -> Result<()> {
        let corpus = Path::new(TARGET_DIR).join("corpus").join(&self.name);
        std::fs::create_dir_all(&corpus)?;
        let mut command = cargo_fuzz()?;
        // No sanitizer: unsafe code is denied, so it would find nothing and halve the speed.
        command
            .args([
                "run",
                "--sanitizer",
                "none",
                "--target-dir",
                TARGET_DIR,
                "--fuzz-dir",
            ])
            .arg(&self.folder)
            .arg(&self.name)
            .arg(&corpus);
        let seeds = self.folder.join("seeds").join(&self.name);
        if seeds.is_dir() {
            command.arg(seeds);
        }
        let limit = format!("-max_total_time={seconds}");
        let seed = format!("-seed={seed}");
        command.args([
            "--",
            limit.as_str(),
            seed.as_str(),
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
        ]);
        shell::run(&mut command).with_context(|| format!("fuzz target `{}`", self.name))
    }
}

/// Our own pinned cargo-fuzz if `cargo xtask test` built it, else the developer's.
fn cargo_fuzz() -> Result<Command> {
    let ours = crate::test::tool("cargo-fuzz");
    let program = if ours.is_file() {
        Some(ours)
    } else {
        shell::find_program("cargo-fuzz")
    };
    let Some(program) = program else {
        bail!("cargo-fuzz is not here\nhelp: `cargo xtask test --only fuzz` installs it");
    };
    let mut command = shell::as_if_alone(Command::new(program));
    command.arg("fuzz").env("RUSTC_BOOTSTRAP", "1");
    Ok(command)
}

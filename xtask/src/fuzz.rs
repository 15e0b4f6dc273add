//! `cargo xtask fuzz`: runs the fuzz targets, each beside the crate that it tests.
//!
//! A target's corpus grows under `target/fuzz` and starts from the seeds that the crate commits in
//! `fuzz/seeds/TARGET`. cargo-fuzz runs on the pinned stable toolchain: `RUSTC_BOOTSTRAP` opens the
//! few unstable flags, so nobody needs a nightly.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use std::{slice, thread};

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

/// Runs every target, one a core at a time; one that finds something does not keep the others from running.
pub(crate) fn all(seconds: u32, seed: u32) -> Result<()> {
    let targets = targets()?;
    let waiting = Mutex::new(targets.iter());
    let failed = Mutex::new(Vec::new());
    let work = || {
        while let Some(target) = next(&waiting) {
            if let Err(error) = target.run_aside(seconds, seed) {
                println!("{error:#}");
                failed
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(target.name.as_str());
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !failed.is_empty() {
        bail!("fuzzing found something in: {}", failed.join(", "));
    }
    Ok(())
}

fn next<'targets>(waiting: &Mutex<slice::Iter<'targets, Target>>) -> Option<&'targets Target> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).next()
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
        shell::run(&mut self.command(seconds, seed)?).with_context(|| format!("fuzz target `{}`", self.name))
    }

    /// The same with the output in a file: others run beside it. Its end is shown, or all of it after a failure.
    fn run_aside(&self, seconds: u32, seed: u32) -> Result<()> {
        let path = Path::new(TARGET_DIR).join(format!("{}.log", self.name));
        let mut command = self.command(seconds, seed)?;
        let log = File::create(&path).with_context(|| format!("cannot create `{}`", path.display()))?;
        let started = Instant::now();
        let status = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .status()
            .with_context(|| format!("cannot start `{}`", shell::line(&command)))?;
        let log = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let log = String::from_utf8_lossy(&log);
        if !status.success() {
            bail!(
                "{log}\nfuzz target `{}`: `{}` ended with {status}",
                self.name,
                shell::line(&command)
            );
        }
        let runs = log
            .lines()
            .rfind(|line| line.starts_with("Done "))
            .context("the fuzzer did not say that it is done")?;
        println!(
            "{}: {runs} (built and run in {} s)",
            self.name,
            started.elapsed().as_secs()
        );
        Ok(())
    }

    fn command(&self, seconds: u32, seed: u32) -> Result<Command> {
        let corpus = Path::new(TARGET_DIR).join("corpus").join(&self.name);
        std::fs::create_dir_all(&corpus)?;
        let mut command = cargo_fuzz()?;
        // No sanitizer: unsafe code is denied, so it would find nothing and halve the speed.
        command
            .args([
                "run",
                "--sanitizer",
                "none",
                // What a target does not call need not be compiled.
                "--strip-dead-code",
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
        Ok(command)
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
    // Steps that measure time or wait for a browser may run beside it.
    let mut command = shell::as_if_alone(Command::new("nice"));
    command
        .arg(program)
        .arg("fuzz")
        .env("RUSTC_BOOTSTRAP", "1")
        // Each target alone would ask for other features of what they share, and a third of it was built twice.
        .env("CARGO_UNSTABLE_FEATURE_UNIFICATION", "true")
        .env("CARGO_RESOLVER_FEATURE_UNIFICATION", "workspace");
    Ok(command)
}

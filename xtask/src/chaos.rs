//! `cargo xtask chaos`: three real servers on one real PostgreSQL under a load of writes and resolves, and what may
//! happen to them: faults (`pg`), or the next release (`upgrade`).
//!
//! Judged all the time: no resolve fails, an acknowledged write is seen at once where it was acknowledged, no server
//! goes back to an older state, no update under `If-Match` is lost, and no write fails while nothing is wrong. At the
//! end every server holds the same rules, every acknowledged write is among them, and nothing is there that nobody
//! wrote.

mod clients;
mod faults;
mod findings;
mod replicas;
mod storm;
mod upgrade;
mod weather;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::server;
use clients::{Counter, Known, Prober, Resolver, Writer};
use findings::Findings;
use replicas::Replicas;
use weather::Weather;

const SCRATCH: &str = "target/xtask/chaos";
/// Clients of each kind that write.
const WRITERS: usize = 3;
/// How long a calm spell lasts: several writes of each client, and several looks of each prober.
const CALM: Duration = Duration::from_secs(3);
/// Far more than any back-off: who is not well after that does not recover by itself.
const WELL_WITHIN: Duration = Duration::from_secs(60);

/// Options of `chaos`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Three servers on one PostgreSQL: kill it, pause it, cut and freeze the ways to it, fill its disk
    Pg {
        /// How long, at least; every fault is there once in any case
        #[arg(long, default_value_t = 10)]
        minutes: u64,
        /// Where the random numbers begin; printed, so that a run can be repeated
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Replace three servers one by one by those of a next release, which migrates the database, and back
    Upgrade {
        /// Where the random numbers begin; printed, so that a run can be repeated
        #[arg(long)]
        seed: Option<u64>,
    },
}

/// Runs what the options say.
pub(crate) fn main(args: &Args) -> Result<()> {
    let seed = |seed: Option<u64>| seed.unwrap_or_else(|| fastrand::u64(..));
    match args.what {
        What::Pg {
            minutes,
            seed: chosen,
        } => {
            server::build_release()?;
            storm::run(Duration::from_secs(minutes * 60), seed(chosen))
        }
        What::Upgrade { seed: chosen } => upgrade::run(seed(chosen)),
    }
}

/// The short form, as `cargo xtask test` runs it: every fault once.
pub(crate) fn short(seed: u64) -> Result<()> {
    storm::run(Duration::ZERO, seed)
}

/// What all threads share.
struct World {
    replicas: Replicas,
    weather: Weather,
    findings: Findings,
    is_over: AtomicBool,
    /// Held by whoever writes, while it does; by all of them for a quiet moment.
    writing: RwLock<()>,
}

impl World {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed) || !self.findings.is_empty()
    }

    /// Waits, and no longer than anybody is interested.
    fn pause(&self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time && !self.is_over() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Leave to write.
    fn writing(&self) -> RwLockReadGuard<'_, ()> {
        self.writing.read().expect("nobody panics with it")
    }

    /// Waits until every server is well, and lets it be calm for a while, which begins with a moment in which nobody
    /// writes: a server that has missed something must find out by itself, and not by the next write.
    fn calm_down(&self) -> Result<()> {
        self.replicas.wait_until_well(WELL_WITHIN)?;
        {
            let _quiet = self.writing.write().expect("nobody panics with it");
            self.replicas.wait_until_equal(WELL_WITHIN)?;
        }
        self.weather.calm_down();
        self.pause(CALM);
        Ok(())
    }
}

/// A folder with nothing in it.
fn scratch() -> Result<&'static Path> {
    let scratch = Path::new(SCRATCH);
    if scratch.exists() {
        std::fs::remove_dir_all(scratch).with_context(|| format!("cannot empty `{}`", scratch.display()))?;
    }
    std::fs::create_dir_all(scratch)?;
    Ok(scratch)
}

/// Starts three servers of that program, has clients write and resolve while something happens, and judges. Fails with
/// the first finding.
fn under_load<T>(
    program: &Path,
    random: &mut fastrand::Rng,
    happen: impl FnOnce(&World, &mut fastrand::Rng) -> Result<T>,
) -> Result<(Known, T)> {
    let replicas = Replicas::start(Path::new(SCRATCH), program)?;
    clients::prepare(&replicas)?;
    let world = World {
        replicas,
        weather: Weather::default(),
        findings: Findings::default(),
        is_over: AtomicBool::new(false),
        writing: RwLock::default(),
    };
    let (known, happened) = std::thread::scope(|scope| {
        let world = &world;
        let writers: Vec<_> = (0..WRITERS)
            .map(|n| Writer::new(n, random.fork()))
            .map(|writer| scope.spawn(move || writer.run(world)))
            .collect();
        let counters: Vec<_> = (0..WRITERS)
            .map(|_| Counter::new(random.fork()))
            .map(|counter| scope.spawn(move || counter.run(world)))
            .collect();
        let resolvers: Vec<_> = (0..replicas::COUNT)
            .map(|n| scope.spawn(move || Resolver::run(n, world)))
            .collect();
        let prober = Prober::new(random.fork());
        let prober = scope.spawn(move || prober.run(world));
        let happened = happen(world, random);
        world.is_over.store(true, Ordering::Relaxed);
        let known = Known {
            writers: writers.into_iter().map(joined).collect(),
            counters: counters.into_iter().map(joined).collect(),
            resolvers: resolvers.into_iter().map(joined).collect(),
            prober: joined(prober),
        };
        (known, happened)
    });
    world.findings.first()?;
    let happened = happened?;
    world.replicas.wait_until_equal(WELL_WITHIN)?;
    known.check(&world.replicas)?;
    world.replicas.stop()?;
    Ok((known, happened))
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().expect("a client does not panic")
}

//! `cargo xtask chaos`: three real servers on one real PostgreSQL under a load of writes and reads, and what may
//! happen to them: faults (`pg`), or the next release (`upgrade`).
//!
//! Everything that a client asks for is taken down, and the history is judged as a whole when the run is over
//! (`history::check`): no read fails, no write is lost or comes from nowhere, no server goes back to an older state,
//! none is behind for more than a second and no write fails while nothing is wrong, and in the end every server holds
//! the same. What the servers do by themselves, one at a time does (`leases`).

mod clients;
mod faults;
mod figures;
mod history;
mod leases;
mod replicas;
mod storm;
mod upgrade;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::server;
use clients::{Client, Reader, WORK, Writer};
use figures::Figures;
use history::{Recorder, check::check};
use leases::Turns;
use replicas::{Program, Replicas};

const SCRATCH: &str = "target/xtask/chaos";
/// Where the history lies afterwards.
const HISTORY: &str = "history.jsonl";
/// How long a calm spell lasts: many writes of each client, and time for a server to be behind.
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
    /// Three servers on one PostgreSQL: kill it, pause it and them, cut and freeze the ways to it, fill its disk
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

/// The short form, as `cargo xtask test` runs it: every fault once, and an upgrade.
pub(crate) fn short(seed: u64) -> Result<()> {
    storm::run(Duration::ZERO, seed)?;
    upgrade::run(seed)
}

/// What all threads share.
struct World {
    replicas: Replicas,
    history: Recorder,
    is_over: AtomicBool,
    /// Held by whoever writes, while it does; by all of them for a quiet moment.
    writing: RwLock<()>,
}

/// What a run came to.
struct Ran {
    figures: Figures,
    turns: Turns,
}

impl World {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Waits, and no longer than the run goes on.
    fn pause(&self, time: Duration) {
        let began = Instant::now();
        while let Some(left) = time.checked_sub(began.elapsed())
            && !self.is_over()
        {
            std::thread::sleep(left.min(Duration::from_millis(20)));
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
        self.history.calm_down();
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

/// Starts three servers of that program, has clients write and read while something happens, and judges.
fn under_load<T>(
    program: Program<'_>,
    random: &mut fastrand::Rng,
    happen: impl FnOnce(&World, &mut fastrand::Rng) -> Result<T>,
) -> Result<(Ran, T)> {
    let world = World {
        replicas: Replicas::start(Path::new(SCRATCH), program)?,
        history: Recorder::start(),
        is_over: AtomicBool::new(false),
        writing: RwLock::default(),
    };
    clients::prepare(&world)?;
    let happened = std::thread::scope(|scope| {
        let world = &world;
        let mut numbers = 1..;
        let mut client = || Client::new(world, numbers.next().unwrap_or_default());
        for work in &WORK {
            for _ in 0..work.clients {
                let writer = Writer::new(client(), random.fork());
                scope.spawn(move || writer.run(work));
            }
        }
        for server in 0..replicas::COUNT {
            let reader = Reader::new(client(), server, random.fork());
            scope.spawn(move || reader.run());
        }
        let happened = happen(world, random);
        world.is_over.store(true, Ordering::Relaxed);
        happened
    });
    let equal = world.replicas.wait_until_equal(WELL_WITHIN);
    let last = Client::new(&world, 0);
    (0..replicas::COUNT).for_each(|server| drop(last.look(server)));
    let World {
        replicas, history, ..
    } = world;
    let history = history.end();
    let path = Path::new(SCRATCH).join(HISTORY);
    history.write(&path)?;
    let happened = happened?;
    equal?;
    let turns = leases::check(&replicas)?;
    let verdict = check(&history);
    let findings: Vec<_> = verdict.findings.iter().chain(&turns.findings).collect();
    findings.iter().for_each(|finding| println!("  FOUND: {finding}"));
    if let Some(first) = findings.first() {
        bail!("{first}; every operation stands in `{}`", path.display());
    }
    replicas.stop()?;
    let figures = Figures::of(&history, verdict);
    Ok((Ran { figures, turns }, happened))
}

impl Ran {
    fn print(&self) {
        self.figures.print();
        self.turns.print();
    }
}

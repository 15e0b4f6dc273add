//! `cargo xtask chaos pg`: three real servers on one real PostgreSQL, a load of writes and resolves, and faults.
//!
//! Between the faults there are calm spells, in which every write must succeed. What is judged all the time: no resolve
//! fails, an acknowledged write is seen at once where it was acknowledged, no server goes back to an older state, and
//! no update under `If-Match` is lost. At the end every server holds the same rules, every acknowledged write is among
//! them, and nothing is there that nobody wrote.

mod clients;
mod faults;
mod findings;
mod replicas;
mod weather;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::server;
use clients::{Counter, Prober, Resolver, Writer};
use faults::Fault;
use findings::Findings;
use replicas::Replicas;
use weather::Weather;

const SCRATCH: &str = "target/xtask/chaos";
/// Clients of each kind that write.
const WRITERS: usize = 3;
/// How long a calm spell lasts: several writes of each client, and several looks of each prober.
const CALM: Duration = Duration::from_secs(3);
/// Far more than any back-off: who is not well after that does not recover by itself.
const RECOVERED_WITHIN: Duration = Duration::from_secs(60);

/// Options of `chaos`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    store: Store,
}

#[derive(clap::Subcommand)]
enum Store {
    /// Three servers on one PostgreSQL: kill it, pause it, cut and freeze the ways to it, fill its disk
    Pg {
        /// How long, at least
        #[arg(long, default_value_t = 10)]
        minutes: u64,
        /// Where the random numbers begin; printed, so that a run can be repeated
        #[arg(long)]
        seed: Option<u64>,
    },
}

/// Runs as long as the options say.
pub(crate) fn main(args: &Args) -> Result<()> {
    let Store::Pg { minutes, seed } = args.store;
    server::build_release()?;
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    run(Duration::from_secs(minutes * 60), seed)
}

/// What all threads share.
struct World {
    replicas: Replicas,
    weather: Weather,
    findings: Findings,
    is_over: AtomicBool,
}

impl World {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed) || !self.findings.is_empty()
    }
}

/// Runs for that long at least, and until every fault was there once; fails if anything was found.
pub(crate) fn run(time: Duration, seed: u64) -> Result<()> {
    println!("chaos: {} s at least, seed {seed}", time.as_secs());
    let scratch = Path::new(SCRATCH);
    if scratch.exists() {
        std::fs::remove_dir_all(scratch).with_context(|| format!("cannot empty `{}`", scratch.display()))?;
    }
    std::fs::create_dir_all(scratch)?;
    let replicas = Replicas::start(scratch)?;
    clients::prepare(&replicas)?;
    let world = World {
        replicas,
        weather: Weather::default(),
        findings: Findings::default(),
        is_over: AtomicBool::new(false),
    };
    let mut random = fastrand::Rng::with_seed(seed);
    let (known, stormed) = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|n| Writer::new(n, random.fork()))
            .map(|writer| scope.spawn(|| writer.run(&world)))
            .collect();
        let counters: Vec<_> = (0..WRITERS)
            .map(|_| Counter::new(random.fork()))
            .map(|counter| scope.spawn(|| counter.run(&world)))
            .collect();
        let resolvers: Vec<_> = (0..replicas::COUNT)
            .map(|n| {
                scope.spawn({
                    let world = &world;
                    move || Resolver::run(n, world)
                })
            })
            .collect();
        let prober = scope.spawn({
            let random = random.fork();
            let world = &world;
            move || Prober::new(random).run(world)
        });
        let stormed = storm(&world, time, &mut random);
        world.is_over.store(true, Ordering::Relaxed);
        let known = clients::Known {
            writers: writers.into_iter().map(joined).collect(),
            counters: counters.into_iter().map(joined).collect(),
            resolvers: resolvers.into_iter().map(joined).collect(),
            prober: joined(prober),
        };
        (known, stormed)
    });
    world.findings.first()?;
    let spells = stormed?;
    known.check(&world.replicas)?;
    report(&known, &spells);
    world.replicas.stop()
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().expect("a client does not panic")
}

/// One fault that was there, and how long everybody took to be well after it.
struct Spell {
    fault: Fault,
    lasted: Duration,
    recovered: Duration,
}

/// Faults in a random order, each of them once before any comes again, with calm between.
fn storm(world: &World, time: Duration, random: &mut fastrand::Rng) -> Result<Vec<Spell>> {
    let began = Instant::now();
    let mut spells = Vec::new();
    let mut coming: Vec<Fault> = Vec::new();
    let is_short = time < Duration::from_secs(300);
    world.replicas.wait_until_well(RECOVERED_WITHIN)?;
    world.weather.calm_down();
    pause(world, CALM);
    loop {
        if coming.is_empty() {
            if began.elapsed() >= time && !spells.is_empty() {
                return Ok(spells);
            }
            coming = Fault::all();
            random.shuffle(&mut coming);
        }
        let Some(fault) = coming.pop().filter(|_| !world.is_over()) else {
            return Ok(spells);
        };
        let lasts = fault.lasts(is_short, random);
        world.weather.storm();
        let started = Instant::now();
        fault.happen(&world.replicas, random, || pause(world, lasts))?;
        let lasted = started.elapsed();
        let healed = Instant::now();
        let well = world.replicas.wait_until_well(RECOVERED_WITHIN);
        well.with_context(|| format!("after {}", fault.name()))?;
        let recovered = healed.elapsed();
        println!(
            "  {:<32} {:>5.1} s, all well after {:.1} s",
            fault.name(),
            lasted.as_secs_f64(),
            recovered.as_secs_f64()
        );
        spells.push(Spell {
            fault,
            lasted,
            recovered,
        });
        world.weather.calm_down();
        pause(world, CALM);
    }
}

/// Waits, and no longer than anybody is interested.
fn pause(world: &World, time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time && !world.is_over() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn report(known: &clients::Known, spells: &[Spell]) {
    println!(
        "\n{:<32} {:>5} {:>10} {:>14}",
        "fault", "times", "seconds", "well again"
    );
    for fault in Fault::all() {
        let mine = spells.iter().filter(|spell| spell.fault == fault);
        let lasted: f64 = mine.clone().map(|spell| spell.lasted.as_secs_f64()).sum();
        let slowest = mine
            .clone()
            .map(|spell| spell.recovered)
            .max()
            .unwrap_or_default();
        println!(
            "{:<32} {:>5} {lasted:>10.1} {:>10.1} s max",
            fault.name(),
            mine.count(),
            slowest.as_secs_f64()
        );
    }
    known.print();
}

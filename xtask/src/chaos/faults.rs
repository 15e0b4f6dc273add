//! What can go wrong between the servers and their database, one fault at a time.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use pg_test::{Loss, Proxy};

use super::leases;
use super::replicas::{COUNT, Replicas};
use super::{WELL_WITHIN, World};

/// How long a partition lasts from when the server says that it is not well.
const PARTITION_SHORT: Duration = Duration::from_secs(3);
/// In the long form.
const PARTITION_LONG: Duration = Duration::from_secs(60);
/// Whose turn it is not asks once a minute.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(20);

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The database is killed with all of its processes, and started again.
    Killed,
    /// The database answers nothing, and its connections stand.
    Paused,
    /// All connections end, and new ones are refused.
    Cut,
    /// Connections end when a transaction is about to be committed.
    CutBeforeCommit,
    /// Connections end when a commit has been sent, before anybody hears of it.
    CutAfterCommit,
    /// Notifications do not arrive.
    Unnotified,
    /// One server has no way to the database, and nobody tells it so.
    Partitioned,
    /// The server whose turn it is stands still.
    HolderPaused,
    /// The database has no room left.
    DiskFull,
}
use Fault::*;

impl Fault {
    pub(super) fn all() -> Vec<Self> {
        vec![
            Killed,
            Paused,
            Cut,
            CutBeforeCommit,
            CutAfterCommit,
            Unnotified,
            Partitioned,
            HolderPaused,
            DiskFull,
        ]
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Killed => "database killed and started",
            Paused => "database paused",
            Cut => "all connections cut",
            CutBeforeCommit => "connections cut before a commit",
            CutAfterCommit => "connections cut after a commit",
            Unnotified => "notifications dropped",
            Partitioned => "one server partitioned",
            HolderPaused => "server with the lease paused",
            DiskFull => "disk of the database full",
        }
    }

    /// Whether all that is promised while nothing is wrong is promised meanwhile: notifications only make it quicker.
    pub(super) fn is_calm(self) -> bool {
        self == Unnotified
    }

    /// How long it lasts.
    fn lasts(self, is_short: bool, random: &mut fastrand::Rng) -> Duration {
        let millis = match (self, is_short) {
            (Partitioned, true) => return PARTITION_SHORT,
            (Partitioned, false) => return PARTITION_LONG,
            (_, true) => random.u64(1_500..3_000),
            (_, false) => random.u64(1_000..12_000),
        };
        Duration::from_millis(millis)
    }

    /// Lets it happen, waits, and undoes it.
    pub(super) fn happen(self, world: &World, is_short: bool, random: &mut fastrand::Rng) -> Result<()> {
        let lasts = self.lasts(is_short, random);
        let wait = || world.pause(lasts);
        let replicas = &world.replicas;
        let (postgres, ways) = (&replicas.postgres, &replicas.ways);
        match self {
            Killed => {
                postgres.kill();
                wait();
                postgres.restart();
            }
            Paused => {
                postgres.pause();
                wait();
                postgres.resume();
            }
            Cut => {
                ways.iter().for_each(Proxy::cut);
                wait();
                ways.iter().for_each(Proxy::restore);
            }
            CutBeforeCommit => dropping(replicas, Loss::Commits, wait),
            CutAfterCommit => dropping(replicas, Loss::AnswersToCommits, wait),
            Unnotified => dropping(replicas, Loss::Notifications, wait),
            Partitioned => partition(replicas, random.usize(..COUNT), wait)?,
            HolderPaused => pause_holder(replicas, is_short, wait)?,
            DiskFull => {
                let ballast = postgres.fill();
                wait();
                drop(ballast);
                // Where it cannot write what it must write it ends, and somebody starts it again.
                postgres.restart();
            }
        }
        Ok(())
    }
}

/// Drops such messages on all ways for that time.
fn dropping(replicas: &Replicas, what: Loss, wait: impl Fn()) {
    replicas.ways.iter().for_each(|way| way.lose(Some(what)));
    wait();
    replicas.ways.iter().for_each(|way| way.lose(None));
}

/// Lets nothing pass between a server and the database. It says that it is not well, and has soon caught up afterwards.
fn partition(replicas: &Replicas, n: usize, wait: impl Fn()) -> Result<()> {
    let way = &replicas.ways[n];
    way.freeze();
    let told = await_unwell(replicas, n);
    wait();
    let others = (0..COUNT).filter(|other| *other != n);
    let others = others.map(|other| Ok(replicas.health(other)?.revision));
    let newest = others.collect::<Result<Vec<_>>>()?.into_iter().max();
    way.restore();
    told?;
    let restored = Instant::now();
    while Some(replicas.health(n)?.revision) < newest {
        if restored.elapsed() > WELL_WITHIN {
            let seconds = WELL_WITHIN.as_secs();
            bail!("server {n} has not caught up {seconds} s after a partition");
        }
        std::thread::sleep(POLL);
    }
    println!(
        "  server {n} has caught up {:.2} s after the partition's end",
        restored.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Waits until the server says that it is not well, and prints how long that took.
fn await_unwell(replicas: &Replicas, n: usize) -> Result<()> {
    let frozen = Instant::now();
    while replicas.health(n)?.is_well {
        if frozen.elapsed() > WELL_WITHIN {
            bail!("server {n} has no way to the database, and says that all is well");
        }
        std::thread::sleep(POLL);
    }
    println!(
        "  server {n} has said that it is not well {:.2} s after the partition began",
        frozen.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Lets the server stand still whose turn it is. In the long form its turn runs out meanwhile, and another one takes it.
fn pause_holder(replicas: &Replicas, is_short: bool, wait: impl Fn()) -> Result<()> {
    let Some(n) = leases::holder(&replicas.database) else {
        bail!("it is nobody's turn");
    };
    replicas.pause(n)?;
    wait();
    let taken_over = match is_short {
        true => Ok(()),
        false => await_takeover(replicas, n),
    };
    replicas.resume(n)?;
    taken_over
}

fn await_takeover(replicas: &Replicas, n: usize) -> Result<()> {
    leases::expire(&replicas.database);
    let expired = Instant::now();
    while leases::holder(&replicas.database) == Some(n) {
        if expired.elapsed() > TAKEN_OVER_WITHIN {
            bail!("nobody takes the turn of server {n}, which stands still");
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

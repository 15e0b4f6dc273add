//! What can go wrong between the servers and their database, one fault at a time.

use std::time::Duration;

use anyhow::Result;
use pg_test::{Loss, Proxy};

use super::replicas::Replicas;

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
            DiskFull => "disk of the database full",
        }
    }

    /// How long it lasts: in the long run a partition lasts a minute.
    pub(super) fn lasts(self, is_short: bool, random: &mut fastrand::Rng) -> Duration {
        let millis = match is_short {
            true => random.u64(1_500..3_000),
            false if self == Partitioned => 60_000,
            false => random.u64(1_000..12_000),
        };
        Duration::from_millis(millis)
    }

    /// Lets it happen, waits, and undoes it.
    pub(super) fn happen(
        self,
        replicas: &Replicas,
        random: &mut fastrand::Rng,
        wait: impl Fn(),
    ) -> Result<()> {
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
            Partitioned => {
                let way = &ways[random.usize(..ways.len())];
                way.freeze();
                wait();
                way.restore();
            }
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

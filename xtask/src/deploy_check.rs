//! `cargo xtask deploy-check`: what `deploy` and `scripts` promise, looked at on a real Kubernetes.
//!
//! It uses the cluster that runs, or starts one of its own (`docs/cluster.md`). Each part makes its own namespaces, and
//! removes them.

mod app;
mod canary;
mod doctor;
mod fault;
mod histories;
mod images;
mod kinds;
mod load;
mod network;
mod overlays;
mod policies;
mod restored;
mod rollouts;
mod stuck;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::cluster::{self, Running};
use crate::{shell, test};

const SCRATCH: &str = "target/xtask/deploy-check";
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Options of `deploy-check`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Check only these
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART,…")]
    only: Vec<Part>,
    /// Put this static binary into the images, in place of compiling one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What can be checked by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Whether each overlay is taken, gets ready and comes back from a bad rollout, and what asks for more is refused
    Overlays,
    /// Whom the network policies let through
    Policies,
    /// Rollouts under load, good ones and bad ones
    Rollouts,
    /// A canary that fails requests is found out and removed, a good one is promoted: a quarter of an hour
    Canary,
    /// Random histories of rollouts: running the rollback script several times is running it once
    Histories,
}

/// In the order in which they run.
const PARTS: &[Part] = &[
    Part::Overlays,
    Part::Policies,
    Part::Rollouts,
    Part::Canary,
    Part::Histories,
];

pub(crate) fn main(args: &Args) -> Result<()> {
    test::provide_for("deploy-check")?;
    cluster::with(|cluster| {
        PARTS
            .iter()
            .filter(|part| args.only.is_empty() || args.only.contains(part))
            .try_for_each(|part| part.run(cluster, args.binary.as_deref()))
    })
}

/// All parts.
pub(crate) fn step() -> Result<()> {
    cluster::with(|cluster| PARTS.iter().try_for_each(|part| part.run(cluster, None)))
}

impl Part {
    fn run(self, cluster: &Running<'_>, binary: Option<&Path>) -> Result<()> {
        let scratch = Path::new(SCRATCH);
        std::fs::create_dir_all(scratch)?;
        let began = Instant::now();
        match self {
            Self::Overlays => overlays::run(cluster, scratch, binary).context("overlays"),
            Self::Policies => policies::run(cluster, scratch).context("network policies"),
            Self::Rollouts => rollouts::run(cluster, scratch, binary).context("rollouts"),
            Self::Canary => canary::run(cluster, scratch, binary).context("canary"),
            Self::Histories => histories::run(cluster).context("histories of rollouts"),
        }?;
        println!("{self:?}: as they should be, in {} s", began.elapsed().as_secs());
        Ok(())
    }
}

/// Tries until it succeeds; fails with the last reason.
fn until<T>(what: &'static str, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(error) if began.elapsed() > PATIENCE => return Err(error.context(what)),
            Err(_) => std::thread::sleep(Duration::from_millis(200)),
            Ok(done) => return Ok(done),
        }
    }
}

/// Namespaces that are removed with all that is in them.
struct Namespaces<'c> {
    cluster: &'c Running<'c>,
    names: Vec<&'static str>,
}

impl Drop for Namespaces<'_> {
    fn drop(&mut self) {
        let mut command = self
            .cluster
            .kubectl(["delete", "namespace", "--ignore-not-found"]);
        if !shell::succeeds(command.args(&self.names).arg("--timeout=120s")) {
            println!("the namespaces {} do not go", self.names.join(", "));
        }
    }
}

//! `cargo xtask deploy`: an image, by its digest, into a cluster; each step a task of its own.
//!
//! Invariant: what a failed deployment has changed is taken back, and nothing else: a rollback looks first whether the
//! image that it is called for is in force.

mod analysis;
mod cluster;
mod manifests;
mod prometheus;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Subcommand, ValueEnum};

use crate::cluster::Access;
use crate::release::pipeline::{optional, variable};
use crate::release::registry::{Images, check_digest};
use crate::shell;
use analysis::Verdict;
use cluster::Cluster;
use manifests::Author;

/// Options of `deploy`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Let one pod of the new image take its share of the requests, and judge it by them (`DIGEST`, `PROMETHEUS`)
    Canary {
        /// Where to
        environment: Environment,
    },
    /// Roll the image out, wait for its pods, and see that they answer (`DIGEST`, `VERSION`, `PUBLIC_URL`)
    Apply {
        /// Where to
        environment: Environment,
    },
    /// Go back to the image before, if this one is in force (`DIGEST`)
    Rollback {
        /// Where
        environment: Environment,
    },
    /// Open an issue that says what failed (`DIGEST`)
    Notify {
        /// Where
        environment: Environment,
    },
}

/// Where an image goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Environment {
    Staging,
    Production,
}

const DEPLOYMENT: &str = "asset-injector";
const CANARY: &str = "asset-injector-canary";
const ROLLED_OUT_WITHIN: Duration = Duration::from_secs(600);
/// Between two looks at a canary.
const LOOK_EVERY: Duration = Duration::from_secs(30);

impl Environment {
    fn name(self) -> &'static str {
        match self {
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Staging => "asset-injector-staging",
            Self::Production => "asset-injector",
        }
    }
}

/// Takes one of the steps.
pub(crate) fn main(args: &Args) -> Result<()> {
    let digest = variable("DIGEST")?;
    check_digest(&digest)?;
    let image = format!("{}@{digest}", Images::of_environment()?.name);
    match args.action {
        Action::Canary { environment } => {
            let cluster = Cluster::of_environment(environment)?;
            canary(&cluster, &image, optional("PROMETHEUS").as_deref())
        }
        Action::Apply { environment } => {
            let cluster = Cluster::of_environment(environment)?;
            apply(&cluster, &image)?;
            answers(&cluster)
        }
        Action::Rollback { environment } => rollback(&Cluster::of_environment(environment)?, &image),
        Action::Notify { environment } => notify(environment, &image),
    }
}

/// Promotes nothing by itself: it ends well if the image may be rolled out.
fn canary(cluster: &Cluster, image: &str, prometheus: Option<&str>) -> Result<()> {
    let Some(stable) = cluster.image_of(DEPLOYMENT)? else {
        println!("nothing runs there yet that a canary could be compared with");
        return Ok(());
    };
    let prometheus = prometheus.context("`PROMETHEUS` is not set, and a canary is judged by what it saw")?;
    let text = cluster.render(&stable, image, 1, &Author::of_environment())?;
    cluster.apply(&manifests::of_canary(&text))?;
    try_out(cluster, prometheus)
}

/// Judges the canary that production has been given already, and takes it away.
pub(crate) fn judge_canary(access: &Access, prometheus: &str) -> Result<()> {
    let folder = Path::new("target/deploy/judged");
    let mut cluster = Cluster::new(Environment::Production, &access.kubectl, folder)?;
    cluster.keep_access(&access.kubeconfig)?;
    try_out(&cluster, prometheus)
}

/// Waits for the canary, judges it, and takes it away.
fn try_out(cluster: &Cluster, prometheus: &str) -> Result<()> {
    let judged = cluster
        .wait_for(CANARY, ROLLED_OUT_WITHIN)
        .and_then(|()| judge(cluster, prometheus));
    let removed = cluster.scale(CANARY, 0);
    judged?;
    removed
}

/// Looks again and again until there is a verdict.
fn judge(cluster: &Cluster, prometheus: &str) -> Result<()> {
    let started = Instant::now();
    loop {
        let elapsed = started.elapsed();
        let seen = prometheus::look(cluster, prometheus, elapsed)?;
        match analysis::verdict(elapsed, &seen) {
            Verdict::Wait(reason) => println!("after {} s: {reason}", elapsed.as_secs()),
            Verdict::Promote => {
                println!("the canary is as good as what runs: {seen:?}");
                return Ok(());
            }
            Verdict::Remove(reason) => bail!("the canary is removed: {reason}"),
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn apply(cluster: &Cluster, image: &str) -> Result<()> {
    let text = cluster.render(image, image, 0, &Author::of_environment())?;
    cluster.apply(&text)?;
    cluster.wait_for(DEPLOYMENT, ROLLED_OUT_WITHIN)?;
    let found = cluster.image_of(DEPLOYMENT)?;
    ensure!(
        found.as_deref() == Some(image),
        "{found:?} is in force, and not `{image}`"
    );
    Ok(())
}

/// Asks a pod through the API server, and the public address if there is one.
fn answers(cluster: &Cluster) -> Result<()> {
    let forward = cluster.forward(DEPLOYMENT)?;
    let ask = |url: &str, options: &[&str]| {
        let mut check = shell::command("scripts/health-check.sh", [url, "--timeout", "60"]);
        shell::run(check.args(options))
    };
    ask(&format!("http://{}/health/ready", forward.address), &[])?;
    if let Some(version) = optional("VERSION") {
        let url = format!("http://{}/v1/version", forward.address);
        ask(&url, &["--expect-version", &version])?;
    }
    if let Some(url) = optional("PUBLIC_URL") {
        ask(&format!("{}/health/ready", url.trim_end_matches('/')), &[])?;
    }
    Ok(())
}

fn rollback(cluster: &Cluster, image: &str) -> Result<()> {
    if cluster.image_of(DEPLOYMENT)?.as_deref() != Some(image) {
        println!("`{image}` is not in force, so there is nothing to take back");
        return Ok(());
    }
    let mut command = cluster.with_access(shell::command(
        "scripts/rollback.sh",
        ["--deployment", DEPLOYMENT],
    ));
    command.args(["--namespace", cluster.environment.namespace()]);
    if let Some(run) = Author::of_environment().run {
        command.env("NOTIFY_NOTE", run);
    }
    shell::run(&mut command)
}

fn notify(environment: Environment, image: &str) -> Result<()> {
    let name = environment.name();
    let run = Author::of_environment().run.unwrap_or_default();
    let title = format!("Deployment to {name} failed");
    let body = format!(
        "`{image}` could not be deployed to {name}.\n\n\
         What it had changed is taken back, if there was something to go back to: see the run.\n\n{run}\n"
    );
    shell::run(&mut shell::command(
        "gh",
        ["issue", "create", "--title", &title, "--body", &body],
    ))
}

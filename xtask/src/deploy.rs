//! `cargo xtask deploy`: an image, by its digest, into a cluster; each step a task of its own.
//!
//! Invariant: what a failed deployment has changed is taken back, and nothing else: a rollback looks first whether the
//! Deployment is another one than before, and whether the image that it is called for is in force.

mod analysis;
mod cluster;
mod manifests;
mod notice;
mod ownership;
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
use notice::Notice;
use prometheus::Prometheus;

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
    /// Take the canary away, whoever has left it there
    RemoveCanary {
        /// Where
        environment: Environment,
    },
    /// Roll the image out, wait for its pods, and see that they answer (`DIGEST`, `VERSION`, `PUBLIC_URL`)
    Apply {
        /// Where to
        environment: Environment,
    },
    /// Go back to what was there before `apply`, if that has changed it (`DIGEST`)
    Rollback {
        /// Where
        environment: Environment,
    },
    /// Open an issue that says what failed, and tell webhooks (`DIGEST`, `NOTIFY_SLACK_URL`, `NOTIFY_DISCORD_URL`, `NOTIFY_WEBHOOK_URL`)
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
/// The `CronJob` that runs what the Deployment runs, where an overlay has one, and its container.
const BACKUP: &str = "asset-injector-backup";
const BACKUP_CONTAINER: &str = "backup";
const ROLLED_OUT_WITHIN: Duration = Duration::from_secs(600);
/// So many looks in a row that see nothing, five minutes of them, end a canary: who cannot be judged is not promoted.
const BLIND_LOOKS_MAX: u32 = 10;

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
        Action::RemoveCanary { environment } => remove_canary(&Cluster::of_environment(environment)?),
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
    let prometheus = Prometheus::at(prometheus)?;
    let text = cluster.render(&stable, image, 1, &Author::of_environment())?;
    cluster.apply(&manifests::of_canary(&text))?;
    try_out(cluster, &prometheus)
}

/// Judges the canary that production has been given already, and takes it away.
pub(crate) fn judge_canary(access: &Access, prometheus: &str) -> Result<()> {
    let folder = Path::new("target/deploy/judged");
    let mut cluster = Cluster::new(Environment::Production, &access.kubectl, folder)?;
    cluster.keep_access(&access.kubeconfig)?;
    try_out(&cluster, &Prometheus::at(prometheus)?)
}

/// Gives production what was rendered, as a deployment does.
pub(crate) fn give(access: &Access, rendered: &str) -> Result<()> {
    let folder = Path::new("target/deploy/given");
    let mut cluster = Cluster::new(Environment::Production, &access.kubectl, folder)?;
    cluster.keep_access(&access.kubeconfig)?;
    cluster.take_over(DEPLOYMENT)?;
    cluster.apply(rendered)
}

/// Waits for the canary, judges it, and takes it away.
fn try_out(cluster: &Cluster, prometheus: &Prometheus) -> Result<()> {
    let judged = cluster
        .wait_for(CANARY, ROLLED_OUT_WITHIN)
        .and_then(|()| judge(cluster, prometheus));
    let removed = cluster.scale(CANARY, 0);
    judged?;
    removed
}

/// Takes away the canary that somebody may have left: who was to judge it was cut off, or the whole run was.
fn remove_canary(cluster: &Cluster) -> Result<()> {
    if cluster.image_of(CANARY)?.is_none() {
        println!("there is no canary");
        return Ok(());
    }
    cluster.scale(CANARY, 0)
}

/// Looks again and again until there is a verdict, or nothing to be seen.
fn judge(cluster: &Cluster, prometheus: &Prometheus) -> Result<()> {
    let started = Instant::now();
    let mut blind_looks = 0;
    loop {
        let elapsed = started.elapsed();
        match prometheus.look(cluster, elapsed) {
            Ok(seen) => {
                blind_looks = 0;
                match analysis::verdict(elapsed, &seen) {
                    Verdict::Wait(reason) => println!("after {} s: {reason}", elapsed.as_secs()),
                    Verdict::Promote => {
                        println!("the canary is as good as what runs: {seen:?}");
                        return Ok(());
                    }
                    Verdict::Remove(reason) => bail!("the canary is removed: {reason}"),
                }
            }
            Err(error) => {
                blind_looks += 1;
                let reason = format!("after {} s Prometheus is not to be asked", elapsed.as_secs());
                if blind_looks == BLIND_LOOKS_MAX {
                    return Err(error.context(reason));
                }
                println!("{reason}: {error:#}");
            }
        }
        std::thread::sleep(prometheus.every);
    }
}

fn apply(cluster: &Cluster, image: &str) -> Result<()> {
    cluster.remember(DEPLOYMENT)?;
    let text = cluster.render(image, image, 0, &Author::of_environment())?;
    cluster.take_over(DEPLOYMENT)?;
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
    // The same image may have been in force before: to go back then would be to leave what was good.
    if !cluster.has_changed(DEPLOYMENT)? {
        println!("nothing was changed, so there is nothing to take back");
        return Ok(());
    }
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
    shell::run(&mut command)?;
    cluster.set_image(BACKUP, BACKUP_CONTAINER, DEPLOYMENT)
}

fn notify(environment: Environment, image: &str) -> Result<()> {
    let name = environment.name();
    let run = Author::of_environment().run.unwrap_or_default();
    let title = format!("Deployment to {name} failed");
    let text = format!(
        "`{image}` could not be deployed to {name}. Its canary is removed, and what it had changed is taken back, if \
         there was something to go back to."
    );
    let folder = Path::new("target/deploy");
    std::fs::create_dir_all(folder)?;
    let notice = Notice {
        environment: name,
        image,
        run: &run,
        text: &text,
    };
    notice.tell(optional, folder);
    let body = format!("{text}\n\n{run}\n");
    shell::run(&mut shell::command(
        "gh",
        ["issue", "create", "--title", &title, "--body", &body],
    ))
}

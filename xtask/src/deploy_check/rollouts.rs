//! Rollouts under load: good ones lose no request, bad ones stop and are taken back.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::app::{App, DEPLOYMENT, PRODUCTION, Release};
use super::fault::Fault;
use super::images::{CRASHING, NAME, Program, commit};
use super::load::{self, Answers, Way};
use super::{kinds, until};
use crate::cluster::Running;
use crate::shell;

const REPLICAS: usize = 3;
/// The node that is drained; the client is on the other one.
const NODE: &str = "n2";
const OTHER_NODE: &str = "n1";
const VERSIONS: [u32; 4] = [1, 2, 3, 4];
const ROLLED_OUT_WITHIN_SECONDS: u32 = 180;
/// A good rollout takes less for its first pod.
const STUCK_AFTER_SECONDS: u32 = 30;
const BACK_WITHIN_SECONDS: u32 = 60;

/// Names another Secret.
const NO_DATABASE: &str = "{ target: { kind: Deployment, name: asset-injector }, patch: '{ apiVersion: apps/v1, \
    kind: Deployment, metadata: { name: asset-injector }, spec: { template: { spec: { containers: [{ \
    name: asset-injector, env: [{ name: DATABASE_URL, valueFrom: { secretKeyRef: { name: no-database } } }] }] } } } }' }";

/// A release that cannot serve.
struct Bad {
    name: &'static str,
    release: Release<'static>,
    /// What is wrong with it.
    fault: Fault,
}

const BAD: [Bad; 4] = [
    Bad {
        name: "an image that ends at once",
        release: Release::of(CRASHING),
        // By the signal SIGSEGV.
        fault: Fault::Exits(139, ""),
    },
    Bad {
        name: "an image that nobody has",
        release: Release::of("nowhere"),
        fault: Fault::Waits("ImagePullBackOff"),
    },
    Bad {
        name: "a setting that is wrong",
        release: Release {
            setting: "PORT=none",
            ..Release::of("3")
        },
        fault: Fault::Exits(2, "PORT=`none` (environment): allowed: a number from 0 to 65535"),
    },
    Bad {
        name: "a database that is not there",
        release: Release {
            patch: NO_DATABASE,
            ..Release::of("4")
        },
        fault: Fault::Unready("HTTP probe failed with statuscode: 503"),
    },
];

pub(super) fn run(cluster: &Running<'_>, scratch: &Path, binary: Option<&Path>) -> Result<()> {
    kinds::install(cluster)?;
    let program = Program::find(binary)?;
    program.load(cluster, scratch, &VERSIONS)?;
    let app = App::prepare(cluster, scratch, &program, PRODUCTION)?;
    app.deploy(Release::of("1"))?;
    app.scale(REPLICAS)?;
    let client = app.start_client(scratch)?;
    let way = Way {
        from: &client,
        to: app.address()?,
    };
    load::during(&way, |answers| {
        answers.wait_for(&commit(1))?;
        canary(&app, answers)?;
        good_ones(&app, answers)?;
        numbers_of_pods(&app)?;
        drain(&app, answers)?;
        back(&app, answers, 3)
    })?;
    load::during(&way, |answers| {
        BAD.iter()
            .try_for_each(|bad| bad.is_taken_back(&app, answers).context(bad.name))
    })
}

/// One pod of a new version beside the others gets its share of the requests, and none when it is gone.
fn canary(app: &App<'_>, answers: &Answers) -> Result<()> {
    let deployment = format!("deployment/{DEPLOYMENT}-canary");
    let image = format!("{DEPLOYMENT}={NAME}:2");
    app.kubectl(&["set", "image", &deployment, &image])?;
    app.kubectl(&["scale", &deployment, "--replicas=1"])?;
    let timeout = format!("--timeout={ROLLED_OUT_WITHIN_SECONDS}s");
    app.kubectl(&["rollout", "status", &deployment, &timeout])?;
    // Connections that are kept stay where they are, so the share moves around that of the pods.
    let share = answers.share_of(&commit(2))?;
    ensure!(
        (5..=50).contains(&share),
        "one of four pods gets {share} % of the requests"
    );
    app.kubectl(&["scale", &deployment, "--replicas=0"])?;
    answers.wait_for(&commit(1))?;
    println!("  a canary, one of four pods, had {share} % of the requests, and then none");
    Ok(())
}

fn good_ones(app: &App<'_>, answers: &Answers) -> Result<()> {
    for version in &VERSIONS[1..] {
        app.deploy(Release::of(&version.to_string()))?;
        app.rolled_out(ROLLED_OUT_WITHIN_SECONDS)?;
        answers.wait_for(&commit(*version))?;
        println!("  version {version} is rolled out");
    }
    Ok(())
}

fn numbers_of_pods(app: &App<'_>) -> Result<()> {
    for replicas in [REPLICAS + 2, REPLICAS - 1, REPLICAS] {
        app.scale(replicas)?;
        println!("  there are {replicas} pods");
    }
    Ok(())
}

/// Brings all pods onto one node, one after the other.
fn gather(app: &App<'_>) -> Result<()> {
    let node = |word: &str| shell::output(&mut app.cluster.kubectl([word, OTHER_NODE])).map(drop);
    node("cordon")?;
    for pod in app.pods("{.metadata.name} {.spec.nodeName}")? {
        let (name, on) = pod.split_once(' ').context("a pod has a node")?;
        if on == OTHER_NODE {
            app.kubectl(&["delete", "pod", name])?;
            until("the pod that takes its place is not ready", || {
                let ready = app.pods("{.status.conditions[?(@.type=='Ready')].status}")?;
                ensure!(ready == ["True"; REPLICAS], "{ready:?}");
                Ok(())
            })?;
        }
    }
    node("uncordon")
}

/// Empties a node, as for its maintenance: the budget has it wait for one pod after the other.
fn drain(app: &App<'_>, answers: &Answers) -> Result<()> {
    gather(app)?;
    let mut command = app.cluster.kubectl(["drain", NODE, "--delete-emptydir-data"]);
    let draining = command
        .args(["--ignore-daemonsets", "--timeout=180s"])
        .arg("--pod-selector=app.kubernetes.io/name=asset-injector")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let drained = std::thread::spawn(|| draining.wait_with_output());
    let mut fewest = REPLICAS;
    while !drained.is_finished() {
        let path = "--output=jsonpath={.status.availableReplicas}";
        let told = app.kubectl(&["get", "deployment", DEPLOYMENT, path])?;
        fewest = fewest.min(told.parse().unwrap_or(0));
        std::thread::sleep(Duration::from_millis(100));
    }
    let drained = drained.join().expect("it only waits")?;
    shell::output(&mut app.cluster.kubectl(["uncordon", NODE]))?;
    let said = String::from_utf8_lossy(&drained.stderr);
    ensure!(drained.status.success(), "the node is not drained: {said}");
    ensure!(
        said.contains("violate the pod's disruption budget"),
        "the budget held nothing up: {said}"
    );
    let nodes = app.pods("{.spec.nodeName}")?;
    ensure!(!nodes.iter().any(|on| on == NODE), "pods are left on the node");
    ensure!(fewest + 1 >= REPLICAS, "only {fewest} pods were available");
    app.rolled_out(ROLLED_OUT_WITHIN_SECONDS)?;
    answers.wait_for(&commit(4))?;
    println!("  a node with all pods is drained, never fewer than {fewest} were available");
    Ok(())
}

/// Runs the rollback script, and looks at the version that it leads to.
fn back(app: &App<'_>, answers: &Answers, version: u32) -> Result<()> {
    let began = Instant::now();
    let told = app.rollback(BACK_WITHIN_SECONDS)?;
    let took = began.elapsed();
    ensure!(told.starts_with("rolled back "), "the script said `{told}`");
    answers.wait_for(&commit(version))?;
    println!("  rolled back to version {version} in {} s", took.as_secs());
    Ok(())
}

impl Bad {
    /// The rollout stops, the pods of before serve on, and the script takes it back.
    fn is_taken_back(&self, app: &App<'_>, answers: &Answers) -> Result<()> {
        app.deploy(self.release)?;
        ensure!(app.rolled_out(STUCK_AFTER_SECONDS).is_err(), "it was rolled out");
        until("it was not rolled out for another reason", || {
            self.fault.is_seen(app)
        })?;
        answers.wait_for(&commit(3))?;
        println!("  {} was not rolled out, and version 3 serves on", self.name);
        back(app, answers, 3)
    }
}

//! The step `cluster`: brings a cluster up, looks whether it is one, and looks whether anything is left of it afterwards.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::guard::Guard;
use super::inhabitants::Inhabitants;
use super::leftovers::Machine;
use super::places::{Places, filled};
use super::{NODES, build, control_plane, load, up};
use crate::shell;
use crate::test::Outcome;

const SCRATCH: &str = "target/xtask/cluster";
const IMAGE: &str = "registry.local/check:1";
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const NAMESPACE: &str = include_str!("check.yaml");
const POD: &str = include_str!("check-pod.yaml");
const POLICY: &str = include_str!("check-policy.yaml");
/// Both clients ask from the other node; the policy knows one of them.
const PODS: &[(&str, &str)] = &[("server", "n1"), ("friend", "n2"), ("stranger", "n2")];

/// Runs the check where it can run.
pub(crate) fn step() -> Result<Outcome> {
    let places = Places::find()?;
    if !build::is_done(&places) {
        let help = "the cluster's programs are not built; `cargo xtask cluster build` does it";
        return Ok(Outcome::Skipped(help.to_owned()));
    }
    if !rustix::process::geteuid().is_root() {
        return Ok(Outcome::Skipped("a cluster needs root".to_owned()));
    }
    ensure!(
        !places.state.exists(),
        "there is a cluster already\nhelp: `cargo xtask cluster down` first"
    );
    let before = Machine::look(&places)?;
    let scratch = Path::new(SCRATCH);
    fs::create_dir_all(scratch)?;
    let guard = Guard::begin()?;
    let checked = up(&places, NODES).and_then(|()| check(&places, scratch));
    if checked.is_err() {
        keep_logs(&places, scratch)?;
    }
    let inhabitants = Inhabitants::look(&places)?;
    let ended = guard
        .end()
        .and_then(|()| before.wait_for_return(&places, &inhabitants));
    if let (Err(_), Err(error)) = (&checked, &ended) {
        println!("{error:#}");
    }
    checked.and(ended)?;
    println!("the cluster has left nothing behind");
    Ok(Outcome::Passed)
}

fn check(places: &Places, scratch: &Path) -> Result<()> {
    let archive = scratch.join("image.tar");
    build::write_image(places, IMAGE, &std::path::absolute(&archive)?)?;
    load(places, &archive)?;
    control_plane::apply(places, NAMESPACE)?;
    for (name, node) in PODS {
        let pod = pod(name, node, false)?;
        // The namespace gets its service account a moment later than it is there.
        until("a pod is not taken", || {
            control_plane::apply(places, &pod).map(drop)
        })?;
    }
    refused_if_privileged(places)?;
    until("the pods are not ready", || {
        let words = [
            "wait",
            "--namespace=check",
            "--for=condition=Ready",
            "pod",
            "--all",
            "--timeout=5s",
        ];
        shell::output(&mut places.kubectl(words)).map(drop)
    })?;
    println!("{} pods are ready", PODS.len());
    names(places)?;
    policy(places)?;
    metrics(places)
}

fn pod(name: &str, node: &str, privileged: bool) -> Result<String> {
    let privileged = privileged.to_string();
    filled(
        POD,
        &[("name", name), ("node", node), ("privileged", &privileged)],
    )
}

/// Pod Security holds what the namespace asks for.
fn refused_if_privileged(places: &Places) -> Result<()> {
    let Err(error) = control_plane::apply(places, &pod("privileged", "n1", true)?) else {
        bail!("a privileged pod was taken in a restricted namespace");
    };
    let message = error.to_string();
    ensure!(message.contains("violates PodSecurity \"restricted"), "{message}");
    println!("a privileged pod is refused");
    Ok(())
}

/// A pod asks the server by the name of its service; returns who answered.
fn ask(places: &Places, client: &str) -> Result<String> {
    get(places, client, "http://server.check.svc.cluster.local/")
}

fn get(places: &Places, client: &str, url: &str) -> Result<String> {
    let words = ["exec", "--namespace=check", client, "--", "/pod", "get", url];
    shell::output(&mut places.kubectl(words))
}

/// A service is found by its name, and leads to its pod on another node.
fn names(places: &Places) -> Result<()> {
    for client in ["friend", "stranger"] {
        until("the service does not answer", || {
            let told = ask(places, client)?;
            ensure!(told.trim() == "server", "`{told}` answered");
            Ok(())
        })?;
    }
    println!("a service answers by its name");
    Ok(())
}

/// The policy lets the friend through and nobody else.
fn policy(places: &Places) -> Result<()> {
    control_plane::apply(places, POLICY)?;
    until("the policy is not in force", || {
        ensure!(ask(places, "stranger").is_err(), "the stranger gets through");
        Ok(())
    })?;
    for _ in 0..3 {
        ask(places, "friend").context("the policy keeps out whom it names")?;
        ensure!(ask(places, "stranger").is_err(), "the stranger gets through");
    }
    // What it does not say that the server may send, it may not.
    let address = shell::output(&mut places.kubectl([
        "get",
        "pod",
        "--namespace=check",
        "friend",
        "--output=jsonpath={.status.podIP}",
    ]))?;
    let url = format!("http://{}:8080/", address.trim());
    ensure!(
        get(places, "server", &url).is_err(),
        "the server may send what the policy does not name"
    );
    get(places, "stranger", &url).context("a pod without a policy cannot be reached")?;
    println!("a network policy is enforced");
    Ok(())
}

fn metrics(places: &Places) -> Result<()> {
    until("there are no metrics", || {
        let told = shell::output(&mut places.kubectl(["top", "pods", "--namespace=check", "--no-headers"]))?;
        ensure!(
            told.lines().count() == PODS.len(),
            "metrics of some pods only:\n{told}"
        );
        Ok(())
    })?;
    println!("the metrics of the pods are there");
    Ok(())
}

/// Tries until it succeeds; fails with the last reason.
fn until(what: &'static str, mut attempt: impl FnMut() -> Result<()>) -> Result<()> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(error) if began.elapsed() > PATIENCE => return Err(error.context(what)),
            Err(_) => std::thread::sleep(Duration::from_millis(200)),
            Ok(()) => return Ok(()),
        }
    }
}

/// The logs would go with the cluster.
fn keep_logs(places: &Places, scratch: &Path) -> Result<()> {
    let mut folders = vec![("host".to_owned(), places.logs())];
    folders.extend((1..=NODES).map(|node| (super::places::node_name(node), places.node(node).join("log"))));
    for (name, folder) in folders.into_iter().filter(|(_, folder)| folder.exists()) {
        let into = scratch.join(name);
        if into.exists() {
            fs::remove_dir_all(&into)?;
        }
        shell::output(std::process::Command::new("cp").arg("-r").arg(folder).arg(into))?;
    }
    println!("the logs are in `{}`", scratch.display());
    Ok(())
}

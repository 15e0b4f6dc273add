//! A node: namespaces of its own for mounts, network, processes and names, and in them containerd, kubelet, kube-proxy.
//!
//! Invariant: when the first process of a node ends, the kernel ends and takes away everything of it.

pub(super) mod inside;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use serde_json::Value;

use super::machine::{self, ip};
use super::places::{
    BRIDGE, DNS_SERVICE, PAUSE, PODS, Places, SERVICES, cgroup, fill, node_address, node_name, node_pods,
};
use super::process::Process;
use crate::shell;

/// The socket of containerd, as seen from inside.
const CONTAINERD: &str = "/run/containerd/containerd.sock";
/// Some seconds on an idle machine.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// Each with the name of the file that it becomes.
const SETTINGS: &[(&str, &str)] = &[
    (include_str!("containerd.toml"), "containerd.toml"),
    (include_str!("kubelet.yaml"), "kubelet.yaml"),
    (include_str!("kube-proxy.yaml"), "kube-proxy.yaml"),
    (include_str!("pods.conflist"), "cni/10-pods.conflist"),
];

fn process(places: &Places, node: u8) -> Process<'_> {
    Process::new(places, node_name(node))
}

/// Makes the namespaces, connects them, and leads what is meant for the pods there; does what is missing of that where an
/// earlier start was interrupted.
pub(super) fn start(places: &Places, node: u8, nodes: u8) -> Result<()> {
    let process = process(places, node);
    if process.id().is_none() {
        write_settings(places, node)?;
        machine::make_groups(node)?;
        let first = places.node(node).join("first-process");
        if first.exists() {
            fs::remove_file(&first)?;
        }
        // The kernel may not have come to the one of a process that has ended.
        machine::delete_link(places, &link(node))?;
        process.start(&first_command(places, node, nodes))?;
    }
    let id = process.wait(READY_WITHIN, || first_process(places, node))?;
    connect(places, node, id)
}

/// Makes the namespaces, and runs this program in them.
fn first_command(places: &Places, node: u8, nodes: u8) -> Command {
    let mut command = places.command("unshare");
    command
        .args([
            "--mount",
            "--net",
            "--pid",
            "--uts",
            "--ipc",
            "--propagation=private",
        ])
        .args(["--fork", "--kill-child=KILL"])
        // This program, also where its file was replaced by a build while it runs.
        .arg(format!("/proc/{}/exe", std::process::id()))
        .args(["cluster", "node", &node.to_string(), &nodes.to_string()]);
    command
}

/// The end of a node's link that the host has.
fn link(node: u8) -> String {
    format!("{BRIDGE}-{}", node_name(node))
}

/// Gives the node its link, and leads to it what is meant for its pods.
fn connect(places: &Places, node: u8, first_process: i32) -> Result<()> {
    let link = link(node);
    if !machine::has_link(&link) {
        ip(
            places,
            &format!("link add {link} type veth peer name eth0 netns {first_process}"),
        )?;
    }
    ip(places, &format!("link set {link} master {BRIDGE} up"))?;
    let address = node_address(node);
    ip(
        places,
        &format!("route replace {} via {address}", node_pods(node)),
    )?;
    if node == 1 {
        ip(places, &format!("route replace {SERVICES} via {address}"))?;
    }
    Ok(())
}

/// The number that the host knows the first process of a node by.
pub(super) fn first_process(places: &Places, node: u8) -> Result<i32> {
    let path = places.node(node).join("first-process");
    let told = fs::read_to_string(&path).with_context(|| format!("{} has not begun", node_name(node)))?;
    told.parse().context("a process has a number")
}

/// Waits until the node is ready for pods.
pub(super) fn wait(places: &Places, node: u8) -> Result<()> {
    let ready = "--output=jsonpath={.status.conditions[?(@.type=='Ready')].status}";
    process(places, node).wait(READY_WITHIN, || {
        let told = shell::output(&mut places.kubectl(["get", "node", &node_name(node), ready]))?;
        ensure!(
            told == "True",
            "{} is not ready; what runs in it writes into `{}`",
            node_name(node),
            places.node(node).join("log").display()
        );
        Ok(())
    })
}

/// Ends the node and everything in it.
pub(super) fn stop(places: &Places, node: u8) -> Result<()> {
    process(places, node).stop(Signal::KILL)
}

/// The number of the node's process, if it runs.
pub(super) fn id(places: &Places, node: u8) -> Option<i32> {
    process(places, node).id()
}

/// Loads the images of an archive into the node; returns their names.
pub(super) fn load(places: &Places, node: u8, archive: &Path) -> Result<Vec<String>> {
    ensure!(
        id(places, node).is_some(),
        "{} does not run\nhelp: `cargo xtask cluster up`",
        node_name(node)
    );
    let mut command = places.command("nsenter");
    command
        .arg(format!("--target={}", first_process(places, node)?))
        .args(["--mount", "--net", "--pid", "--uts", "--ipc", "ctr"])
        .args(import_words(archive));
    // What it prints on the way depends on how quick it is.
    shell::output(&mut command)?;
    names(archive)
}

/// The names of the images in an OCI archive.
fn names(archive: &Path) -> Result<Vec<String>> {
    let index = shell::output(Command::new("tar").arg("-xOf").arg(archive).arg("index.json"))?;
    let index: Value = serde_json::from_str(&index).context("its index is no JSON")?;
    let images = index["manifests"].as_array().map_or(&[][..], Vec::as_slice);
    let name = |image: &Value| {
        let notes = &image["annotations"];
        let known = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
        known
            .iter()
            .find_map(|key| notes[key].as_str())
            .map(str::to_owned)
    };
    let names: Vec<_> = images.iter().filter_map(name).collect();
    ensure!(!names.is_empty(), "`{}` has no image", archive.display());
    Ok(names)
}

/// What `ctr` is told to import an archive where the kubelet looks for images.
fn import_words(archive: &Path) -> Vec<&OsStr> {
    let words = ["--address", CONTAINERD, "--namespace=k8s.io", "images", "import"];
    let words = words.into_iter().map(OsStr::new);
    words.chain([archive.as_os_str()]).collect()
}

fn write_settings(places: &Places, node: u8) -> Result<()> {
    let folder = places.node(node);
    for name in ["cni", "containerd", "kubelet", "log"] {
        fs::create_dir_all(folder.join(name))?;
    }
    let runc = shell::output(Command::new("sh").args(["-c", "PATH=$PATH:/usr/sbin:/sbin command -v runc"]))
        .context("there is no runc")?;
    let limits = fs::read_to_string("/proc/self/limits")?;
    let files = limits.lines().find(|line| line.starts_with("Max open files"));
    let files = files.and_then(|line| line.split_whitespace().nth(4));
    let certificates = places.certificates();
    let values = [
        ("name", &*node_name(node)),
        ("address", &*node_address(node)),
        ("pods", &node_pods(node)),
        ("all-pods", PODS),
        ("dns", DNS_SERVICE),
        ("pause", PAUSE),
        ("cgroup", &cgroup(node)),
        ("containerd", CONTAINERD),
        ("runc", runc.trim()),
        ("files", files.context("no limit of open files")?),
        ("folder", &folder.to_string_lossy()),
        ("certificates", &certificates.to_string_lossy()),
        ("programs", &places.programs.to_string_lossy()),
        ("state", &places.state.to_string_lossy()),
    ];
    SETTINGS
        .iter()
        .try_for_each(|(template, name)| fill(template, &values, &folder.join(name)))
}

//! What the first process of a node does: it makes the node's mounts and addresses its own, keeps three programs
//! running, and takes note of whatever ends.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{WaitOptions, wait};

use super::{CONTAINERD, import_words};
use crate::cluster::machine::{KUBELET, ip};
use crate::cluster::places::{HOST, Places, node_address, node_name, node_pods};
use crate::shell;

const READY_WITHIN: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(50);

/// A program that is started again whenever it ends.
struct Program {
    name: &'static str,
    command: Command,
    log: PathBuf,
    id: u32,
}

/// Runs the node; returns only if it cannot.
pub(in crate::cluster) fn run(places: &Places, node: u8, nodes: u8) -> Result<()> {
    let folder = places.node(node);
    announce(&folder)?;
    mount(places, node)?;
    connect(places, node, nodes)?;
    let log = |name| folder.join("log").join(format!("{name}.log"));
    let mut containerd = Program {
        name: "containerd",
        command: places.command("containerd"),
        log: log("containerd"),
        id: 0,
    };
    containerd
        .command
        .arg("--config")
        .arg(folder.join("containerd.toml"));
    containerd.start()?;
    let archive = places.pause_archive();
    until(|| {
        ensure!(Path::new(CONTAINERD).exists(), "containerd does not listen");
        shell::output(places.command("ctr").args(import_words(&archive)))
    })?;
    let mut kubelet = places.command("kubelet");
    kubelet
        .arg(format!("--config={}", folder.join("kubelet.yaml").display()))
        .arg(format!("--hostname-override={}", node_name(node)))
        .arg(format!("--node-ip={}", node_address(node)))
        .arg(format!("--root-dir={KUBELET}"))
        .arg("--kubeconfig")
        .arg(places.state.join(format!("{}.kubeconfig", node_name(node))));
    let mut proxy = places.command("kube-proxy");
    proxy.arg(format!("--config={}", folder.join("kube-proxy.yaml").display()));
    let mut programs = vec![containerd];
    for (name, command) in [("kubelet", kubelet), ("kube-proxy", proxy)] {
        let mut program = Program {
            name,
            command,
            log: log(name),
            id: 0,
        };
        program.start()?;
        programs.push(program);
    }
    keep(&mut programs)
}

/// Tells the host our number. What `/proc` shows is still the host's view.
fn announce(folder: &Path) -> Result<()> {
    let told = fs::read_to_string("/proc/self/stat")?;
    let id = told.split(' ').next().unwrap_or_default();
    let (unfinished, path) = (folder.join("first-process.new"), folder.join("first-process"));
    fs::write(&unfinished, id)?;
    Ok(fs::rename(unfinished, path)?)
}

/// Hides the host's folders behind the node's own.
fn mount(places: &Places, node: u8) -> Result<()> {
    let folder = places.node(node);
    let run = |words: &[&std::ffi::OsStr]| shell::output(places.command("mount").args(words)).map(drop);
    let word = std::ffi::OsStr::new;
    // The kubelet shares mounts with its pods.
    run(&[word("--make-rshared"), word("/")])?;
    run(&[word("--types=proc"), word("proc"), word("/proc")])?;
    run(&[
        word("--types=tmpfs"),
        word("--options=mode=755"),
        word("run"),
        word("/run"),
    ])?;
    run(&[word("--bind"), folder.join("kubelet").as_os_str(), word(KUBELET)])?;
    run(&[word("--bind"), folder.join("log").as_os_str(), word("/var/log")])?;
    shell::output(places.command("hostname").arg(node_name(node))).map(drop)
}

/// Waits for the link that the host gives, and leads packets over it.
fn connect(places: &Places, node: u8, nodes: u8) -> Result<()> {
    until(|| ip(places, "link show dev eth0"))?;
    ip(places, "link set lo up")?;
    ip(places, &format!("address add {}/24 dev eth0", node_address(node)))?;
    ip(places, "link set eth0 up")?;
    ip(places, &format!("route add default via {HOST}"))?;
    for other in (1..=nodes).filter(|other| *other != node) {
        let (pods, address) = (node_pods(other), node_address(other));
        ip(places, &format!("route add {pods} via {address}"))?;
    }
    // This file is the node's own.
    Ok(fs::write("/proc/sys/net/ipv4/ip_forward", "1")?)
}

/// Starts again what ends. The first process inherits what has lost its parent, and takes note of its end.
fn keep(programs: &mut [Program]) -> Result<()> {
    loop {
        let Some((ended, status)) = wait(WaitOptions::empty())? else {
            continue;
        };
        let ended = ended.as_raw_nonzero().get().unsigned_abs();
        if let Some(program) = programs.iter_mut().find(|program| program.id == ended) {
            eprintln!("{} ended with {status:?} and starts again", program.name);
            // One that ends at once every time would take a core.
            std::thread::sleep(Duration::from_secs(1));
            program.start()?;
        }
    }
}

impl Program {
    fn start(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let child = self
            .command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.name))?;
        self.id = child.id();
        Ok(())
    }
}

/// Tries until it succeeds; fails with the last reason.
fn until<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(error) if began.elapsed() > READY_WITHIN => return Err(error),
            Err(_) => std::thread::sleep(POLL),
            Ok(done) => return Ok(done),
        }
    }
}

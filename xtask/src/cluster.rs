//! `cargo xtask cluster`: a real Kubernetes on this machine, without a container engine, for tests of what runs in one.
//!
//! The control plane runs on the host, and each node in namespaces of its own; `docs/cluster.md` tells more. Everything
//! lies in one folder ([`places`]), and what changes on the machine itself is in one module ([`machine`]).

mod build;
mod certificates;
mod check;
mod control_plane;
mod guard;
mod inhabitants;
mod leftovers;
mod machine;
mod node;
mod places;
mod process;
mod running;
mod status;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

pub(crate) use build::KUBERNETES;
pub(crate) use check::step;
use guard::Guard;
use inhabitants::Inhabitants;
use places::Places;
pub(crate) use places::{BRIDGE, HOST, filled};
pub(crate) use running::{Access, POD_IMAGE, Running};

/// Enough for pods to be on different ones, and for one of them to be drained.
const NODES: u8 = 2;

/// Options of `cluster`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(clap::Subcommand)]
enum Task {
    /// Build everything that the cluster runs, once (a quarter of an hour on two cores)
    Build,
    /// Start the cluster, or what is missing of it
    Up {
        /// How many nodes
        #[arg(long, default_value_t = NODES, value_parser = clap::value_parser!(u8).range(1..=9))]
        nodes: u8,
    },
    /// End the cluster, and leave nothing of it but the programs
    Down,
    /// Say what runs
    Status {
        /// For people or for programs
        #[arg(long, value_enum, default_value_t = status::Format::Table)]
        format: status::Format,
    },
    /// Load the images of an OCI archive into every node
    Load {
        /// The archive
        archive: PathBuf,
    },
    /// Be the first process of a node
    #[command(hide = true)]
    Node { node: u8, nodes: u8 },
    /// End the cluster when the command that started it for itself has ended
    #[command(hide = true)]
    Guard,
}

pub(crate) fn main(args: &Args) -> Result<()> {
    let places = Places::find()?;
    match &args.task {
        Task::Build => build::run(&places),
        Task::Up { nodes } => {
            up(&places, *nodes)?;
            let kubeconfig = places.kubeconfig();
            println!("\nexport KUBECONFIG={}", kubeconfig.display());
            println!("export PATH={}:$PATH", places.programs.display());
            println!("kubectl get nodes");
            println!("cargo xtask cluster load ARCHIVE");
            println!("cargo xtask cluster down");
            Ok(())
        }
        Task::Down => down(&places),
        Task::Status { format } => status::print(&places, *format),
        Task::Load { archive } => load(&places, archive),
        Task::Guard => {
            guard::wait()?;
            // Whoever has started it may not have come to the cluster.
            if places.state.exists() {
                down(&places)
            } else {
                Ok(())
            }
        }
        Task::Node { node, nodes } => node::inside::run(&places, *node, *nodes),
    }
}

/// Does the work with the cluster of this machine. One that does not run is started for it, and ended afterwards, also
/// where the command is interrupted.
pub(crate) fn with(work: impl FnOnce(&Running<'_>) -> Result<()>) -> Result<()> {
    let places = Places::find()?;
    let known = node_count(&places)?;
    if known > 0 {
        up(&places, known)?;
        return work(&Running(&places));
    }
    require_root()?;
    let guard = Guard::begin()?;
    let worked = up(&places, NODES).and_then(|()| work(&Running(&places)));
    let ended = guard.end();
    worked.and(ended)
}

/// Starts what does not run.
fn up(places: &Places, nodes: u8) -> Result<()> {
    require_root()?;
    ensure!(
        build::is_done(places),
        "the programs are not built\nhelp: `cargo xtask cluster build`"
    );
    let began = Instant::now();
    for folder in [places.state.join("run"), places.logs()] {
        fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    }
    match node_count(places)? {
        0 => fs::write(places.state.join("nodes"), nodes.to_string())?,
        known if known == nodes => {}
        known => bail!("there is a cluster of {known} nodes\nhelp: `cargo xtask cluster down` first"),
    }
    certificates::make(places, nodes)?;
    machine::remember(places)?;
    machine::connect(places)?;
    println!("cluster: starting the control plane");
    control_plane::start(places)?;
    println!("cluster: starting {nodes} nodes");
    for node in 1..=nodes {
        node::start(places, node, nodes)?;
    }
    control_plane::start_services(places)?;
    for node in 1..=nodes {
        node::wait(places, node)?;
    }
    control_plane::start_policies(places, nodes)?;
    println!("cluster: up in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// Ends everything, also what is left of a start that failed.
fn down(places: &Places) -> Result<()> {
    require_root()?;
    if !places.state.exists() {
        println!("cluster: there is none");
        return Ok(());
    }
    let inhabitants = Inhabitants::in_namespaces(places)?;
    for node in 1..=node_count(places)? {
        node::stop(places, node)?;
    }
    control_plane::stop(places)?;
    // Whoever has only entered a namespace does not end with it, and keeps it.
    inhabitants.end();
    machine::disconnect(places)?;
    machine::remove_groups()?;
    machine::restore(places)?;
    fs::remove_dir_all(&places.state)
        .with_context(|| format!("cannot remove `{}`", places.state.display()))?;
    println!("cluster: down");
    Ok(())
}

fn load(places: &Places, archive: &Path) -> Result<()> {
    require_root()?;
    // A node has another working directory, and sees the same files.
    let archive = archive
        .canonicalize()
        .with_context(|| format!("cannot read `{}`", archive.display()))?;
    let nodes = node_count(places)?;
    ensure!(nodes > 0, "there is no cluster\nhelp: `cargo xtask cluster up`");
    for node in 1..=nodes {
        for image in node::load(places, node, &archive)? {
            println!("{}: {image}", places::node_name(node));
        }
    }
    Ok(())
}

/// How many nodes the cluster has; none if there is no cluster.
fn node_count(places: &Places) -> Result<u8> {
    match fs::read_to_string(places.state.join("nodes")) {
        Ok(told) => told.parse().context("`nodes` is a number"),
        Err(_) => Ok(0),
    }
}

fn require_root() -> Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "namespaces, links and control groups need root"
    );
    Ok(())
}

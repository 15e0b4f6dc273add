//! What runs of the cluster.

use anyhow::Result;
use serde_json::json;

use super::control_plane::PARTS;
use super::places::{Places, node_name};
use super::process::Process;
use super::{build, node, node_count};

/// How it is told.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Format {
    /// A table
    Table,
    /// One JSON object
    Json,
}

/// A part of the cluster, and the number of its process if it runs.
struct Part {
    name: String,
    process: Option<i32>,
}

pub(super) fn print(places: &Places, format: Format) -> Result<()> {
    let parts = parts(places)?;
    let kubeconfig = places.kubeconfig();
    match format {
        Format::Json => {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| json!({ "name": part.name, "process": part.process }))
                .collect();
            let told = json!({
                "programs": places.programs,
                "built": build::is_done(places),
                "kubeconfig": kubeconfig.exists().then_some(kubeconfig),
                "parts": parts,
            });
            println!("{}", serde_json::to_string_pretty(&told)?);
        }
        Format::Table => {
            let built = if build::is_done(places) {
                "built"
            } else {
                "not built"
            };
            println!("programs    {} ({built})", places.programs.display());
            if !kubeconfig.exists() {
                println!("there is no cluster");
                return Ok(());
            }
            println!("kubeconfig  {}\n", kubeconfig.display());
            println!("{:<20} {:>8}", "part", "process");
            for Part { name, process } in parts {
                let process = process.map_or_else(|| "ended".to_owned(), |id| id.to_string());
                println!("{name:<20} {process:>8}");
            }
        }
    }
    Ok(())
}

/// The parts that the cluster has; none if there is no cluster.
fn parts(places: &Places) -> Result<Vec<Part>> {
    let nodes = node_count(places)?;
    if nodes == 0 {
        return Ok(Vec::new());
    }
    let of_host = PARTS.iter().map(|&name| Part {
        name: name.to_owned(),
        process: Process::new(places, name).id(),
    });
    let of_nodes = (1..=nodes).map(|node| Part {
        name: node_name(node),
        process: node::id(places, node),
    });
    Ok(of_host.chain(of_nodes).collect())
}

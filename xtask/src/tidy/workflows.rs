//! The rules of the workflows, read as a graph of jobs: what each may, what it runs, and what waits for it.
//!
//! actionlint and zizmor know what is wrong in any repository; here is what is wrong in this one.

mod delivery;
mod deployments;
mod graph;
mod jobs;
mod steps;
#[cfg(test)]
mod tests;
mod turns;

use super::yaml::{self, Node};
use super::{File, Finding, Tree};

pub(super) use delivery::{digests, order};
pub(super) use deployments::deployments;
pub(super) use jobs::{edges, pipeline, rights, time_outs, triggers};
pub(super) use steps::{pins, scripts, tokens, uploads};
pub(super) use turns::turns;

/// A file of a folder `.github/workflows`.
struct Workflow<'a> {
    file: &'a File,
    root: Node,
}

/// Every workflow that can be read, and those of examples too; `triggers` names the others.
fn all(tree: &Tree) -> impl Iterator<Item = Workflow<'_>> {
    files(tree).filter_map(|file| {
        let root = yaml::parse(&file.text)?;
        Some(Workflow { file, root })
    })
}

fn files(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.texts().filter(|file| {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folder.ends_with(".github/workflows")
    })
}

impl Workflow<'_> {
    fn jobs(&self) -> &[(String, Node)] {
        self.root.get("jobs").map_or(&[], Node::entries)
    }

    /// The steps of all jobs, each with its job's name.
    fn steps(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.jobs().iter().flat_map(|(name, job)| {
            let steps = job.get("steps").map_or(&[][..], Node::items);
            steps.iter().map(move |step| (name.as_str(), step))
        })
    }

    /// Whether it is our own, and no example for others.
    fn is_ours(&self) -> bool {
        self.file.path.starts_with(".github/")
    }

    fn finding(&self, at: &Node, message: impl Into<String>, remedy: &str) -> Finding {
        Finding::new(self.file, at.line, message, remedy)
    }
}

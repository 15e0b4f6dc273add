//! The jobs of a workflow and of those that it calls, as one graph.

use super::super::Tree;
use super::super::yaml::Node;
use super::{Workflow, all};

/// What makes a job run although one that it waits for has failed.
const IN_SPITE: &[&str] = &["always()", "failure()", "cancelled()"];

/// A workflow with every call replaced by the jobs that are called.
pub(super) struct Graph<'a> {
    pub(super) jobs: Vec<Job<'a>>,
}

/// A job, called `caller/job` where another workflow calls its own.
pub(super) struct Job<'a> {
    pub(super) name: String,
    pub(super) node: &'a Node,
    pub(super) workflow: &'a Workflow<'a>,
    /// The jobs without which it does not run, by their places in the graph.
    needs: Vec<usize>,
}

/// The workflows of a tree that are ours, for graphs of them.
pub(super) fn ours(tree: &Tree) -> Vec<Workflow<'_>> {
    all(tree).filter(Workflow::is_ours).collect()
}

impl<'a> Graph<'a> {
    /// The graph of the workflow with this file name; none where there is no such file.
    pub(super) fn of(workflows: &'a [Workflow<'a>], file: &str) -> Option<Self> {
        let workflow = named(workflows, file)?;
        let mut graph = Self { jobs: Vec::new() };
        graph.add(workflows, workflow, "", &[]);
        Some(graph)
    }

    /// Adds a workflow's jobs, which all wait for those; returns their places.
    fn add(&mut self, all: &'a [Workflow<'a>], workflow: &'a Workflow<'a>, prefix: &str, after: &[usize]) {
        let mut places: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut left: Vec<_> = workflow.jobs().iter().collect();
        // In the order of what they wait for; what waits for nothing that exists is another rule's matter.
        while !left.is_empty() {
            let is_ready = |(_, job): &&(String, Node)| {
                let needed = words(job, "needs");
                needed
                    .iter()
                    .all(|name| places.iter().any(|(known, _)| known == name))
            };
            let next = left.iter().position(is_ready).unwrap_or(0);
            let (name, node) = left.remove(next);
            let mut needs = after.to_vec();
            let condition = text(node, "if").unwrap_or_default();
            if !IN_SPITE.iter().any(|word| condition.contains(word)) {
                for needed in words(node, "needs") {
                    let known = places.iter().find(|(known, _)| *known == needed);
                    needs.extend(known.into_iter().flat_map(|(_, places)| places));
                }
            }
            let begin = self.jobs.len();
            // Of what is called by what is called a graph of its own tells.
            let path = text(node, "uses").filter(|_| prefix.is_empty());
            let called = path.and_then(|path| named(all, path.rsplit('/').next()?));
            match called {
                Some(called) => self.add(all, called, &format!("{prefix}{name}/"), &needs),
                None => self.jobs.push(Job {
                    name: format!("{prefix}{name}"),
                    node,
                    workflow,
                    needs,
                }),
            }
            places.push((name, (begin..self.jobs.len()).collect()));
        }
    }

    /// The job that runs this task, if there is just one.
    pub(super) fn runs(&self, task: &str) -> Option<usize> {
        let mut found = (0..self.jobs.len()).filter(|&place| self.jobs[place].step(task).is_some());
        found.next().filter(|_| found.next().is_none())
    }

    /// Every job without which this one does not run.
    pub(super) fn before(&self, place: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut left = vec![place];
        while let Some(next) = left.pop() {
            for &needed in &self.jobs[next].needs {
                if !found.contains(&needed) {
                    found.push(needed);
                    left.push(needed);
                }
            }
        }
        found
    }
}

impl Job<'_> {
    pub(super) fn steps(&self) -> &[Node] {
        self.node.get("steps").map_or(&[], Node::items)
    }

    /// The step that runs this task of the task runner.
    pub(super) fn step(&self, task: &str) -> Option<&Node> {
        let script = format!("cargo xtask {task}");
        self.steps()
            .iter()
            .find(|step| text(step, "run") == Some(&script))
    }

    /// A variable as this step sees it.
    pub(super) fn variable<'b>(&'b self, step: &'b Node, name: &str) -> Option<&'b str> {
        let of = |node: &'b Node| node.get("env")?.get(name)?.text();
        of(step).or_else(|| of(self.node))
    }
}

fn named<'a>(workflows: &'a [Workflow<'a>], file: &str) -> Option<&'a Workflow<'a>> {
    let path = format!(".github/workflows/{file}");
    workflows.iter().find(|workflow| workflow.file.path == path)
}

/// The text under a key.
pub(super) fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::text)
}

/// The words under a key, one or a list.
pub(super) fn words<'a>(node: &'a Node, key: &str) -> Vec<&'a str> {
    node.get(key).map_or_else(Vec::new, Node::words)
}

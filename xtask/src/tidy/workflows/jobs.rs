//! Rules about jobs: when they run, what they may, how long, and what waits for what.

use super::super::yaml::{self, Node};
use super::super::{Finding, Tree};
use super::steps::FAIL;
use super::{Workflow, all, files};

const PIPELINE: &str = ".github/workflows/ci.yml";
/// The job that stands for all others where a branch is protected.
const GATE: &str = "required";
/// The condition under which the gate fails, word for word.
const NOT_SUCCEEDED: &str = "contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled') || \
                             contains(needs.*.result, 'skipped')";
/// They run with the rights of the repository, on what strangers sent.
const DANGEROUS: &[&str] = &["pull_request_target", "workflow_run"];
/// Minutes after which nothing useful comes any more.
const MINUTES_MAX: u32 = 120;

/// Has every workflow be readable, start by itself only where that is safe, and not run twice at a time.
pub(in super::super) fn triggers(tree: &Tree) -> Vec<Finding> {
    let unread = files(tree).filter(|file| yaml::parse(&file.text).is_none());
    let mut findings: Vec<_> = unread
        .map(|file| {
            let remedy = "keep to plain YAML, without anchors, aliases and tags";
            Finding::new(file, 1, "no workflow that can be read", remedy)
        })
        .collect();
    for workflow in all(tree) {
        match workflow.root.get("on") {
            None => {
                let remedy = "say when it runs";
                findings.push(workflow.finding(&workflow.root, "no `on`", remedy));
            }
            Some(on) => {
                for word in on.words().into_iter().filter(|word| DANGEROUS.contains(word)) {
                    let message = format!("`{word}` runs with our rights on what strangers sent");
                    findings.push(workflow.finding(on, message, "use `pull_request`"));
                }
            }
        }
        let concurrency = workflow.root.get("concurrency");
        if concurrency.and_then(|value| value.get("group")).is_none() {
            let remedy = "say with `concurrency` what must not run twice at a time";
            findings.push(workflow.finding(&workflow.root, "no `concurrency` with a group", remedy));
        }
    }
    findings
}

/// Has every workflow begin without rights, every job name its own, and no checkout leave the token behind.
pub(in super::super) fn rights(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workflow in all(tree) {
        let top = workflow.root.get("permissions");
        if !top.is_some_and(|rights| rights.is_map() && rights.entries().is_empty()) {
            let remedy = "write `permissions: {}` at the top, and let each job name what it needs";
            findings.push(workflow.finding(top.unwrap_or(&workflow.root), "rights for every job", remedy));
        }
        for (name, job) in workflow.jobs() {
            if !job.get("permissions").is_some_and(Node::is_map) {
                let message = format!("job `{name}` does not say what it may");
                findings.push(workflow.finding(job, message, "list its `permissions` one by one"));
            }
        }
        for (_, step) in workflow.steps() {
            let is_checkout = uses(step).is_some_and(|action| action.starts_with("actions/checkout@"));
            let keeps = step.get("with").and_then(|with| with.get("persist-credentials"));
            if is_checkout && keeps.and_then(Node::text) != Some("false") {
                let remedy = "add `persist-credentials: false`";
                findings.push(workflow.finding(step, "the token stays in the checkout", remedy));
            }
        }
    }
    findings
}

fn uses(step: &Node) -> Option<&str> {
    step.get("uses").and_then(Node::text)
}

/// Has every job end, on a system that does not change under it.
pub(in super::super) fn time_outs(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workflow in all(tree) {
        // A job that calls another workflow has its limits there.
        for (name, job) in workflow
            .jobs()
            .iter()
            .filter(|(_, job)| job.get("uses").is_none())
        {
            let limit = job.get("timeout-minutes").and_then(Node::text);
            let minutes = limit.and_then(|text| text.parse::<u32>().ok());
            if !minutes.is_some_and(|minutes| (1..=MINUTES_MAX).contains(&minutes)) {
                let message = format!("job `{name}` has no time-out of 1 to {MINUTES_MAX} minutes");
                findings.push(workflow.finding(job, message, "add `timeout-minutes`"));
            }
            let system = job.get("runs-on").and_then(Node::text);
            if system.is_none_or(|system| system.ends_with("latest")) {
                let message = format!("job `{name}` runs on a system that changes under it");
                findings.push(workflow.finding(job, message, "name its version, such as `ubuntu-24.04`"));
            }
        }
    }
    findings
}

/// Has each job wait only for jobs that exist, and the gate for all of them, whatever became of them.
pub(in super::super) fn edges(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workflow in all(tree) {
        let names: Vec<_> = workflow.jobs().iter().map(|(name, _)| name.as_str()).collect();
        for (name, job) in workflow.jobs() {
            for needed in needs(job).into_iter().filter(|needed| !names.contains(needed)) {
                let message = format!("job `{name}` waits for `{needed}`, which does not exist");
                findings.push(workflow.finding(job, message, "correct the name"));
            }
        }
        if workflow.file.path == PIPELINE {
            findings.extend(gate(&workflow, &names));
        }
    }
    findings
}

fn needs(job: &Node) -> Vec<&str> {
    job.get("needs").map_or_else(Vec::new, Node::words)
}

fn gate(workflow: &Workflow<'_>, names: &[&str]) -> Vec<Finding> {
    let Some((_, job)) = workflow.jobs().iter().find(|(name, _)| name == GATE) else {
        let remedy = "add one that needs every other job";
        return vec![workflow.finding(&workflow.root, format!("no job `{GATE}`"), remedy)];
    };
    let mut findings = Vec::new();
    let needed = needs(job);
    for name in names
        .iter()
        .filter(|name| **name != GATE && !needed.contains(*name))
    {
        let message = format!("`{GATE}` does not wait for `{name}`");
        findings.push(workflow.finding(job, message, "add it to its `needs`"));
    }
    if job.get("if").and_then(Node::text) != Some("always()") {
        let message = format!("`{GATE}` is skipped, and so no failure, when another job fails");
        findings.push(workflow.finding(job, message, "add `if: always()`"));
    }
    let fails = |step: &Node| {
        let condition = step.get("if").and_then(Node::text);
        let run = step.get("run").and_then(Node::text);
        condition == Some(NOT_SUCCEEDED) && run == Some(FAIL) && step.get("continue-on-error").is_none()
    };
    let steps = job.get("steps").map_or(&[][..], Node::items);
    if !steps.iter().any(fails) || job.get("continue-on-error").is_some() {
        let message = format!("`{GATE}` does not fail with every job that did not succeed");
        let remedy = format!("`{FAIL}` if {NOT_SUCCEEDED}");
        findings.push(workflow.finding(job, message, &remedy));
    }
    findings
}

/// Has the pipeline run each job of `cargo xtask ci`, under its name, and nothing that may fail unseen.
pub(in super::super) fn pipeline(tree: &Tree) -> Vec<Finding> {
    let Some(workflow) = all(tree).find(|workflow| workflow.file.path == PIPELINE) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let known = crate::ci::job_names();
    for name in &known {
        let job = workflow.jobs().iter().find(|(job, _)| job == name);
        let line = format!("cargo xtask ci {name}");
        let runs = job.is_some_and(|(_, job)| {
            let steps = job.get("steps").map_or(&[][..], Node::items);
            let scripts: Vec<_> = steps.iter().filter_map(|step| step.get("run")).collect();
            scripts.len() == 1 && scripts[0].text() == Some(&line) && !may_be_lost(job, steps)
        });
        if !runs {
            let at = job.map_or(&workflow.root, |(_, job)| job);
            let remedy = "a job of that name whose one script is that line, without conditions";
            findings.push(workflow.finding(at, format!("nothing runs `{line}`"), remedy));
        }
    }
    for (name, job) in workflow.jobs().iter().filter(|(name, _)| name != GATE) {
        if !known.contains(name) {
            let message = format!("`cargo xtask ci` has no job `{name}`");
            findings.push(workflow.finding(job, message, "add it to `xtask/src/ci.rs`"));
        }
    }
    findings
}

/// Whether a failure, or not running at all, could look like a success; what follows the script only keeps reports.
fn may_be_lost(job: &Node, steps: &[Node]) -> bool {
    let conditional = |node: &Node| node.get("if").is_some() || node.get("continue-on-error").is_some();
    let scripts = steps.iter().rposition(|step| step.get("run").is_some());
    conditional(job) || scripts.is_none_or(|last| steps[..=last].iter().any(conditional))
}

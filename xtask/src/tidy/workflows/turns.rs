//! Rules about what waits for its turn: nothing behind a person's consent, and whatever moves one name one after another.

use super::super::yaml::Node;
use super::super::{Finding, Tree};
use super::Workflow;
use super::delivery::{CD, RELEASE};
use super::graph::{ours, text};

/// Workflows, and what of them must not run twice at a time: pushes keep their order, and nothing else waits for them.
const OF_WORKFLOWS: [(&str, &str); 2] = [
    (
        CD,
        "cd-${{ github.event_name == 'push' && github.ref || github.run_id }}",
    ),
    (RELEASE, "release-${{ github.ref }}"),
];
/// Tasks of a release that look which one is the latest, and then say so: two at a time could say the wrong one.
const OF_TASKS: [(&str, &str); 2] = [
    ("cargo xtask release publish", "release-publish"),
    ("cargo xtask release latest", "release-latest"),
];

/// Has no release and no deployment that waits for reviewers keep another one waiting, and none be cut off.
pub(in super::super) fn turns(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workflow in &ours(tree) {
        for (file, group) in OF_WORKFLOWS {
            if workflow.file.path.ends_with(&format!("/{file}")) {
                findings.extend(wrong(workflow, &workflow.root, group));
            }
        }
        for (task, group) in OF_TASKS {
            for (_, job) in workflow.jobs() {
                let steps = job.get("steps").map_or(&[][..], Node::items);
                if steps.iter().any(|step| text(step, "run") == Some(task)) {
                    findings.extend(wrong(workflow, job, group));
                }
            }
        }
    }
    findings
}

/// A finding unless this takes turns in that group, and is never cut off.
fn wrong(workflow: &Workflow<'_>, at: &Node, group: &str) -> Option<Finding> {
    let concurrency = at.get("concurrency");
    let is = |key, value| concurrency.and_then(|node| text(node, key)) == Some(value);
    if is("group", group) && is("cancel-in-progress", "false") {
        return None;
    }
    let at = concurrency.unwrap_or(at);
    let message = "it waits for what it must not wait for, or is cut off";
    let remedy = format!("`concurrency` with `group: {group}` and `cancel-in-progress: false`");
    Some(workflow.finding(at, message, &remedy))
}

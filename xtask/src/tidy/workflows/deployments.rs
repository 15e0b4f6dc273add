//! Rules about where it is delivered to: with the reviewers' consent, at the right time, and taken back where it fails.

use super::super::yaml::Node;
use super::super::{Finding, Tree};
use super::delivery::{CD, is_conditional};
use super::graph::{Graph, Job, ours, text, words};

const ROLL_BACK_IF: &str = "(failure() || cancelled()) && steps.rollout.outcome != 'skipped'";
const NOTIFY_IF: &str = "failure() || cancelled()";
const REMOVE_IF: &str = "(failure() || cancelled()) && steps.canary.outcome != 'skipped'";
/// What a step must be told so that people hear of what failed.
const TOLD: &[&str] = &["NOTIFY_SLACK_URL", "NOTIFY_DISCORD_URL", "NOTIFY_WEBHOOK_URL"];
const KUBECTL: &str = "azure/setup-kubectl@";

/// Where an image is deployed, and when.
struct Place {
    name: &'static str,
    condition: &'static str,
    needs: &'static [&'static str],
    /// The commit that the image was built of; that of the run may be another one.
    revision: &'static str,
}

const PLACES: [Place; 2] = [
    Place {
        name: "staging",
        condition: "github.event_name == 'push' && github.ref == 'refs/heads/main' && vars.DEPLOY_STAGING == 'true'",
        needs: &["image"],
        revision: "${{ github.sha }}",
    },
    Place {
        name: "production",
        condition: "github.event.release.prerelease != true && vars.DEPLOY_PRODUCTION == 'true'",
        needs: &["find"],
        revision: "${{ needs.find.outputs.revision }}",
    },
];

/// Has each environment be one that has reviewers, at its own time, and what fails there be taken back and told.
pub(in super::super) fn deployments(tree: &Tree) -> Vec<Finding> {
    let workflows = ours(tree);
    let Some(graph) = Graph::of(&workflows, CD) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for place in &PLACES {
        match graph.runs(&format!("deploy apply {}", place.name)) {
            None => {
                let remedy = "one job that runs `cargo xtask deploy apply`";
                let at = &graph.jobs[0];
                findings.push(at.finding(at.node, format!("nothing is deployed to {}", place.name), remedy));
            }
            Some(at) => findings.extend(deployment(&graph.jobs[at], place)),
        }
    }
    findings
}

fn deployment(job: &Job<'_>, place: &Place) -> Vec<Finding> {
    let name = place.name;
    let mut wrong = Vec::new();
    if text(job.node, "environment") != Some(name) {
        wrong.push(format!("it does not ask the reviewers of `environment: {name}`"));
    }
    if text(job.node, "if") != Some(place.condition) {
        wrong.push(format!(
            "it runs under another condition than `{}`",
            place.condition
        ));
    }
    if words(job.node, "needs") != place.needs {
        wrong.push(format!("it does not wait for {:?}", place.needs));
    }
    let concurrency = job.node.get("concurrency");
    let key = |key| concurrency.and_then(|node| text(node, key));
    if key("group") != Some(&format!("deploy-{name}")) || key("cancel-in-progress") != Some("false") {
        wrong.push("two may run at a time, or one be cut off".to_owned());
    }
    if let Some(step) = job.step(&format!("deploy apply {name}")) {
        if text(step, "id") != Some("rollout") || is_conditional(step) {
            wrong.push("its rollout is not the step `rollout`, or may be left out".to_owned());
        }
        if job.variable(step, "REVISION") != Some(place.revision) {
            let told = place.revision;
            wrong.push(format!("the commit of its image is not told: `REVISION: {told}`"));
        }
    }
    let follows = [("rollback", ROLL_BACK_IF), ("notify", NOTIFY_IF)];
    for (task, condition) in follows {
        if !follows_if(job, &format!("deploy {task} {name}"), condition) {
            wrong.push(format!("`deploy {task} {name}` does not run if `{condition}`"));
        }
        let step = job.step(&format!("deploy {task} {name}"));
        let told = |variable: &&&str| step.is_some_and(|step| job.variable(step, variable).is_some());
        for variable in TOLD.iter().filter(|variable| !told(variable)) {
            wrong.push(format!("`deploy {task} {name}` is not told `{variable}`"));
        }
    }
    if name == "production" {
        if !judges_canary(job) {
            wrong.push("no canary is judged before the rollout".to_owned());
        }
        if !follows_if(job, "deploy remove-canary production", REMOVE_IF) {
            wrong.push(format!(
                "a canary may be left: nothing takes it away if `{REMOVE_IF}`"
            ));
        }
    }
    if !has_kubectl(job) {
        let version = crate::cluster::KUBERNETES;
        wrong.push(format!(
            "its kubectl is not of version {version}, as the cluster is that deployments are tested on"
        ));
    }
    if job.node.get("continue-on-error").is_some() {
        wrong.push("its failure is overlooked".to_owned());
    }
    let finding = |message: String| {
        job.finding(
            job.node,
            format!("deployment to {name}: {message}"),
            "mend the job",
        )
    };
    wrong.into_iter().map(finding).collect()
}

/// Whether a task runs under this condition, whatever became of the rollout before it.
fn follows_if(job: &Job<'_>, task: &str, condition: &str) -> bool {
    job.step(task).is_some_and(|step| {
        text(step, "if") == Some(condition)
            && step.get("continue-on-error").is_none()
            && is_after_rollout(job, step)
    })
}

fn has_kubectl(job: &Job<'_>) -> bool {
    let mut steps = job.steps().iter();
    let step = steps.find(|step| text(step, "uses").is_some_and(|uses| uses.starts_with(KUBECTL)));
    let version = step.and_then(|step| text(step.get("with")?, "version"));
    version == Some(&format!("v{}", crate::cluster::KUBERNETES))
}

fn is_after_rollout(job: &Job<'_>, step: &Node) -> bool {
    let rollout = job
        .steps()
        .iter()
        .find(|step| text(step, "id") == Some("rollout"));
    rollout.is_some_and(|rollout| rollout.line < step.line)
}

fn judges_canary(job: &Job<'_>) -> bool {
    let canary = job.step("deploy canary production");
    let rollout = job.step("deploy apply production");
    let both = canary.zip(rollout);
    both.is_some_and(|(canary, rollout)| {
        canary.line < rollout.line && !is_conditional(canary) && text(canary, "id") == Some("canary")
    })
}

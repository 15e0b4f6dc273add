//! Rules about what is delivered: found to be good before it has a name, complete before it is shown, and the same bytes
//! from the build on.

use super::super::yaml::Node;
use super::super::{Finding, Tree};
use super::graph::{Graph, Job, ours, text, words};

pub(super) const CD: &str = "cd.yml";
pub(super) const RELEASE: &str = "release.yml";
/// What looks for vulnerabilities, and how it must look.
const SCANNER: &str = "aquasecurity/trivy-action@";
const SCANS: &[(&str, &str)] = &[
    ("exit-code", "1"),
    ("severity", "CRITICAL,HIGH"),
    ("limit-severities-for-sarif", "true"),
    ("ignore-unfixed", "true"),
];
/// Tasks that take an image, and so must be told its digest.
const OF_AN_IMAGE: &[&str] = &[
    "release dependencies",
    "release sign",
    "release tag",
    "release find",
    "release draft",
    "release latest",
    "deploy canary production",
    "deploy apply staging",
    "deploy apply production",
    "deploy rollback staging",
    "deploy rollback production",
    "deploy notify staging",
    "deploy notify production",
];
/// What an image is called before the release has moved `latest` to it.
const NAME: &str = "${{ inputs.version || github.sha }}";
const NO_PRE_RELEASE: &str = "needs.check.outputs.pre-release == 'false'";
/// Has an image be scanned, attested and signed before it has a name, a release be complete before it is shown, and
/// `latest` move last.
pub(in super::super) fn order(tree: &Tree) -> Vec<Finding> {
    let workflows = ours(tree);
    let mut findings = Vec::new();
    for graph in [CD, RELEASE]
        .into_iter()
        .filter_map(|file| Graph::of(&workflows, file))
    {
        findings.extend(naming(&graph));
        findings.extend(graph.jobs.iter().flat_map(scanning));
    }
    if let Some(graph) = Graph::of(&workflows, RELEASE) {
        findings.extend(publishing(&graph));
        findings.extend(nothing_lost(&graph));
    }
    findings
}

/// Has everything after the build ask for the image by its digest.
pub(in super::super) fn digests(tree: &Tree) -> Vec<Finding> {
    let workflows = ours(tree);
    let mut findings = Vec::new();
    for graph in [CD, RELEASE]
        .into_iter()
        .filter_map(|file| Graph::of(&workflows, file))
    {
        for job in &graph.jobs {
            for task in OF_AN_IMAGE {
                let Some(step) = job.step(task) else { continue };
                let given = job.variable(step, "DIGEST");
                let is_right = match *task {
                    // What a person asks for is found first, and only that is gone on with.
                    "release find" => given == Some("${{ inputs.digest }}"),
                    _ => given.is_some_and(is_digest),
                };
                if !is_right {
                    let message = format!("`{task}` is not told the digest of the build");
                    findings.push(job.finding(step, message, "hand over `DIGEST: ${{ …outputs.digest }}`"));
                }
            }
            let scans = job.steps().iter().filter(|step| is_scan(step));
            for step in scans.filter(|step| !input(step, "image-ref").is_some_and(is_at_digest)) {
                let message = "what is scanned may not be what was built";
                findings.push(job.finding(step, message, "ask for `NAME@DIGEST`"));
            }
            let attests = job
                .steps()
                .iter()
                .filter(|step| input(step, "subject-name").is_some());
            for step in attests.filter(|step| !input(step, "subject-digest").is_some_and(is_digest)) {
                let message = "what is attested may not be what was built";
                findings.push(job.finding(step, message, "add `subject-digest`"));
            }
        }
    }
    findings.extend(handed_over(&workflows));
    findings
}

fn naming(graph: &Graph<'_>) -> Vec<Finding> {
    let Some(tag) = graph.runs("release tag") else {
        let at = &graph.jobs[0];
        return vec![at.finding(
            at.node,
            "no image gets its name",
            "one job that runs `cargo xtask release tag`",
        )];
    };
    let job = &graph.jobs[tag];
    let before = graph.before(tag);
    let has = |is: &dyn Fn(&Job<'_>) -> bool| before.iter().any(|&place| is(&graph.jobs[place]));
    let uses = |job: &Job<'_>, action: &str| {
        let mut steps = job.steps().iter();
        steps.any(|step| text(step, "uses").is_some_and(|uses| uses.starts_with(action)))
    };
    let mut missing = Vec::new();
    if !has(&|job| uses(job, SCANNER)) {
        missing.push("scanned");
    }
    if !has(&|job| uses(job, "actions/attest@") && job.step("release dependencies").is_some()) {
        missing.push("attested");
    }
    if !has(&|job| job.step("release sign").is_some()) {
        missing.push("signed");
    }
    let mut findings: Vec<_> = missing
        .into_iter()
        .map(|what| {
            job.finding(
                job.node,
                format!("an image has a name before it is {what}"),
                "add it to `needs`",
            )
        })
        .collect();
    let name = job
        .step("release tag")
        .and_then(|step| job.variable(step, "IMAGE_TAG"));
    if name != Some(NAME) {
        findings.push(job.finding(
            job.node,
            "an image gets another name than its own",
            &format!("`{NAME}`"),
        ));
    }
    findings
}

fn scanning(job: &Job<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in job.steps().iter().filter(|step| is_scan(step)) {
        for (name, value) in SCANS
            .iter()
            .filter(|(name, value)| input(step, name) != Some(value))
        {
            let message = format!("a scan without `{name}: {value}` lets through what it must not");
            findings.push(job.finding(step, message, "add it"));
        }
        if is_conditional(step) || is_conditional(job.node) {
            findings.push(job.finding(step, "a scan that may be left out", "take away the condition"));
        }
        let platforms = job
            .node
            .get("strategy")
            .and_then(|strategy| strategy.get("matrix"));
        let platforms = platforms.map_or_else(Vec::new, |matrix| words(matrix, "platform"));
        if platforms != ["amd64", "arm64"] {
            findings.push(job.finding(step, "a platform is not scanned", "`platform: [amd64, arm64]`"));
        }
    }
    findings
}

/// A release is shown after everything that does not come after that, and is the latest one after that.
fn publishing(graph: &Graph<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let publish = graph.runs("release publish");
    let is_after = |place: usize| publish.is_some_and(|publish| graph.before(place).contains(&publish));
    for task in [
        "release check",
        "release artifacts",
        "release push",
        "release reproduce",
        "release draft",
        "release verify-draft",
        "release publish",
        "release latest",
    ] {
        let place = graph.runs(task);
        let Some(place) = place else {
            let at = &graph.jobs[0];
            findings.push(at.finding(
                at.node,
                format!("no job runs `{task}`, or several"),
                "one job that does",
            ));
            continue;
        };
        let is_last = task == "release publish" || task == "release latest";
        let before = graph.before(place);
        let others = (0..graph.jobs.len()).filter(|&other| is_last && other != place && !is_after(other));
        let job = &graph.jobs[place];
        for other in others.filter(|other| !before.contains(other)) {
            let message = format!("`{task}` does not wait for `{}`", graph.jobs[other].name);
            findings.push(job.finding(job.node, message, "add it to `needs`"));
        }
    }
    for task in ["release latest", "deploy apply production"] {
        let place = graph.runs(task);
        if let Some(place) = place.filter(|&place| !is_after(place)) {
            let job = &graph.jobs[place];
            let message = format!("`{task}` does not wait for the release that is published");
            findings.push(job.finding(job.node, message, "add the job that publishes to `needs`"));
        }
    }
    findings
}

/// No failure of a release is overlooked, and what is for everyone is no pre-release.
fn nothing_lost(graph: &Graph<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for job in graph
        .jobs
        .iter()
        .filter(|job| job.workflow.file.path.ends_with(RELEASE))
    {
        let allowed = job.step("release latest").is_some().then_some(NO_PRE_RELEASE);
        let is_lost = |node: &Node| node.get("continue-on-error").is_some();
        if text(job.node, "if") != allowed || is_lost(job.node) {
            let message = format!("job `{}` runs under another condition than it must", job.name);
            findings.push(job.finding(job.node, message, "let it wait for success, and for nothing else"));
        }
        for step in job.steps().iter().filter(|step| is_conditional(step)) {
            findings.push(job.finding(
                step,
                "a step of a release may be left out",
                "take away the condition",
            ));
        }
    }
    findings
}

/// Digests that one workflow hands to another one.
fn handed_over(workflows: &[super::Workflow<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workflow in workflows {
        for (name, job) in workflow.jobs() {
            let digest = job.get("with").and_then(|with| text(with, "digest"));
            let calls_cd = text(job, "uses").is_some_and(|path| path.ends_with(CD));
            if calls_cd && digest != Some("${{ needs.image.outputs.digest }}") {
                let message = format!("job `{name}` deploys another image than was built");
                findings.push(workflow.finding(job, message, "`digest: ${{ needs.image.outputs.digest }}`"));
            }
            let needs = words(job, "needs");
            if calls_cd && (text(job, "if") != Some(NO_PRE_RELEASE) || !needs.contains(&"publish")) {
                let message = format!("job `{name}` deploys what is no published release");
                findings.push(workflow.finding(job, message, NO_PRE_RELEASE));
            }
        }
    }
    findings
}

pub(super) fn is_conditional(node: &Node) -> bool {
    node.get("if").is_some() || node.get("continue-on-error").is_some()
}

fn is_scan(step: &Node) -> bool {
    text(step, "uses").is_some_and(|uses| uses.starts_with(SCANNER))
}

fn input<'a>(step: &'a Node, name: &str) -> Option<&'a str> {
    step.get("with").and_then(|with| text(with, name))
}

/// Whether a value is the digest that a job before has told, and nothing else.
fn is_digest(value: &str) -> bool {
    let inside = value
        .strip_prefix("${{ needs.")
        .and_then(|rest| rest.strip_suffix(".outputs.digest }}"));
    matches!(inside, Some("build" | "image" | "find"))
}

fn is_at_digest(value: &str) -> bool {
    value.split_once('@').is_some_and(|(_, digest)| is_digest(digest))
}

impl Job<'_> {
    pub(super) fn finding(&self, at: &Node, message: impl Into<String>, remedy: &str) -> Finding {
        self.workflow.finding(at, message, remedy)
    }
}

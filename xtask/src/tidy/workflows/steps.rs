//! Rules about steps: which actions they use, and what they run.

use super::super::yaml::Node;
use super::super::{Finding, Tree};
use super::{Workflow, all};

/// How a job says that others failed; it needs no checkout for that.
pub(super) const FAIL: &str = "exit 1";
const TASK: &str = "cargo xtask ";
/// Tasks that ask GitHub, beside those that deploy and so tell it what failed.
const OF_GITHUB: &[&str] = &["check", "find", "draft", "verify-draft", "publish", "latest"];
const TOKEN: &str = "${{ github.token }}";
/// What shows findings beside the code, and the variable that says whether there is a place for them.
const UPLOAD: &str = "github/codeql-action/upload-sarif@";
const CODE_SCANNING: &str = "vars.CODE_SCANNING == 'true'";

/// Has every action be a full commit, with its version as comment, and the same one everywhere.
pub(in super::super) fn pins(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut known: Vec<(String, String)> = Vec::new();
    for workflow in all(tree) {
        let of_jobs = workflow.jobs().iter().map(|(_, job)| job);
        let holders = of_jobs.chain(workflow.steps().map(|(_, step)| step));
        for uses in holders.filter_map(|holder| holder.get("uses")) {
            let name = uses.text().unwrap_or_default();
            if name.starts_with("./") {
                continue;
            }
            let Some((action, commit)) = pinned(&workflow, uses) else {
                let remedy = "write `owner/name@COMMIT # vX.Y.Z` with all forty digits";
                findings.push(workflow.finding(uses, format!("`{name}` is not pinned"), remedy));
                continue;
            };
            match known.iter().find(|(other, _)| *other == action) {
                Some((_, other)) if *other != commit => {
                    let message = format!("`{action}` stands elsewhere with another version");
                    findings.push(workflow.finding(uses, message, "use one version everywhere"));
                }
                Some(_) => {}
                None => known.push((action, commit)),
            }
        }
    }
    findings
}

/// The action, and its commit with the version behind it.
fn pinned(workflow: &Workflow<'_>, uses: &Node) -> Option<(String, String)> {
    let (action, commit) = uses.text()?.split_once('@')?;
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let line = workflow.file.text.lines().nth(uses.line - 1)?;
    let (_, version) = line.split_once(&format!("@{commit} # v"))?;
    let numbers: Vec<_> = version.split('.').collect();
    let full = numbers.len() == 3 && numbers.iter().all(|part| part.parse::<u32>().is_ok());
    let is_pinned = commit.len() == 40 && commit.bytes().all(hex) && full;
    is_pinned.then(|| (action.to_owned(), format!("{commit} {version}")))
}

/// Keeps strangers' text out of scripts, and logic out of workflows: one line of the task runner a step.
pub(in super::super) fn scripts(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workflow in all(tree) {
        for (_, step) in workflow.steps() {
            let with = step.get("with").and_then(|with| with.get("script"));
            for script in [step.get("run"), with].into_iter().flatten() {
                if script.text().is_none_or(|text| text.contains("${{")) {
                    let message = "an expression is expanded inside a script";
                    let remedy = "hand it over as an environment variable";
                    findings.push(workflow.finding(script, message, remedy));
                }
            }
            let run = step.get("run").filter(|_| workflow.is_ours());
            if let Some(run) = run
                && !run.text().is_some_and(is_one_task)
            {
                let remedy = "make it a task in `xtask/src`, and call that: `cargo xtask TASK`";
                findings.push(workflow.finding(run, "a step that runs more than one task", remedy));
            }
        }
    }
    findings
}

/// Has whoever asks GitHub be somebody: a private repository, and a draft, are shown to nobody else.
pub(in super::super) fn tokens(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workflow in all(tree).filter(Workflow::is_ours) {
        for (_, step) in workflow.steps() {
            let run = step.get("run").and_then(Node::text).unwrap_or_default();
            let task = run.strip_prefix(TASK).unwrap_or_default();
            let of_release = task
                .strip_prefix("release ")
                .is_some_and(|name| OF_GITHUB.contains(&name));
            let token = step.get("env").and_then(|env| env.get("GH_TOKEN"));
            if (of_release || task.starts_with("deploy notify ")) && token.and_then(Node::text) != Some(TOKEN)
            {
                let message = format!("`{task}` asks GitHub, and is nobody there");
                findings.push(workflow.finding(step, message, &format!("add `GH_TOKEN: {TOKEN}`")));
            }
        }
    }
    findings
}

/// Has findings be shown under code scanning only where there is that: elsewhere it would fail.
pub(in super::super) fn uploads(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workflow in all(tree).filter(Workflow::is_ours) {
        for (_, step) in workflow.steps() {
            let of = |key| step.get(key).and_then(Node::text).unwrap_or_default();
            if of("uses").starts_with(UPLOAD) && !of("if").contains(CODE_SCANNING) {
                let message = "it fails where the repository has no code scanning";
                findings.push(workflow.finding(step, message, &format!("add `if: {CODE_SCANNING}`")));
            }
        }
    }
    findings
}

/// Whether a script is one command of the task runner, without anything that a shell would expand.
fn is_one_task(script: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_=.,/".contains(c);
    let task = script.strip_prefix(TASK).and_then(|rest| rest.split(' ').next());
    let exists = task.is_some_and(|task| crate::task_names().iter().any(|known| known == task));
    script == FAIL || (exists && script.chars().all(plain))
}

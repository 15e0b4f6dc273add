//! act, in a repository of its own, with nothing in it but the workflows.
//!
//! Stand-ins say nothing of what the real actions and tasks do; they tell which of them are called, and with which end
//! for the jobs.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::shell;
use crate::test::tool;

const SCRATCH: &str = "target/act";
const WORKFLOWS: &str = ".github/workflows";
/// An action that does nothing but what cargo does.
const ACTION: &str = "name: stand-in\ndescription: does nothing\nruns:\n  using: composite\n  steps:\n    \
                      - run: cargo action\n      shell: sh\n";
/// A cargo that writes down what it is called with, fails where that is planted, and else tells what jobs hand on.
const CARGO: &str = r#"#!/bin/sh
echo "$GITHUB_JOB $*" >>"$STAND_IN_LOG"
case "$GITHUB_JOB $*" in $PLANTED_FAILURE) exit 1 ;; esac
case "$*" in
  "xtask release check") printf 'version=0.1.0\npre-release=false\n' ;;
  "xtask release push" | "xtask release find") printf 'name=ghcr.io/owner/name\ndigest=sha256:0a\n' ;;
esac >>"$GITHUB_OUTPUT"
"#;

/// Where act runs.
pub(super) struct Runner {
    scratch: PathBuf,
    /// Options that put the stand-in in the place of every action, so that nothing is fetched.
    stand_ins: Vec<String>,
}

/// What became of the jobs; those that did not run are in neither set.
#[derive(Debug, Default)]
pub(super) struct Ran {
    pub(super) succeeded: BTreeSet<String>,
    pub(super) failed: BTreeSet<String>,
    /// A line for each call of cargo: its job and its words.
    pub(super) tasks: Vec<String>,
}

/// The text of a workflow.
pub(super) fn text(workflow: &str) -> Result<String> {
    let path = Path::new(WORKFLOWS).join(workflow);
    fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
}

impl Runner {
    pub(super) fn prepare() -> Result<Self> {
        let scratch = std::path::absolute(SCRATCH)?;
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        // act copies the repository into its home, so that is not inside.
        for folder in ["bin", "home", "repository/.github/workflows"] {
            fs::create_dir_all(scratch.join(folder))?;
        }
        let cargo = scratch.join("bin/cargo");
        fs::write(&cargo, CARGO)?;
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755))?;
        let mut stand_ins = BTreeSet::new();
        for entry in fs::read_dir(WORKFLOWS)? {
            let entry = entry?;
            fs::copy(
                entry.path(),
                scratch
                    .join("repository/.github/workflows")
                    .join(entry.file_name()),
            )?;
            stand_ins.extend(actions(
                &fs::read_to_string(entry.path())?,
                &scratch.join("stand-in"),
            )?);
        }
        let repository = scratch.join("repository");
        git(&repository, &["init", "--quiet", "--initial-branch=main"])?;
        git(&repository, &["add", ".github"])?;
        git(&repository, &["commit", "--quiet", "--message=workflows"])?;
        git(&repository, &["tag", "v0.1.0"])?;
        Ok(Self {
            scratch,
            stand_ins: stand_ins.into_iter().collect(),
        })
    }

    /// Runs a workflow with this text, as a push to this reference; the calls of cargo fail that the pattern of a shell
    /// names, of `JOB WORDS`.
    pub(super) fn run(&self, workflow: &str, text: &str, reference: &str, failing: &str) -> Result<Ran> {
        let repository = self.scratch.join("repository");
        let path = Path::new(WORKFLOWS).join(workflow);
        let ours = fs::read_to_string(repository.join(&path))?;
        fs::write(repository.join(&path), text)?;
        let log = self.scratch.join("log");
        fs::write(&log, "")?;
        let event = self.scratch.join("event.json");
        fs::write(&event, json!({ "ref": reference }).to_string())?;
        let mut command = Command::new(std::path::absolute(tool("act"))?);
        command
            .args([
                "push",
                "--json",
                "--no-cache-server",
                "--platform=ubuntu-24.04=-self-hosted",
            ])
            .args(["--var=DEPLOY_STAGING=true", "--var=DEPLOY_PRODUCTION=true"])
            .arg(format!("--workflows={}", path.display()))
            .arg(format!("--eventpath={}", event.display()))
            .args(&self.stand_ins)
            .current_dir(&repository)
            .env("PATH", self.path()?)
            .env("STAND_IN_LOG", &log)
            .env("PLANTED_FAILURE", failing);
        // What the machine's owner has set for act stays outside.
        for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env(variable, self.scratch.join("home"));
        }
        let output = command.output().context("cannot start act")?;
        fs::write(repository.join(&path), ours)?;
        let said = String::from_utf8_lossy(&output.stdout);
        let mut ran = Ran::default();
        for (job, result) in said.lines().filter_map(ended) {
            // Of the jobs of a matrix one that fails is enough.
            let fate = if result == "success" {
                &mut ran.succeeded
            } else {
                &mut ran.failed
            };
            fate.insert(job);
        }
        let failed = &ran.failed;
        ran.succeeded.retain(|job| !failed.contains(job));
        ensure!(
            !ran.succeeded.is_empty() || !ran.failed.is_empty(),
            "act ran no job:\n{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        ran.tasks = fs::read_to_string(&log)?.lines().map(str::to_owned).collect();
        Ok(ran)
    }

    fn path(&self) -> Result<std::ffi::OsString> {
        let path = std::env::var_os("PATH").context("there is no PATH")?;
        let folders = std::iter::once(self.scratch.join("bin")).chain(std::env::split_paths(&path));
        Ok(std::env::join_paths(folders)?)
    }
}

/// The job that has ended by this line, and how.
fn ended(line: &str) -> Option<(String, String)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| line.get(key)?.as_str().map(str::to_owned);
    Some((text("jobID")?, text("jobResult")?))
}

/// Options for the actions of a workflow.
fn actions(workflow: &str, folder: &Path) -> Result<Vec<String>> {
    let mut options = Vec::new();
    let uses = workflow
        .lines()
        .filter_map(|line| line.split_once("uses: ")?.1.split(' ').next());
    for (action, commit) in uses.filter_map(|action| action.split_once('@')) {
        // An action may lie in a folder of its repository.
        let mut parts = action.splitn(3, '/');
        let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let inside = folder.join(parts.next().unwrap_or_default());
        fs::create_dir_all(&inside)?;
        fs::write(inside.join("action.yml"), ACTION)?;
        options.push(format!(
            "--local-repository={owner}/{name}@{commit}={}",
            folder.display()
        ));
    }
    Ok(options)
}

fn git(repository: &Path, args: &[&str]) -> Result<()> {
    let mut command = Command::new("git");
    command
        .current_dir(repository)
        .args(["-c", "user.name=act", "-c", "user.email=act@localhost"])
        .args(["-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"])
        .args(args);
    shell::output(&mut command).map(|_| ())
}

//! Programs that look for mistakes and secrets: each must find a planted one before what it says of ours counts.

mod dependencies;
mod report;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::shell;
use crate::test::{Outcome, tool};
pub(crate) use dependencies::{advisories, deny, licence_is_found, vulnerability_is_found};

/// Folders that hold `.github/workflows`: ours, and one that is to be copied.
const REPOSITORIES: &[&str] = &[".", "examples/community"];
const WORKFLOWS: &str = ".github/workflows";
/// Where faults are planted.
const SCRATCH: &str = "target/planted";

/// A workflow in which a job waits for one that does not exist, and a stranger's text becomes a script.
const BAD_WORKFLOW: &str = "name: planted\non: push\njobs:\n  job:\n    needs: nobody\n    runs-on: ubuntu-24.04\n    \
                            steps:\n      - run: echo \"${{ github.event.head_commit.message }}\"\n";
/// What an access key looks like; in two parts, since this file is searched too.
const SECRET: &str = concat!("aws_access_key_id = \"AKIA", "Y3Q7ZT5XWN2KD6PM\"\n");

/// Reads every workflow as its runner would.
pub(crate) fn actionlint() -> Result<()> {
    let folder = planted("actionlint")?;
    std::fs::write(folder.join("planted.yml"), BAD_WORKFLOW)?;
    must_find(actionlint_over(&workflows_in(&folder)?), "[job-needs]")?;
    let mut files = Vec::new();
    for repository in REPOSITORIES {
        files.extend(workflows_in(&Path::new(repository).join(WORKFLOWS))?);
    }
    shell::run(&mut actionlint_over(&files))
}

/// Looks for what is dangerous in every workflow; it asks nobody.
pub(crate) fn zizmor() -> Result<()> {
    danger_is_found()?;
    report::keep("zizmor", zizmor_over(REPOSITORIES).arg("--format=sarif"))?;
    shell::run(&mut zizmor_over(REPOSITORIES))
}

/// Has zizmor find a planted workflow in which a stranger's text becomes a script.
pub(crate) fn danger_is_found() -> Result<()> {
    let folder = planted("zizmor")?.join(WORKFLOWS);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("planted.yml"), BAD_WORKFLOW)?;
    must_find(zizmor_over(&[&folder.to_string_lossy()]), "template-injection")
}

/// Has gitleaks find a planted secret that a later commit has taken out.
pub(crate) fn secret_is_found() -> Result<()> {
    let folder = planted("gitleaks")?;
    let file = folder.join("planted.txt");
    let commit = ["commit", "--quiet", "--all", "--message=planted"];
    git(&folder, &["init", "--quiet"])?;
    std::fs::write(&file, SECRET)?;
    git(&folder, &["add", "planted.txt"])?;
    git(&folder, &commit)?;
    // What a later commit takes out was public all the same.
    std::fs::write(&file, "nothing\n")?;
    git(&folder, &commit)?;
    must_find(gitleaks_over(&folder), "aws-access-token")
}

/// Looks for secrets in every commit that led here; other branches are not asked.
pub(crate) fn gitleaks() -> Result<Outcome> {
    secret_is_found()?;
    let shallow = shell::output(&mut shell::command(
        "git",
        ["rev-parse", "--is-shallow-repository"],
    ))?;
    if shallow.trim() != "false" {
        let reason =
            "commits are missing in a shallow clone: `git fetch --unshallow`, in a workflow `fetch-depth: 0`";
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    let mut scanner = gitleaks_over(Path::new("."));
    scanner
        .arg("--report-format=sarif")
        .arg("--report-path")
        .arg(report::path("secrets")?);
    let found = shell::run(&mut scanner);
    report::take("secrets")?;
    found.map(|()| Outcome::Passed)
}

/// Each script of ours is one line, so what reads scripts would find nothing and only need to be installed.
fn actionlint_over(files: &[PathBuf]) -> Command {
    let mut command = Command::new(tool("actionlint"));
    command
        .args(["-no-color", "-shellcheck=", "-pyflakes="])
        .args(files);
    command
}

fn zizmor_over(inputs: &[&str]) -> Command {
    let mut command = Command::new(tool("zizmor"));
    command.args([
        "--offline",
        "--quiet",
        "--no-progress",
        "--strict-collection",
        "--persona=auditor",
    ]);
    command.args(inputs);
    command
}

fn gitleaks_over(repository: &Path) -> Command {
    let mut command = Command::new(tool("gitleaks"));
    command
        .args([
            "git",
            "--log-opts=HEAD",
            "--no-banner",
            "--no-color",
            "--redact",
            "--verbose",
        ])
        .arg(repository);
    command
}

/// An empty folder for a fault.
fn planted(name: &str) -> Result<PathBuf> {
    let folder = Path::new(SCRATCH).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Runs git in a scratch repository, whoever is at work here.
fn git(repository: &Path, args: &[&str]) -> Result<()> {
    let mut command = Command::new("git");
    command
        .current_dir(repository)
        .args([
            "-c",
            "user.name=planted",
            "-c",
            "user.email=planted@localhost",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(args);
    shell::output(&mut command).map(|_| ())
}

/// Has the scanner fail, and for the reason that was planted.
pub(crate) fn must_find(mut scanner: Command, fault: &str) -> Result<()> {
    let output = scanner.output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if output.status.success() || !said.contains(fault) {
        bail!(
            "`{}` does not find the planted fault ({fault}):\n{said}",
            shell::line(&scanner)
        );
    }
    Ok(())
}

fn workflows_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    ensure!(!files.is_empty(), "no workflow in `{}`", folder.display());
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::must_find;
    use crate::shell::command;

    fn says(script: &str) -> String {
        must_find(command("sh", ["-c", script]), "[fault]")
            .map_or_else(|error| error.to_string(), |()| "found".to_owned())
    }

    #[test]
    fn a_scanner_is_believed_only_if_it_finds_the_planted_fault() {
        assert_eq!(says("echo 'one [fault]'; exit 1"), "found");
        assert_eq!(says("echo 'one [fault]' >&2; exit 14"), "found");
        for blind in ["exit 0", "echo 'one [fault]'", "echo 'cannot start' >&2; exit 1"] {
            assert!(says(blind).contains("does not find the planted fault"), "{blind}");
        }
    }
}

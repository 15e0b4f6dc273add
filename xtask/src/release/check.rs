//! Whether a tag may be released: its version, what the tree says of it, and where git knows it.

use std::path::Path;
use std::process::Command;

use super::pipeline::optional;
use super::version::Version;
use super::{Problem, changelog};
use crate::shell;

/// The branch that releases are made of: as the remote has it, else our own.
const MAIN: [&str; 2] = ["refs/remotes/origin/main", "refs/heads/main"];

/// Everything that is wrong with the tag at once.
pub(super) fn problems(tag: &str, workspace: &str, changelog: &str, repository: &Path) -> Vec<Problem> {
    // What is no version can be compared with nothing.
    let version = match Version::of_tag(tag) {
        Ok(version) => version,
        Err(refused) => {
            let help = "name it `v` and a version of https://semver.org, such as v1.2.0 or v1.2.0-rc.1";
            return vec![Problem::new(refused.to_string(), help)];
        }
    };
    let mut problems = Vec::new();
    if version.to_string() != workspace {
        let message = format!("the tag says {version}, and the workspace says {workspace}");
        let help = "set `version` under [workspace.package] of Cargo.toml, or name another tag";
        problems.push(Problem::new(message, help));
    }
    if changelog::section(changelog, &version.to_string()).is_none() {
        problems.push(changelog::absent(&version));
    }
    problems.extend(of_git(tag, repository));
    problems
}

/// The commit must be of `main`, and the tag must stand at no other one.
fn of_git(tag: &str, repository: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let here = commit(repository, &format!("refs/tags/{tag}"));
    // Before the tag is set the question is about the commit that would get it.
    let Some(asked) = here.clone().or_else(|| commit(repository, "HEAD")) else {
        return vec![Problem::new(
            "there is no commit here",
            "run it in a clone of the repository",
        )];
    };
    match MAIN.iter().find(|name| commit(repository, name).is_some()) {
        None => problems.push(Problem::new(
            "there is no branch `main` to compare with",
            "fetch it: `git fetch origin main:refs/remotes/origin/main`",
        )),
        Some(main) if !is_ancestor(repository, &asked, main) => problems.push(Problem::new(
            format!("commit {} is not part of {main}", short(&asked)),
            "merge it into `main` first; in a shallow clone fetch the whole history",
        )),
        Some(_) => {}
    }
    problems.extend(of_remote(tag, here.as_deref(), repository));
    problems
}

/// A tag of the remote is a release: it may be the very one that is being made, and no other.
fn of_remote(tag: &str, here: Option<&str>, repository: &Path) -> Option<Problem> {
    let remotes = git(repository, &["remote"])?;
    if !remotes.lines().any(|name| name == "origin") {
        return None;
    }
    // The second line of an annotated tag names the commit.
    let wanted = [format!("refs/tags/{tag}"), format!("refs/tags/{tag}^{{}}")];
    let mut words = credentials(optional("GH_TOKEN").as_deref()).to_vec();
    words.extend(["ls-remote", "origin", &wanted[0], &wanted[1]]);
    let Some(listed) = git(repository, &words) else {
        return Some(Problem::new(
            "the remote `origin` does not say which tags it has",
            "see that `git ls-remote --tags origin` answers",
        ));
    };
    let there = listed.lines().last()?.split_whitespace().next()?;
    (here != Some(there)).then(|| {
        let message = format!("`{tag}` is released: `origin` has it at commit {}", short(there));
        Problem::new(message, "a released version never changes: take the next number")
    })
}

/// Who asks the remote, where the pipeline has given a token: its checkout keeps none, and a private repository answers
/// nobody else. The token itself is handed over by gh, and stands in no list of words.
fn credentials(token: Option<&str>) -> &'static [&'static str] {
    match token {
        Some(_) => &["-c", "credential.helper=!gh auth git-credential"],
        None => &[],
    }
}

/// The commit that a reference leads to, through an annotated tag as well.
fn commit(repository: &Path, name: &str) -> Option<String> {
    let said = git(
        repository,
        &["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")],
    );
    said.map(|said| said.trim().to_owned())
}

fn is_ancestor(repository: &Path, commit: &str, of: &str) -> bool {
    git(repository, &["merge-base", "--is-ancestor", commit, of]).is_some()
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// What git prints; `None` if it fails.
fn git(repository: &Path, args: &[&str]) -> Option<String> {
    shell::output(Command::new("git").arg("-C").arg(repository).args(args)).ok()
}

#[cfg(test)]
mod tests {
    use super::credentials;

    #[test]
    fn the_token_is_asked_for_where_there_is_one_and_stands_in_no_word() {
        assert!(credentials(None).is_empty());
        let words = credentials(Some("secret")).join(" ");
        assert!(words.contains("gh auth git-credential") && !words.contains("secret"));
    }
}

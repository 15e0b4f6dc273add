//! A release on GitHub: a draft with everything in it, looked at as a user would, then published.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::artifacts::{DIST, UNPACKED};
use super::pack::files;
use super::pipeline::{optional, retry, tell, variable};
use super::registry::{Images, check_digest, stays};
use super::verify::{self, ALGORITHMS, sums_file};
use super::version::Version;
use super::{CHANGELOG, changelog};
use crate::shell;

const NOTES: &str = "target/xtask/notes.md";
/// Where the files of the draft are put, to look at them.
const DOWNLOADED: &str = "target/xtask/downloaded";

/// The tag that is being released.
pub(super) fn tag(given: Option<&str>) -> Result<String> {
    let given = given.map(str::to_owned).or_else(|| optional("GITHUB_REF_NAME"));
    given.context("no tag: name one, or set `GITHUB_REF_NAME`")
}

/// Tells the jobs that follow which version this is.
pub(super) fn tell_version(tag: &str) -> Result<()> {
    let version = version(tag)?;
    tell("version", &version.to_string())?;
    tell("pre-release", &version.pre_release.is_some().to_string())
}

/// Makes the draft of the artifacts.
pub(super) fn draft() -> Result<()> {
    let tag = tag(None)?;
    let version = version(&tag)?;
    let dist = Path::new(DIST);
    verify::sums(dist)?;
    let changelog = fs::read_to_string(CHANGELOG)?;
    let section = changelog::section(&changelog, &version.to_string());
    let section = section.with_context(|| changelog::absent(&version).to_string())?;
    let image = Images::of_environment()?.name;
    let digest = variable("DIGEST")?;
    check_digest(&digest)?;
    let sums = fs::read_to_string(dist.join(sums_file(ALGORITHMS[0])))?;
    fs::create_dir_all(Path::new(NOTES).parent().context("it lies in a folder")?)?;
    fs::write(NOTES, notes(section, &sums, &format!("{image}@{digest}")))?;
    let mut create = shell::command("gh", ["release", "create", &tag, "--draft", "--verify-tag"]);
    create.args(["--title", &tag, "--notes-file", NOTES]);
    if version.pre_release.is_some() {
        create.arg("--prerelease");
    }
    create.args(files(dist)?.iter().map(|name| dist.join(name)));
    create.args(ALGORITHMS.map(|algorithm| dist.join(sums_file(algorithm))));
    shell::run(&mut create)
}

/// Downloads the draft, and looks at every file of it.
pub(super) fn look_at_draft() -> Result<()> {
    let tag = tag(None)?;
    let folder = Path::new(DOWNLOADED);
    retry(|| {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        shell::run(&mut shell::command(
            "gh",
            ["release", "download", &tag, "--dir", DOWNLOADED],
        ))
    })?;
    verify::check(folder, Path::new(UNPACKED))?;
    let repository = variable("GITHUB_REPOSITORY")?;
    for name in files(folder)? {
        let mut attested = shell::command("gh", ["attestation", "verify", "--repo", &repository]);
        shell::run(attested.arg(folder.join(name)))?;
    }
    Ok(())
}

/// Shows the release to everyone, as the latest one unless a higher one exists.
pub(super) fn publish() -> Result<()> {
    let tag = tag(None)?;
    let mut list = shell::command("gh", ["release", "list", "--limit", "1000", "--exclude-drafts"]);
    let listed = shell::output(list.args(["--json", "tagName", "--jq", ".[].tagName"]))?;
    let released: Vec<_> = listed
        .lines()
        .filter_map(|tag| tag.strip_prefix('v'))
        .map(str::to_owned)
        .collect();
    let stays = stays(&version(&tag)?, &released);
    let latest = format!("--latest={}", stays.is_none());
    let mut edit = shell::command("gh", ["release", "edit", &tag, "--draft=false"]);
    shell::run(edit.arg(latest))
}

fn version(tag: &str) -> Result<Version> {
    Version::of_tag(tag).map_err(|refused| anyhow::anyhow!("{refused}"))
}

/// What changed, and at the end how to know that one has got it.
fn notes(section: &str, sums: &str, image: &str) -> String {
    format!("{section}\n\n## Checksums\n\n```text\n{sums}```\n\nImage: `{image}`\n")
}

#[cfg(test)]
mod tests {
    use super::notes;

    #[test]
    fn notes_end_with_the_sums_and_the_digest() {
        let text = notes(
            "### Added\n\n- A thing.",
            "0a  a.tar.gz\n0b  b.tar.gz\n",
            "ghcr.io/o/n@sha256:00",
        );
        assert!(text.starts_with("### Added\n"));
        assert!(text.ends_with("0b  b.tar.gz\n```\n\nImage: `ghcr.io/o/n@sha256:00`\n"));
    }
}

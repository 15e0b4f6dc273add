//! A release on GitHub: a draft with everything in it, looked at as a user would, then published.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::artifacts::{DIST, UNPACKED};
use super::pack::files;
use super::pipeline::{optional, retry, tell, variable};
use super::registry::{Images, check_digest, stays};
use super::verify::{self, ALGORITHMS, sums_file};
use super::version::Version;
use super::{CHANGELOG, changelog, provenance};
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

/// Makes the draft of the artifacts, in the place of one that an earlier attempt has left.
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
    for _ in 0..drafts(&releases()?, &tag)? {
        // Its tag stays.
        shell::run(&mut shell::command("gh", ["release", "delete", &tag, "--yes"]))?;
    }
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
    let references = [provenance::of_version(&version(&tag)?.to_string())];
    for name in files(folder)? {
        let path = folder.join(name);
        provenance::check(&path.to_string_lossy(), &repository, &references)?;
    }
    Ok(())
}

/// Shows the release to everyone, as the latest one unless a higher one exists.
pub(super) fn publish() -> Result<()> {
    let tag = tag(None)?;
    let stays = stays(&version(&tag)?, &released()?);
    let latest = format!("--latest={}", stays.is_none());
    let mut edit = shell::command("gh", ["release", "edit", &tag, "--draft=false"]);
    shell::run(edit.arg(latest))
}

/// A release on GitHub, or what is to be one.
#[derive(Debug, PartialEq)]
struct Listed {
    tag: String,
    is_draft: bool,
}

/// All of them; drafts only for who may write.
fn releases() -> Result<Vec<Listed>> {
    let words = ["release", "list", "--limit", "1000", "--json", "tagName,isDraft"];
    listed(&retry(|| shell::output(&mut shell::command("gh", words)))?)
}

fn listed(told: &str) -> Result<Vec<Listed>> {
    let told: Value = serde_json::from_str(told).context("the list of releases is no JSON")?;
    let all = told.as_array().context("the list of releases is no list")?;
    let read = |one: &Value| {
        Some(Listed {
            tag: one["tagName"].as_str()?.to_owned(),
            is_draft: one["isDraft"].as_bool()?,
        })
    };
    all.iter()
        .map(|one| read(one).with_context(|| format!("{one} is no release")))
        .collect()
}

/// The versions that are shown to everyone.
pub(super) fn released() -> Result<Vec<String>> {
    let shown = releases()?.into_iter().filter(|release| !release.is_draft);
    Ok(shown
        .filter_map(|release| release.tag.strip_prefix('v').map(str::to_owned))
        .collect())
}

/// How many drafts of this tag there are; what is published already is not made again.
fn drafts(releases: &[Listed], tag: &str) -> Result<usize> {
    let of_tag: Vec<_> = releases.iter().filter(|release| release.tag == tag).collect();
    if of_tag.iter().any(|release| !release.is_draft) {
        bail!("`{tag}` is published already, and a release never changes");
    }
    Ok(of_tag.len())
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
    use super::{drafts, listed, notes};

    #[test]
    fn a_draft_of_an_earlier_attempt_is_found_and_what_is_published_stays() {
        let told = r#"[{"tagName":"v1.0.0","isDraft":false},{"tagName":"v1.1.0","isDraft":true},
            {"tagName":"v1.1.0","isDraft":true},{"tagName":"v1.1.0-rc.1","isDraft":true}]"#;
        let releases = listed(told).expect("a list");
        assert_eq!(drafts(&releases, "v1.1.0").expect("drafts"), 2);
        assert_eq!(drafts(&releases, "v1.2.0").expect("none"), 0);
        let refused = drafts(&releases, "v1.0.0").expect_err("it is published");
        assert!(refused.to_string().contains("published already"), "{refused}");
    }

    #[test]
    fn what_is_no_list_of_releases_is_not_taken_for_an_empty_one() {
        for wrong in ["", "{}", r#"[{"tagName":"v1.0.0"}]"#] {
            assert!(listed(wrong).is_err(), "{wrong:?}");
        }
    }

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

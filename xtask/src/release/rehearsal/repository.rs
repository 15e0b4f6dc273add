//! A copy of this repository with a remote of its own, in which versions are prepared and tagged as a person does it.
//!
//! Invariant: it is gone with the rehearsal, and what it was copied from is not changed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::super::check::problems;
use super::super::version::Version;
use super::super::{CHANGELOG, WORKSPACE, pack};
use crate::shell;

const SCRATCH: &str = "target/xtask/repository";
const MANIFEST: &str = "Cargo.toml";

/// Removed when dropped.
pub(super) struct ScratchClone {
    clone: PathBuf,
}

impl ScratchClone {
    /// Copies the commit that is checked out as `main` of a remote, and clones that.
    pub(super) fn copy() -> Result<Self> {
        let scratch = Path::new(SCRATCH);
        pack::empty(scratch)?;
        let (remote, clone) = (scratch.join("remote"), scratch.join("clone"));
        git(
            Path::new("."),
            &[
                "clone",
                "--quiet",
                "--bare",
                "--no-tags",
                ".",
                &remote.to_string_lossy(),
            ],
        )?;
        git(&remote, &["branch", "--force", "main", "HEAD"])?;
        git(&remote, &["symbolic-ref", "HEAD", "refs/heads/main"])?;
        git(
            Path::new("."),
            &[
                "clone",
                "--quiet",
                &remote.to_string_lossy(),
                &clone.to_string_lossy(),
            ],
        )?;
        Ok(Self { clone })
    }

    /// Prepares a version, and tags it.
    pub(super) fn tag(&self, version: &Version) -> Result<()> {
        self.set_version(version)?;
        let changelog = self.clone.join(CHANGELOG);
        let text = fs::read_to_string(&changelog)?;
        let section = format!("## [Unreleased]\n\n## [{version}] - 2026-01-01\n\n- Rehearsed.\n");
        let changed = text.replacen("## [Unreleased]\n", &section, 1);
        ensure!(changed != text, "{CHANGELOG} has no section `Unreleased`");
        fs::write(&changelog, changed)?;
        let tag = format!("v{version}");
        git(
            &self.clone,
            &["commit", "--quiet", "--all", &format!("--message=release {tag}")],
        )?;
        git(&self.clone, &["push", "--quiet", "origin", "HEAD:main"])?;
        git(&self.clone, &["tag", &tag])?;
        git(&self.clone, &["push", "--quiet", "origin", &tag])
    }

    fn set_version(&self, version: &Version) -> Result<()> {
        let before = format!("version = \"{}\"\n", self.version()?);
        let manifest = self.clone.join(MANIFEST);
        let text = fs::read_to_string(&manifest)?;
        ensure!(
            text.matches(&before).count() == 1,
            "{MANIFEST} does not say the version once"
        );
        let after = format!("version = \"{version}\"\n");
        Ok(fs::write(&manifest, text.replace(&before, &after))?)
    }

    /// Fails unless this tag can be released, or if the tag of another version could be as well.
    pub(super) fn check(&self, version: &Version) -> Result<()> {
        let (workspace, changelog) = (self.version()?, fs::read_to_string(self.clone.join(CHANGELOG))?);
        let found = |tag: &str| problems(tag, &workspace, &changelog, &self.clone);
        let told: Vec<_> = found(&format!("v{version}"))
            .iter()
            .map(ToString::to_string)
            .collect();
        if !told.is_empty() {
            bail!("v{version} cannot be released\n{}", told.join("\n"));
        }
        ensure!(
            !found(&format!("v{WORKSPACE}-other")).is_empty(),
            "another version can be released as well"
        );
        Ok(())
    }

    /// As cargo reads it.
    fn version(&self) -> Result<String> {
        let mut metadata = shell::cargo();
        metadata
            .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
            .current_dir(&self.clone);
        let told: Value = serde_json::from_str(&shell::output(&mut metadata)?)?;
        let packages = told["packages"].as_array().context("cargo names no packages")?;
        let ours = packages
            .iter()
            .find(|package| package["name"] == "asset-injector");
        let version = ours.and_then(|package| package["version"].as_str());
        Ok(version.context("cargo tells no version")?.to_owned())
    }
}

impl Drop for ScratchClone {
    fn drop(&mut self) {
        // The result does not matter: the next rehearsal begins with an empty folder.
        let _ = fs::remove_dir_all(SCRATCH);
    }
}

/// Runs git in a repository, whoever is at work here.
fn git(repository: &Path, words: &[&str]) -> Result<()> {
    let mut command = shell::command(
        "git",
        [
            "-c",
            "user.name=rehearsal",
            "-c",
            "user.email=rehearsal@localhost",
        ],
    );
    command
        .args(["-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"])
        .args(words)
        .current_dir(repository);
    shell::output(&mut command).map(drop)
}

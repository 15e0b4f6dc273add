//! A release on this machine: from its tag to its name, with everything looked at that a step has promised.
//!
//! What is on GitHub is left out: the list of releases that are shown is one of ours, a key signs in place of the workflow,
//! and nothing is scanned, since that asks for a database from outside. The images are of the binaries of `artifacts`, whatever version the tag names.

mod registry;
mod repository;

use std::fs;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::artifacts::{DIST, UNPACKED, binary};
use super::pack::files;
use super::registry::{Images, LATEST, list, move_latest, name, push_as};
use super::signature::{Key, Signer};
use super::verify::{self, ALGORITHMS, sums_file};
use super::version::Version;
use crate::static_binary::Architecture;
use crate::test::{self, needs};
use registry::Registry;
use repository::ScratchClone;

const KEY: &str = "target/xtask/key";
/// The key of somebody else.
const FOREIGN_KEY: &str = "target/xtask/foreign-key";
const DEPENDENCIES: &str = "target/xtask/rehearsed.spdx.json";
/// Where a download with a changed byte lies.
const CHANGED: &str = "target/xtask/changed";
/// Older than any version of the workspace.
const OLDER: &str = "v0.0.1";
/// Higher than any.
const UNRELEASED: &str = "999999.0.0";

/// What a release goes through, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Check,
    Push,
    Dependencies,
    Sign,
    Name,
    Verify,
    Publish,
    Latest,
}

struct Rehearsal {
    images: Images,
    repository: ScratchClone,
    key: Key,
    /// The releases that everyone sees.
    shown: Vec<String>,
}

/// Releases a pre-release, which leaves `latest` alone, then its version, which moves it, then the next one, of which each
/// step fails in turn until none does, then an older one.
pub(super) fn run(tag: &str) -> Result<()> {
    let pre_release = of_tag(tag)?;
    ensure!(
        pre_release.pre_release.is_some(),
        "`{tag}` is no pre-release\nhelp: name one, such as {tag}-rc.1: its version is released after it"
    );
    provide()?;
    a_changed_byte_is_refused()?;
    let registry = Registry::start()?;
    let mut rehearsal = Rehearsal::in_registry(&registry)?;
    let version = Version {
        pre_release: None,
        ..pre_release.clone()
    };
    let next = Version {
        patch: version.patch + 1,
        ..version.clone()
    };
    rehearsal.release(&pre_release, None)?;
    let first = rehearsal.release(&version, Some(&version))?;
    rehearsal.fail_at_each_step(&next)?;
    let second = rehearsal.go_through(&next, Some(&next))?;
    let older = rehearsal.release(&of_tag(OLDER)?, Some(&next))?;
    ensure!(first != second && second != older, "two versions have one digest");
    println!(
        "`{LATEST}` is {next}: neither a pre-release, nor a release that failed, nor an older one has moved it"
    );
    Ok(())
}

fn of_tag(tag: &str) -> Result<Version> {
    Version::of_tag(tag).map_err(|refused| anyhow::anyhow!("{refused}"))
}

fn provide() -> Result<()> {
    test::require(&[
        &needs::BUILDAH,
        &needs::SKOPEO,
        &needs::REGISTRY,
        &needs::PYTHON_VENV,
        &needs::SYFT,
        &needs::GO,
        &needs::COSIGN,
    ])?;
    for architecture in Architecture::ALL {
        let path = binary(architecture);
        ensure!(
            path.is_file(),
            "there is no `{}`\nhelp: run `cargo xtask release artifacts` first",
            path.display()
        );
    }
    Ok(())
}

/// Downloads the artifacts, with one byte of one file changed on the way, for each file.
fn a_changed_byte_is_refused() -> Result<()> {
    let (from, to) = (Path::new(DIST), Path::new(CHANGED));
    super::pack::empty(to)?;
    let mut names = files(from)?;
    names.extend(ALGORITHMS.map(sums_file));
    for name in &names {
        fs::copy(from.join(name), to.join(name))?;
    }
    verify::check(to, Path::new(UNPACKED))?;
    for name in &names {
        let right = fs::read(to.join(name))?;
        let mut changed = right.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(to.join(name), changed)?;
        ensure!(
            verify::check(to, Path::new(UNPACKED)).is_err(),
            "`{name}` is accepted with another byte in its middle"
        );
        fs::write(to.join(name), right)?;
    }
    println!("a changed byte of any of {} files is refused", names.len());
    Ok(fs::remove_dir_all(to)?)
}

impl Rehearsal {
    fn in_registry(registry: &Registry) -> Result<Self> {
        let images = Images::named(&format!("{}/rehearsal/asset-injector", registry.address));
        // A higher image that has its name, and is never released, keeps `latest` from nothing.
        let unreleased = push_as(&images, UNRELEASED)?;
        name(&images, &unreleased, UNRELEASED)?;
        let key = Key::make(Path::new(KEY))?;
        ensure!(
            key.verify(&images, &unreleased).is_err(),
            "an image is signed though nobody has signed it"
        );
        Ok(Self {
            images,
            repository: ScratchClone::copy()?,
            key,
            shown: Vec::new(),
        })
    }

    /// Tags a version, and releases it.
    fn release(&mut self, version: &Version, latest: Option<&Version>) -> Result<String> {
        self.repository.tag(version)?;
        self.go_through(version, latest)
    }

    /// Takes every step; `latest` is that of another version afterwards, or none.
    fn go_through(&mut self, version: &Version, latest: Option<&Version>) -> Result<String> {
        let digest = self.go(version, None)?;
        match latest {
            None => ensure!(
                !self.images.tags()?.iter().any(|tag| tag == LATEST),
                "{version} has become `{LATEST}`"
            ),
            Some(other) => ensure!(
                self.images.digest_of(LATEST)? == self.images.digest_of(&other.to_string())?,
                "`{LATEST}` is not {other} after {version}"
            ),
        }
        Ok(digest)
    }

    /// Tags a version, and has each step fail in turn: nothing comes of the later ones, and `latest` stays.
    fn fail_at_each_step(&mut self, version: &Version) -> Result<()> {
        self.repository.tag(version)?;
        let before = self.images.digest_of(LATEST)?;
        let told = version.to_string();
        for step in Step::ALL {
            let Err(failed) = self.go(version, Some(step)) else {
                bail!("{told} is released though {step:?} failed");
            };
            ensure!(failed.is::<MadeToFail>(), "{step:?} failed by itself: {failed:#}");
            ensure!(
                self.images.digest_of(LATEST)? == before,
                "`{LATEST}` was moved though {step:?} failed"
            );
            let is_named = self.images.tags()?.contains(&told);
            let is_shown = self.shown.contains(&told);
            ensure!(
                is_named == (step > Step::Name) && is_shown == (step > Step::Publish),
                "{step:?} failed, and it is named: {is_named}, it is shown: {is_shown}"
            );
            println!("{step:?} failed: `{LATEST}` stays, named: {is_named}, shown: {is_shown}");
        }
        Ok(())
    }

    /// Takes one step after the other, up to one that is made to fail; returns the digest of the image.
    fn go(&mut self, version: &Version, failing: Option<Step>) -> Result<String> {
        let told = version.to_string();
        let list_of = Path::new(DEPENDENCIES);
        let mut digest = String::new();
        for step in Step::ALL {
            if failing == Some(step) {
                bail!(MadeToFail(step));
            }
            println!("\n==> {told}: {step:?}");
            match step {
                Step::Check => self.repository.check(version)?,
                Step::Push => digest = self.push(&told)?,
                Step::Dependencies => list(&self.images, &digest, list_of)?,
                Step::Sign => self.sign(&digest, list_of)?,
                Step::Name => name(&self.images, &digest, &told)?,
                Step::Verify => verify::check(Path::new(DIST), Path::new(UNPACKED))?,
                Step::Publish => self.shown.push(told.clone()),
                Step::Latest => move_latest(&self.images, &digest, &told, &self.shown)?,
            }
        }
        Ok(digest)
    }

    /// Pushes the image of both platforms, which gives it no name.
    fn push(&self, version: &str) -> Result<String> {
        let before = self.images.tags()?;
        let digest = push_as(&self.images, version)?;
        let pushed = self.images.tags()?;
        ensure!(
            pushed == before,
            "the push alone has made {pushed:?} of {before:?}"
        );
        let platforms = self.images.platforms(&digest)?;
        ensure!(
            platforms == ["linux/amd64", "linux/arm64"],
            "the image is for {platforms:?}"
        );
        let labelled = self.images.label(&digest, "version")?;
        ensure!(
            labelled.as_deref() == Some(version),
            "the image of {version} says that it is {labelled:?}"
        );
        Ok(digest)
    }

    /// Signs, and looks whether our key has, and no other one.
    fn sign(&self, digest: &str, list: &Path) -> Result<()> {
        Signer::Key(&self.key).sign(&self.images, digest, list)?;
        self.key.verify(&self.images, digest)?;
        let foreign = Key::make(Path::new(FOREIGN_KEY))?;
        ensure!(
            foreign.verify(&self.images, digest).is_err(),
            "the image is signed by any key"
        );
        Ok(())
    }
}

impl Step {
    const ALL: [Self; 8] = [
        Self::Check,
        Self::Push,
        Self::Dependencies,
        Self::Sign,
        Self::Name,
        Self::Verify,
        Self::Publish,
        Self::Latest,
    ];
}

/// A step that was made to fail.
#[derive(Debug)]
struct MadeToFail(Step);

impl std::fmt::Display for MadeToFail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} was made to fail", self.0)
    }
}

impl std::error::Error for MadeToFail {}

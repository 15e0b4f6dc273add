//! What a release gives away: an archive and a list of dependencies for each processor, and the sums of all of them.
//!
//! Invariant: the same commit is the same bytes, so anyone can make them again and compare.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::dependencies::{self, Source, Subject};
use super::pack::{self, Contents, archive};
use crate::shell;
use crate::static_binary::{self, Architecture, Origin};
use crate::test::{self, needs, needs::Need};

/// Where they lie.
pub(super) const DIST: &str = "target/dist";
/// Where the archives are put together, and where the binaries lie that the image is made of.
const STAGE: &str = "target/xtask/dist";
/// A checkout of the same commit, to compile it once more.
const AGAIN: &str = "target/xtask/again";
const PROGRAM: &str = "asset-injector";
/// Where archives are unpacked, to look into them.
pub(super) const UNPACKED: &str = "target/xtask/unpacked";
/// What compiles the binaries of all processors.
const NEEDS: &[&Need] = &[
    &needs::CARGO_AUDITABLE,
    &needs::PYTHON_VENV,
    &needs::ZIGBUILD,
    &needs::MUSL_AMD64,
    &needs::MUSL_ARM64,
];

/// Where the binary of a processor lies, once the artifacts are made.
pub(super) fn binary(architecture: Architecture) -> PathBuf {
    Path::new(STAGE).join(architecture.name()).join(PROGRAM)
}

/// Makes all of them, in an empty folder; the binaries are compiled if none are given.
pub(super) fn make(given: Option<&Path>) -> Result<()> {
    if given.is_none() {
        test::require(NEEDS)?;
    }
    test::require(&[&needs::SYFT])?;
    let origin = Origin::of_head()?;
    for folder in [DIST, STAGE] {
        pack::empty(Path::new(folder))?;
    }
    for architecture in Architecture::ALL {
        let made = match given {
            Some(folder) => folder.join(architecture.name()).join(PROGRAM),
            None => static_binary::compile(Path::new("."), architecture, &origin)?,
        };
        let kept = binary(architecture);
        fs::create_dir_all(kept.parent().context("it lies in a folder")?)?;
        fs::copy(&made, kept).with_context(|| format!("cannot take `{}`", made.display()))?;
    }
    // Which program prints them does not matter, and only one of them runs here for certain.
    let printer = binary(Architecture::of_this_machine()?);
    for architecture in Architecture::ALL {
        let contents = Contents {
            binary: &binary(architecture),
            printer: &printer,
            epoch: &origin.epoch,
        };
        pack::pack(architecture, &contents, Path::new(STAGE), Path::new(DIST))?;
        list(architecture, &origin)?;
    }
    pack::sum(Path::new(DIST))?;
    println!("the artifacts lie in {DIST}");
    Ok(())
}

/// Compiles the same commit again in another folder, and compares with the binaries in the archives.
pub(super) fn reproduce() -> Result<()> {
    test::require(NEEDS)?;
    let origin = Origin::of_head()?;
    let again = Path::new(AGAIN);
    let mut remove = shell::command("git", ["worktree", "remove", "--force"]);
    shell::succeeds(remove.arg(again));
    shell::run(shell::command("git", ["worktree", "add", "--detach"]).arg(again))?;
    for architecture in Architecture::ALL {
        let compiled = static_binary::compile(again, architecture, &origin)?;
        let name = architecture.name();
        let released = pack::unpack(Path::new(DIST), architecture, Path::new(UNPACKED))?;
        let released = released.join("asset-injector");
        ensure!(
            fs::read(compiled)? == fs::read(released)?,
            "the binary for {name} is another one when it is compiled again"
        );
        println!("the binary for {name} is the same, compiled in another folder");
    }
    shell::run(shell::command("git", ["worktree", "remove", "--force"]).arg(again))
}

/// The list of dependencies, out of the binary itself.
fn list(architecture: Architecture, origin: &Origin) -> Result<()> {
    let list = Path::new(DIST).join(format!("{}.spdx.json", archive(architecture)));
    let subject = Subject {
        source: Source::File(&binary(architecture)),
        name: &format!("asset-injector-{}", architecture.name()),
        architecture,
    };
    dependencies::write(&subject, &list, origin)
}

//! What a release gives away: an archive and a list of dependencies for each processor, and the sums of all of them.
//!
//! Invariant: the same commit is the same bytes, so anyone can make them again and compare.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::WORKSPACE;
use super::pack::{self, Contents, archive};
use crate::shell;
use crate::static_binary::{self, Architecture, Origin};
use crate::test::{self, needs, needs::Need, tool};

/// Where they lie.
pub(super) const DIST: &str = "target/dist";
/// Where the archives are put together, and where the binaries lie that the image is made of.
const STAGE: &str = "target/xtask/dist";
/// A checkout of the same commit, to compile it once more.
const AGAIN: &str = "target/xtask/again";
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
/// A list of dependencies that is shorter is none: the program depends on more.
pub(super) const DEPENDENCIES_MIN: usize = 50;

/// Where the binary of a processor lies, once the artifacts are made.
pub(super) fn binary(architecture: Architecture) -> PathBuf {
    Path::new(STAGE).join(architecture.name()).join("asset-injector")
}

/// Makes all of them, in an empty folder.
pub(super) fn make() -> Result<()> {
    test::require(NEEDS)?;
    test::require(&[&needs::SYFT])?;
    let origin = Origin::of_head()?;
    for folder in [DIST, STAGE] {
        pack::empty(Path::new(folder))?;
    }
    for architecture in Architecture::ALL {
        let compiled = static_binary::compile(Path::new("."), architecture, &origin)?;
        let kept = binary(architecture);
        fs::create_dir_all(kept.parent().context("it lies in a folder")?)?;
        fs::copy(compiled, kept)?;
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
        dependencies(architecture, &origin)?;
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
fn dependencies(architecture: Architecture, origin: &Origin) -> Result<()> {
    let list = Path::new(DIST).join(format!("{}.spdx.json", archive(architecture)));
    let source = format!("file:{}", binary(architecture).display());
    spdx(
        &source,
        &format!("asset-injector-{}", architecture.name()),
        &list,
        origin,
    )
}

/// Writes the list of dependencies of a file or an image; one that lacks them is refused.
pub(super) fn spdx(source: &str, name: &str, list: &Path, origin: &Origin) -> Result<()> {
    let mut syft = Command::new(tool("syft"));
    syft.args([
        "scan",
        source,
        "--quiet",
        "--source-name",
        name,
        "--source-version",
        WORKSPACE,
    ])
    .arg("--output")
    .arg(format!("spdx-json={}", list.display()))
    .env("SYFT_CHECK_FOR_APP_UPDATE", "false");
    shell::run(&mut syft)?;
    let mut document: Value = serde_json::from_slice(&fs::read(list)?)?;
    let count = packages(&document);
    ensure!(
        count >= DEPENDENCIES_MIN,
        "`{}` names {count} packages of {DEPENDENCIES_MIN} or more",
        list.display()
    );
    // When and as which number it was written is no part of what is in it.
    document["creationInfo"]["created"] = origin.created.clone().into();
    document["documentNamespace"] =
        format!("urn:asset-injector:{WORKSPACE}:{name}:{}", origin.revision).into();
    fs::write(list, format!("{document:#}\n"))?;
    println!("`{}` names {count} packages", list.display());
    Ok(())
}

/// How many packages a list of dependencies names.
pub(super) fn packages(document: &Value) -> usize {
    document["packages"].as_array().map_or(0, Vec::len)
}

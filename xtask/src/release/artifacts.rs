//! What a release gives away: an archive and a list of dependencies for each processor, and the sums of all of them.
//!
//! Invariant: the same commit is the same bytes, so anyone can make them again and compare.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::WORKSPACE;
use super::verify::{ALGORITHMS, sums_file};
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
const UNPACKED: &str = "target/xtask/unpacked";
/// What else lies in an archive; below it, with its path.
const DOCUMENTS: &[&str] = &[
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "examples/rules",
];
const SHELLS: &[(&str, &str)] = &[
    ("bash", "asset-injector.bash"),
    ("zsh", "_asset-injector"),
    ("fish", "asset-injector.fish"),
];
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

/// What the archive of a processor is called, without the ending.
pub(super) fn archive(architecture: Architecture) -> String {
    format!("asset-injector-{WORKSPACE}-linux-{}", architecture.name())
}

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
        empty(Path::new(folder))?;
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
        pack(architecture, &printer, &origin)?;
        dependencies(architecture)?;
    }
    for algorithm in ALGORITHMS {
        let mut sum = Command::new(algorithm);
        sum.args(files(Path::new(DIST))?).current_dir(DIST);
        fs::write(
            Path::new(DIST).join(sums_file(algorithm)),
            shell::output(&mut sum)?,
        )?;
    }
    println!("the artifacts lie in {DIST}");
    Ok(())
}

/// The names of what a folder holds, sums left out, in order.
pub(super) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))? {
        let name = entry?.file_name().into_string();
        names.push(name.map_err(|name| anyhow::anyhow!("`{}` is no name", name.display()))?);
    }
    names.retain(|name| ALGORITHMS.iter().all(|algorithm| sums_file(algorithm) != *name));
    names.sort();
    Ok(names)
}

/// Unpacks the archive of a processor into a folder of its own; returns what it holds.
pub(super) fn unpack(folder: &Path, architecture: Architecture) -> Result<PathBuf> {
    let name = archive(architecture);
    let scratch = Path::new(UNPACKED).join(&name);
    empty(&scratch)?;
    let mut tar = shell::command("tar", ["--extract", "--file"]);
    tar.arg(folder.join(format!("{name}.tar.gz")))
        .arg("--directory")
        .arg(&scratch);
    shell::output(&mut tar)?;
    Ok(scratch.join(name))
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
        let released = unpack(Path::new(DIST), architecture)?.join("asset-injector");
        ensure!(
            fs::read(compiled)? == fs::read(released)?,
            "the binary for {name} is another one when it is compiled again"
        );
        println!("the binary for {name} is the same, compiled in another folder");
    }
    shell::run(shell::command("git", ["worktree", "remove", "--force"]).arg(again))
}

/// An archive in which nothing depends on when and by whom it was made.
fn pack(architecture: Architecture, printer: &Path, origin: &Origin) -> Result<()> {
    let name = archive(architecture);
    let folder = Path::new(STAGE).join(&name);
    for part in ["completions", "man"] {
        fs::create_dir_all(folder.join(part))?;
    }
    fs::copy(binary(architecture), folder.join("asset-injector"))?;
    for document in DOCUMENTS {
        let mut copy = shell::command("cp", ["--recursive", "--parents", document]);
        shell::output(copy.arg(&folder))?;
    }
    for (shell_name, file) in SHELLS {
        let script = shell::output(Command::new(printer).args(["completions", shell_name]))?;
        fs::write(folder.join("completions").join(file), script)?;
    }
    let page = shell::output(Command::new(printer).args(["reference", "man"]))?;
    fs::write(folder.join("man/asset-injector.1"), page)?;
    let target = std::path::absolute(DIST)?.join(format!("{name}.tar.gz"));
    let mut tar = shell::command(
        "tar",
        [
            "--create",
            "--sort=name",
            "--format=ustar",
            "--owner=0",
            "--group=0",
        ],
    );
    tar.args([
        "--numeric-owner",
        "--mode=u=rwX,go=rX",
        "--use-compress-program=gzip -9 -n",
    ])
    .arg(format!("--mtime=@{}", origin.epoch))
    .arg("--directory")
    .arg(STAGE)
    .arg("--file")
    .arg(target)
    .arg(&name);
    shell::run(&mut tar)
}

/// The list of dependencies, out of the binary itself.
fn dependencies(architecture: Architecture) -> Result<()> {
    let list = Path::new(DIST).join(format!("{}.spdx.json", archive(architecture)));
    let source = format!("file:{}", binary(architecture).display());
    spdx(&source, &format!("asset-injector-{}", architecture.name()), &list)
}

/// Writes the list of dependencies of a file or an image; one that lacks them is refused.
pub(super) fn spdx(source: &str, name: &str, list: &Path) -> Result<()> {
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
    let origin = Origin::of_head()?;
    document["creationInfo"]["created"] = origin.created.into();
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

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

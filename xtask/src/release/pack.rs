//! Archives and their sums.
//!
//! Invariant: what is in an archive decides its bytes, and not when, where and by whom it was made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::WORKSPACE;
use super::verify::{ALGORITHMS, sums_file};
use crate::shell;
use crate::static_binary::Architecture;

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
/// What an archive is made of, beside the documents.
pub(super) struct Contents<'a> {
    pub(super) binary: &'a Path,
    /// A binary that runs here, which prints what shells and `man` read.
    pub(super) printer: &'a Path,
    /// The time of every file, in seconds since 1970.
    pub(super) epoch: &'a str,
}

/// What the archive of a processor is called, without the ending.
pub(super) fn archive(architecture: Architecture) -> String {
    format!("asset-injector-{WORKSPACE}-linux-{}", architecture.name())
}

/// Puts an archive together below `stage`, and writes it into the folder `dist`.
pub(super) fn pack(
    architecture: Architecture,
    contents: &Contents<'_>,
    stage: &Path,
    dist: &Path,
) -> Result<()> {
    let name = archive(architecture);
    let folder = std::path::absolute(stage)?.join(&name);
    for part in ["completions", "man"] {
        fs::create_dir_all(folder.join(part))?;
    }
    fs::copy(contents.binary, folder.join("asset-injector"))?;
    let mut copy = shell::command("cp", ["--recursive", "--parents"]);
    shell::output(copy.args(DOCUMENTS).arg(&folder).current_dir(shell::root()))?;
    for (shell_name, file) in SHELLS {
        let script = shell::output(Command::new(contents.printer).args(["completions", shell_name]))?;
        fs::write(folder.join("completions").join(file), script)?;
    }
    let page = shell::output(Command::new(contents.printer).args(["reference", "man"]))?;
    fs::write(folder.join("man/asset-injector.1"), page)?;
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
    .arg(format!("--mtime=@{}", contents.epoch))
    .arg("--directory")
    .arg(stage)
    .arg("--file")
    .arg(std::path::absolute(dist)?.join(format!("{name}.tar.gz")))
    .arg(&name);
    shell::run(&mut tar)
}

/// Unpacks the archive of a processor below `into`; returns the folder that it holds.
pub(super) fn unpack(dist: &Path, architecture: Architecture, into: &Path) -> Result<PathBuf> {
    let name = archive(architecture);
    let folder = into.join(&name);
    empty(&folder)?;
    let mut tar = shell::command("tar", ["--extract", "--strip-components=1", "--file"]);
    tar.arg(dist.join(format!("{name}.tar.gz")))
        .arg("--directory")
        .arg(&folder);
    shell::output(&mut tar)?;
    Ok(folder)
}

/// Writes the sums of all files of a folder into it.
pub(super) fn sum(dist: &Path) -> Result<()> {
    for algorithm in ALGORITHMS {
        let mut sum = Command::new(algorithm);
        let sums = shell::output(sum.args(files(dist)?).current_dir(dist))?;
        fs::write(dist.join(sums_file(algorithm)), sums)?;
    }
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

/// Makes a folder, without what was in it.
pub(super) fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

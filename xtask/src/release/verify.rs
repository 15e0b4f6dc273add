//! Whether what was downloaded is what was released: every file, every sum, every archive.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::WORKSPACE;
use super::dependencies::{PACKAGES_MIN, packages};
use super::pack::{archive, files, unpack};
use crate::shell;
use crate::static_binary::Architecture;

/// The programs that make the sums, and check them.
pub(super) const ALGORITHMS: [&str; 2] = ["sha256sum", "sha512sum"];
/// What an archive holds at least, below its one folder.
const HELD: &[&str] = &[
    "LICENSE",
    "asset-injector",
    "completions/_asset-injector",
    "completions/asset-injector.bash",
    "completions/asset-injector.fish",
    "examples/rules/",
    "man/asset-injector.1",
];

/// `SHA256SUMS` for `sha256sum`.
pub(super) fn sums_file(algorithm: &str) -> String {
    format!("{}S", algorithm.to_uppercase())
}

/// Fails unless the folder holds exactly the artifacts of this version, unchanged; archives are unpacked below `scratch`.
pub(super) fn check(folder: &Path, scratch: &Path) -> Result<()> {
    sums(folder)?;
    let expected: BTreeSet<_> = Architecture::ALL
        .into_iter()
        .flat_map(|one| ["tar.gz", "spdx.json"].map(|ending| format!("{}.{ending}", archive(one))))
        .collect();
    let found: BTreeSet<_> = files(folder)?.into_iter().collect();
    ensure!(found == expected, "there are {found:?}, and not {expected:?}");
    for architecture in Architecture::ALL {
        let name = archive(architecture);
        let list = fs::read(folder.join(format!("{name}.spdx.json")))?;
        let list: Value = serde_json::from_slice(&list).context("the list of dependencies is no JSON")?;
        ensure!(
            packages(&list) >= PACKAGES_MIN,
            "`{name}.spdx.json` names no dependencies"
        );
        contents(folder, &name)?;
    }
    runs(&unpack(folder, Architecture::of_this_machine()?, scratch)?)?;
    println!("`{}` holds version {WORKSPACE}, unchanged", folder.display());
    Ok(())
}

/// Has every file have its sum, and no sum be without its file.
pub(super) fn sums(folder: &Path) -> Result<()> {
    let files = files(folder)?;
    for algorithm in ALGORITHMS {
        let name = sums_file(algorithm);
        let text = fs::read_to_string(folder.join(&name)).with_context(|| format!("no `{name}`"))?;
        let named: Vec<_> = text
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(_, file)| file)
            .collect();
        ensure!(
            named == files && named.len() == text.lines().count(),
            "`{name}` is of {named:?}, and there are {files:?}"
        );
        let mut check = shell::command(algorithm, ["--check", "--strict", "--quiet", &name]);
        shell::output(check.current_dir(folder))?;
    }
    Ok(())
}

fn contents(folder: &Path, name: &str) -> Result<()> {
    let mut list = shell::command("tar", ["--list", "--file"]);
    let listed = shell::output(list.arg(format!("{name}.tar.gz")).current_dir(folder))?;
    for held in HELD {
        let path = format!("{name}/{held}");
        ensure!(
            listed.lines().any(|line| line == path),
            "`{name}.tar.gz` lacks `{held}`"
        );
    }
    let outside = listed.lines().find(|line| !line.starts_with(&format!("{name}/")));
    ensure!(outside.is_none(), "`{name}.tar.gz` holds {outside:?}");
    Ok(())
}

/// The binary for this machine runs, and is of this version.
fn runs(unpacked: &Path) -> Result<()> {
    let mut version = Command::new(unpacked.join("asset-injector"));
    let told = shell::output(version.args(["version", "--format", "json"]))?;
    let told: Value = serde_json::from_str(&told)?;
    ensure!(
        told["version"] == WORKSPACE,
        "the binary says {}, and not {WORKSPACE}",
        told["version"]
    );
    let mut check = Command::new(unpacked.join("asset-injector"));
    check.arg("check").arg(unpacked.join("examples/rules"));
    shell::output(&mut check).map(|_| ())
}

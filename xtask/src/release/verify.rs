//! Whether what was downloaded is what was released: every file, every sum, every archive.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::WORKSPACE;
use super::artifacts::{DEPENDENCIES_MIN, archive, files, packages, unpack};
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

/// Fails unless the folder holds exactly the artifacts of this version, unchanged.
pub(super) fn check(folder: &Path) -> Result<()> {
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
            packages(&list) >= DEPENDENCIES_MIN,
            "`{name}.spdx.json` names no dependencies"
        );
        contents(folder, &name)?;
    }
    runs(folder)?;
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
fn runs(folder: &Path) -> Result<()> {
    let unpacked = unpack(folder, Architecture::of_this_machine()?)?;
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

#[cfg(test)]
mod tests {
    use super::{ALGORITHMS, sums, sums_file};
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use tempfile::TempDir;

    use crate::shell;

    /// Two files with their sums.
    fn released() -> TempDir {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("a.tar.gz"), "archive").expect("a file");
        fs::write(folder.path().join("b.spdx.json"), "list").expect("a file");
        for algorithm in ALGORITHMS {
            let mut sum = Command::new(algorithm);
            sum.args(["a.tar.gz", "b.spdx.json"]).current_dir(folder.path());
            let text = shell::output(&mut sum).expect("sums");
            fs::write(folder.path().join(sums_file(algorithm)), text).expect("a file");
        }
        folder
    }

    fn files(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    #[test]
    fn what_is_unchanged_is_accepted() {
        sums(released().path()).expect("it is unchanged");
    }

    #[test]
    fn each_changed_byte_of_each_file_is_refused() {
        let folder = released();
        for file in files(folder.path()) {
            let bytes = fs::read(&file).expect("a file");
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                fs::write(&file, &changed).expect("a file");
                assert!(sums(folder.path()).is_err(), "byte {at} of {}", file.display());
            }
            fs::write(&file, &bytes).expect("a file");
        }
        sums(folder.path()).expect("all of it is as it was");
    }

    #[test]
    fn a_file_too_many_and_a_file_too_few_are_refused() {
        let folder = released();
        fs::write(folder.path().join("c.tar.gz"), "another").expect("a file");
        assert!(sums(folder.path()).is_err());
        for file in files(released().path()) {
            let folder = released();
            let name = file.file_name().expect("a name");
            fs::remove_file(folder.path().join(name)).expect("it was there");
            assert!(sums(folder.path()).is_err(), "{}", file.display());
        }
    }

    #[test]
    fn a_line_that_is_no_sum_is_refused() {
        let folder = released();
        let file = folder.path().join("SHA256SUMS");
        let text = fs::read_to_string(&file).expect("a file");
        for changed in [
            format!("{text}\n"),
            format!("{text}no sum\n"),
            text.replace("  a", " *a"),
        ] {
            fs::write(&file, changed).expect("a file");
            assert!(sums(folder.path()).is_err());
        }
    }
}

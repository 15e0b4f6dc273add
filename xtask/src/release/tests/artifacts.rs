//! Artifacts made of a program that only talks: the same bytes wherever they are made, and no changed byte is accepted.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use super::super::dependencies::PACKAGES_MIN;
use super::super::pack::{self, Contents, archive, files};
use super::super::verify::{check, sums};
use crate::static_binary::Architecture;

/// A program as far as archives are concerned.
const PROGRAM: &str = "#!/bin/sh\ncase $1 in\n  version) echo '{\"version\": \"VERSION\"}' ;;\n  check) test -d \"$2\" ;;\n  \
                       *) echo \"$@\" ;;\nesac\n";
const NOW: &str = env!("CARGO_PKG_VERSION");

/// What a release of a program of this version gives away.
fn released(version: &str, mode: u32) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let [dist, stage] = ["dist", "stage"].map(|name| folder.path().join(name));
    fs::create_dir_all(&dist).expect("a folder");
    fs::create_dir_all(&stage).expect("a folder");
    let program = folder.path().join("program");
    fs::write(&program, PROGRAM.replace("VERSION", version)).expect("a file");
    fs::set_permissions(&program, fs::Permissions::from_mode(mode)).expect("a program");
    for architecture in Architecture::ALL {
        let contents = Contents {
            binary: &program,
            printer: &program,
            epoch: "1700000000",
        };
        pack::pack(architecture, &contents, &stage, &dist).expect("an archive");
        put_list(&dist, architecture, PACKAGES_MIN);
    }
    pack::sum(&dist).expect("sums");
    folder
}

fn put_list(dist: &Path, architecture: Architecture, count: usize) {
    let packages: Vec<_> = (0..count).map(|number| json!({ "name": number })).collect();
    let path = dist.join(format!("{}.spdx.json", archive(architecture)));
    fs::write(path, json!({ "packages": packages }).to_string()).expect("a file");
}

fn paths(dist: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dist).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

/// What is said against a folder, if anything.
fn refusal(folder: &TempDir) -> Option<String> {
    let scratch = folder.path().join("unpacked");
    let refused = check(&folder.path().join("dist"), &scratch).err()?;
    Some(format!("{refused:#}"))
}

#[test]
fn artifacts_are_the_same_bytes_wherever_they_are_made() {
    let (one, other) = (released(NOW, 0o755), released(NOW, 0o700));
    for path in paths(&one.path().join("dist")) {
        let twin = other.path().join("dist").join(path.file_name().expect("a name"));
        assert_eq!(
            fs::read(&path).expect("a file"),
            fs::read(twin).expect("a file"),
            "{}",
            path.display()
        );
    }
    assert_eq!(refusal(&one), None);
}

#[test]
fn a_changed_byte_of_any_file_is_refused() {
    let folder = released(NOW, 0o755);
    for path in paths(&folder.path().join("dist")) {
        let bytes = fs::read(&path).expect("a file");
        // Some of the long ones, and each of the short ones, which the sums are.
        let step = (bytes.len() / 50).clamp(1, 1_000_000);
        for at in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).expect("a file");
            let refused = sums(&folder.path().join("dist"));
            assert!(refused.is_err(), "byte {at} of {}", path.display());
        }
        fs::write(&path, &bytes).expect("a file");
    }
    assert_eq!(refusal(&folder), None);
}

#[test]
fn a_file_too_many_and_a_file_too_few_are_refused() {
    let folder = released(NOW, 0o755);
    let dist = folder.path().join("dist");
    for path in paths(&dist) {
        let kept = fs::read(&path).expect("a file");
        fs::remove_file(&path).expect("it was there");
        assert!(refusal(&folder).is_some(), "{}", path.display());
        fs::write(&path, kept).expect("a file");
    }
    fs::write(dist.join("more"), "").expect("a file");
    assert!(refusal(&folder).is_some());
    // Nor may the sums be right of it.
    pack::sum(&dist).expect("sums");
    assert!(refusal(&folder).is_some_and(|refused| refused.contains("more")));
}

#[test]
fn a_line_that_is_no_sum_is_refused() {
    let folder = released(NOW, 0o755);
    let dist = folder.path().join("dist");
    let path = dist.join("SHA256SUMS");
    let text = fs::read_to_string(&path).expect("a file");
    assert_eq!(text.lines().count(), files(&dist).expect("names").len());
    for changed in [
        format!("{text}\n"),
        format!("{text}no sum\n"),
        text.replace("  asset", " *asset"),
    ] {
        fs::write(&path, changed).expect("a file");
        assert!(sums(&dist).is_err());
    }
}

#[test]
fn a_program_of_another_version_and_a_list_of_nothing_are_refused() {
    let refused = refusal(&released("0.0.0", 0o755)).expect("it is refused");
    assert!(refused.contains("the binary says \"0.0.0\""), "{refused}");
    let folder = released(NOW, 0o755);
    let dist = folder.path().join("dist");
    put_list(&dist, Architecture::Arm64, PACKAGES_MIN - 1);
    pack::sum(&dist).expect("sums");
    let refused = refusal(&folder).expect("it is refused");
    assert!(refused.contains("names no dependencies"), "{refused}");
}

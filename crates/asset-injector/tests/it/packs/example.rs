//! The example of a community repository is what the program makes of it.

use crate::binary::Sandbox;
use std::{
    fs,
    path::{Path, PathBuf},
};

const PACKS: [&str; 3] = ["chat-support", "consent-more", "news-overlays"];

pub(super) fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/community")
}

/// Copies a folder, but for what is hidden in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_name().to_str().unwrap().starts_with('.') {
            continue;
        }
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => _ = fs::copy(entry.path(), target).unwrap(),
        }
    }
}

#[test]
fn the_example_has_no_findings_and_is_in_the_one_style() {
    let sandbox = Sandbox::new();
    copy(&example(), sandbox.path());
    let ran = sandbox
        .run(&["check", "--mode", "all", "--deny-warnings", "."])
        .code(0);
    ran.prints(&["nothing to complain about"]);
    sandbox.run(&["fmt", "--check", "."]).code(0);
}

#[test]
fn its_archives_and_indexes_are_reproduced_byte_for_byte() {
    let sandbox = Sandbox::new();
    copy(&example(), sandbox.path());
    let mut files = vec!["index.json".to_owned(), "singles/index.json".to_owned()];
    for name in PACKS {
        let folder = format!("packs/{name}");
        let archive = format!("{folder}/{name}-1.0.0.zip");
        fs::remove_file(sandbox.path().join(&archive)).unwrap();
        sandbox.run(&["packs", "build", &folder, "-o", &folder]).code(0);
        files.push(archive);
    }
    sandbox
        .run(&["packs", "index", "."])
        .code(0)
        .prints(&["unchanged ./index.json", "unchanged ./singles/index.json"]);
    for file in files {
        let (kept, made) = (
            fs::read(example().join(&file)),
            fs::read(sandbox.path().join(&file)),
        );
        assert!(
            kept.unwrap() == made.unwrap(),
            "{file} differs from what is made of its sources"
        );
    }
}

//! What the image is built of: what `.dockerignore` lets into the build, and what it keeps out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use super::engine::Engine;
use crate::shell;

const IMAGE: &str = "localhost/asset-injector:context";
const CONTENTS: &str = "FROM scratch\nCOPY . /context/\n";
/// In a folder of its own: what gets in.
const WANTED: [&str; 9] = [
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "crates/rules/Cargo.toml",
    "crates/rules/src/lib.rs",
    "docs/reference/openapi.json",
    "rust-toolchain.toml",
    "xtask/Cargo.toml",
    "xtask/src/main.rs",
];
/// And what stays out: the history, what was built, what nobody else may read, and what no binary is made of.
const UNWANTED: [&str; 17] = [
    ".env",
    ".git/config",
    ".github/workflows/ci.yml",
    "crates/rules/.env",
    "crates/rules/.env.local",
    "crates/rules/fuzz/seeds/a",
    "crates/rules/src/server.key",
    "crates/rules/src/server.pem",
    "crates/rules/target/debug/a",
    "crates/rules/tests/it/main.rs",
    "docs/guide.md",
    "fuzz/Cargo.toml",
    "kubeconfig",
    "scripts/rollback.sh",
    "secrets/token",
    "target/release/asset-injector",
    "xtask/tests/it/main.rs",
];

/// Looks at a folder with both, and at the repository itself.
pub(super) fn check(engine: &Engine, scratch: &Path) -> Result<()> {
    let folder = scratch.join("context");
    for path in WANTED.into_iter().chain(UNWANTED) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs::write(path, "planted\n")?;
    }
    let seen = sent(engine, scratch, &folder)?;
    let wanted: BTreeSet<_> = WANTED.map(str::to_owned).into();
    ensure!(seen == wanted, "not what is wanted gets in: {seen:?}");

    let known = shell::output(&mut shell::command(
        "git",
        ["ls-files", "--cached", "--others", "--exclude-standard"],
    ))?;
    let known: BTreeSet<&str> = known.lines().collect();
    let seen = sent(engine, scratch, Path::new("."))?;
    let strange: Vec<_> = seen
        .iter()
        .filter(|path| !known.contains(path.as_str()))
        .collect();
    ensure!(strange.is_empty(), "git does not know what gets in: {strange:?}");
    ensure!(
        WANTED[..4].iter().all(|path| seen.contains(*path)),
        "too little gets in: {seen:?}"
    );
    println!(
        "{} files get into the build; history, builds, tests and secrets do not",
        seen.len()
    );
    Ok(())
}

/// The files of a folder that a build is given.
fn sent(engine: &Engine, scratch: &Path, folder: &Path) -> Result<BTreeSet<String>> {
    let dockerfile = scratch.join("Dockerfile.context");
    fs::write(&dockerfile, CONTENTS)?;
    let mut build = engine.buildah("build");
    build
        .args([
            "--quiet",
            "--ignorefile",
            ".dockerignore",
            "--tag",
            IMAGE,
            "--file",
        ])
        .args([&dockerfile, folder]);
    shell::output(&mut build)?;
    let name = shell::output(engine.podman("create").args([IMAGE, "none"]))?;
    let archive = scratch.join("context.tar");
    let mut export = engine.podman("export");
    shell::output(export.arg("--output").arg(&archive).arg(name.trim()))?;
    let listed = shell::output(shell::command("tar", ["--list", "--file"]).arg(&archive))?;
    shell::output(engine.podman("rm").arg(name.trim()))?;
    let files = listed.lines().filter(|path| !path.ends_with('/'));
    let files = files.filter_map(|path| path.trim_start_matches('/').strip_prefix("context/"));
    Ok(files.map(str::to_owned).collect())
}

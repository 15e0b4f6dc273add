//! The target `debug`: the same image with a shell.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::engine::Engine;
use super::promises::RESTRICTED;
use super::{Origin, VERSION, build};
use crate::shell;

const IMAGE: &str = "localhost/asset-injector:debug";
/// What is asked of the shell, and what it answers, without what the version says behind its number.
const SCRIPT: &str = "busybox id -u; echo ok >/data/file; busybox cat /data/file; /asset-injector version";
const ANSWER: &str = "65532\nok\nasset-injector ";

/// Builds it with the shell of this machine, since none is pulled, and has the shell do something.
pub(super) fn check(engine: &Engine, context: &Path, origin: &Origin) -> Result<()> {
    let busybox = shell::find_program("busybox").context("there is no busybox")?;
    let folder = context.with_file_name("shell");
    fs::create_dir_all(folder.join("bin"))?;
    fs::copy(busybox, folder.join("bin/busybox"))?;
    let mut command = build(engine, context, origin, VERSION);
    command
        .arg(format!("--build-context=shell={}", folder.display()))
        .args(["--target", "debug", "--tag", IMAGE, "."]);
    shell::run(&mut command)?;
    let mut run = engine.podman("run");
    run.arg("--rm")
        .args(RESTRICTED)
        .args(["--entrypoint", "/bin/sh", IMAGE, "-c", SCRIPT]);
    let told = shell::output(&mut run)?;
    ensure!(told.starts_with(ANSWER), "its shell answers:\n{told}");
    let label = "org.opencontainers.image.revision";
    let labels = engine.inspect("image", IMAGE)?["Config"]["Labels"].take();
    ensure!(
        labels[label] == origin.revision.as_str(),
        "its labels are {labels}"
    );
    println!("the debug target has a shell, and is the same else");
    Ok(())
}

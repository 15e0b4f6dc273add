//! A release on this machine: the images go into a registry of its own, and every name is looked at after each step.
//!
//! Invariant: the registry ends with the rehearsal, and its folder is gone.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::WORKSPACE;
use super::artifacts::binary;
use super::registry::{Images, LATEST, move_latest, name, push_as};
use crate::http;
use crate::static_binary::Architecture;
use crate::test::{self, needs};

const SCRATCH: &str = "target/xtask/registry";
const READY_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
/// Older than any version of the workspace.
const OLDER: &str = "0.0.1";
/// Higher than any.
const UNRELEASED: &str = "999.0.0";

/// A registry that runs; ended when dropped.
struct Registry {
    child: Child,
    address: SocketAddr,
}

/// Releases a pre-release, which leaves `latest` alone, then the version, which moves it, then an older one.
pub(super) fn run() -> Result<()> {
    test::require(&[&needs::BUILDAH, &needs::SKOPEO, &needs::REGISTRY])?;
    for architecture in Architecture::ALL {
        let path = binary(architecture);
        ensure!(
            path.is_file(),
            "there is no `{}`\nhelp: run `cargo xtask release artifacts` first",
            path.display()
        );
    }
    let registry = Registry::start()?;
    let images = Images::named(&format!("{}/rehearsal/asset-injector", registry.address));
    let pre_release = format!("{WORKSPACE}-rc.1");
    // A higher image that has its name, and is never released, keeps `latest` from nothing.
    let unreleased = push_as(&images, UNRELEASED)?;
    name(&images, &unreleased, UNRELEASED)?;
    let mut shown = Vec::new();
    release(&images, &pre_release, &mut shown, None)?;
    let released = release(&images, WORKSPACE, &mut shown, Some(WORKSPACE))?;
    let older = release(&images, OLDER, &mut shown, Some(WORKSPACE))?;
    ensure!(released != older, "two versions have one digest");
    println!("`{LATEST}` is {WORKSPACE}, which neither {pre_release} nor {OLDER} has changed");
    Ok(())
}

/// Releases a version beside those that are shown, and looks at the names before and after; `latest` is that of another
/// version afterwards, or none.
fn release(images: &Images, version: &str, shown: &mut Vec<String>, latest: Option<&str>) -> Result<String> {
    // A registry knows no repository that nothing was pushed to.
    let before = images.tags().unwrap_or_default();
    let digest = push_as(images, version)?;
    let pushed = images.tags().unwrap_or_default();
    ensure!(
        pushed == before,
        "the push alone has made {pushed:?} of {before:?}"
    );
    let labelled = images.label(&digest, "version")?;
    ensure!(
        labelled.as_deref() == Some(version),
        "the image of {version} says that it is {labelled:?}"
    );
    name(images, &digest, version)?;
    shown.push(version.to_owned());
    move_latest(images, &digest, version, shown)?;
    match latest {
        None => ensure!(
            !images.tags()?.iter().any(|tag| tag == LATEST),
            "{version} has become `{LATEST}`"
        ),
        Some(other) => ensure!(
            images.digest_of(LATEST)? == images.digest_of(other)?,
            "`{LATEST}` is not {other} after {version}"
        ),
    }
    Ok(digest)
}

impl Registry {
    fn start() -> Result<Self> {
        let folder = Path::new(SCRATCH);
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let settings = folder.join("settings.yml");
        let data = std::path::absolute(folder)?.join("data");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: \"{}\"}}}}\nhttp: {{addr: \"{address}\"}}\n",
            data.display()
        );
        fs::write(&settings, text)?;
        let log = File::create(folder.join("log"))?;
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&settings).stdin(Stdio::null());
        let child = command.stdout(log.try_clone()?).stderr(log).spawn();
        let registry = Self {
            child: child.context("cannot start docker-registry")?,
            address,
        };
        let started = Instant::now();
        while !http::get(address, "/v2/").is_ok_and(|answer| answer.status == 200) {
            ensure!(
                started.elapsed() < READY_WITHIN,
                "the registry does not answer; `{}` says why",
                folder.join("log").display()
            );
            std::thread::sleep(POLL);
        }
        Ok(registry)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // The results do not matter: what cannot be removed is looked at by nobody.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(SCRATCH);
    }
}

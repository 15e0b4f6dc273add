//! A registry on this machine.
//!
//! Invariant: it ends with the rehearsal, and its folder is gone.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::http;

const SCRATCH: &str = "target/xtask/registry";
const READY_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// A registry that runs; ended when dropped.
pub(super) struct Registry {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Registry {
    pub(super) fn start() -> Result<Self> {
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

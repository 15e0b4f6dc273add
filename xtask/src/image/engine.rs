//! Buildah and Podman with images, containers and settings of their own.
//!
//! Invariant: nothing outlives the engine; dropping it removes every container and the folder of the images.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{http, shell};

/// The image under test.
pub(super) const IMAGE: &str = "localhost/asset-injector:checked";
/// Without a login session there are no limits to inherit, no systemd and no journal.
const CONTAINERS: &str = "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1000:1000\"]\n\
                          [engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n";
const READY_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

/// The programs, and where they keep things.
pub(crate) struct Engine {
    /// Short, since sockets lie in it.
    storage: PathBuf,
    settings: PathBuf,
    log: PathBuf,
}

/// A container that runs; removed when dropped.
pub(super) struct Container<'engine> {
    engine: &'engine Engine,
    name: String,
    pub(super) address: SocketAddr,
    /// From the call until it was ready.
    pub(super) started_in: Duration,
}

impl Engine {
    pub(crate) fn start(scratch: &Path) -> Result<Self> {
        let scratch = std::path::absolute(scratch)?;
        let storage = std::env::temp_dir().join(format!("asset-injector-{}", std::process::id()));
        let settings = scratch.join("settings");
        fs::create_dir_all(&settings)?;
        fs::write(settings.join("containers.conf"), CONTAINERS)?;
        let engine = Self {
            storage,
            settings,
            log: scratch.join("engine.log"),
        };
        let folder = engine.storage.display();
        let text = format!(
            "[storage]\ndriver = \"vfs\"\nrunroot = \"{folder}/run\"\ngraphroot = \"{folder}/images\"\n"
        );
        fs::write(engine.settings.join("storage.conf"), text)?;
        Ok(engine)
    }

    pub(super) fn buildah(&self, task: &str) -> Command {
        let mut command = self.command("buildah", task);
        command.env("BUILDAH_ISOLATION", "chroot");
        command
    }

    pub(super) fn podman(&self, task: &str) -> Command {
        self.command("podman", task)
    }

    /// A program with this first word that works on what belongs to this engine.
    pub(super) fn command(&self, program: impl AsRef<OsStr>, task: &str) -> Command {
        let mut command = Command::new(program);
        command
            .arg(task)
            .env("CONTAINERS_CONF", self.settings.join("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", self.settings.join("storage.conf"));
        command
    }

    /// What the image says of itself.
    pub(super) fn image(&self) -> Result<Value> {
        self.inspect("image", IMAGE)
    }

    pub(super) fn inspect(&self, kind: &str, name: &str) -> Result<Value> {
        let told = shell::output(self.podman("inspect").args(["--type", kind, name]))?;
        let mut told: Value = serde_json::from_str(&told)?;
        Ok(told[0].take())
    }

    /// Runs the image with these options, and waits until it is ready.
    pub(super) fn serve<S: AsRef<str>>(&self, name: &str, options: &[S]) -> Result<Container<'_>> {
        let started = Instant::now();
        let mut run = self.podman("run");
        run.args(["--detach", "--name", name, "--publish", "127.0.0.1::8080"])
            .args(options.iter().map(AsRef::as_ref))
            .arg(IMAGE);
        println!("$ {}", shell::line(&run));
        // It complains of a systemd that is not there, which only times health checks.
        let log = File::options().create(true).append(true).open(&self.log)?;
        let status = run
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .status()?;
        let mut container = Container {
            engine: self,
            name: name.to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            started_in: Duration::ZERO,
        };
        if !status.success() {
            bail!("podman ended with {status}; `{}` says why", self.log.display());
        }
        let told = shell::output(self.podman("port").args([name, "8080/tcp"]))?;
        container.address = told.trim().parse().context("no address")?;
        while !http::get(container.address, "/health/ready").is_ok_and(|answer| answer.status == 200) {
            if started.elapsed() > READY_WITHIN {
                bail!("the container is not ready; its log:\n{}", container.log()?);
            }
            std::thread::sleep(POLL);
        }
        container.started_in = started.elapsed();
        Ok(container)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The results do not matter: what cannot be removed is looked at by nobody.
        let mut remove = self.podman("rm");
        shell::succeeds(remove.args(["--all", "--force", "--volumes", "--time", "0"]));
        let _ = fs::remove_dir_all(&self.storage);
    }
}

impl Container<'_> {
    /// What the engine says of it.
    pub(super) fn told(&self) -> Result<Value> {
        self.engine.inspect("container", &self.name)
    }

    /// A command of Podman on it, with these words after its name.
    pub(super) fn podman<S: AsRef<OsStr>>(&self, task: &str, words: &[S]) -> Command {
        let mut command = self.engine.podman(task);
        command.arg(&self.name).args(words);
        command
    }

    /// Whether its health check succeeds now.
    pub(super) fn check_health(&self) -> bool {
        shell::succeeds(self.engine.podman("healthcheck").args(["run", &self.name]))
    }

    /// The verdict of the engine after the checks so far.
    pub(super) fn health(&self) -> Result<String> {
        let told = self.told()?;
        let state = &told["State"];
        // Podman has called it both.
        let status = [&state["Health"]["Status"], &state["Healthcheck"]["Status"]];
        let status = status.into_iter().find_map(Value::as_str);
        Ok(status.context("no health status")?.to_owned())
    }

    pub(super) fn log(&self) -> Result<String> {
        let output = self.engine.podman("logs").arg(&self.name).output()?;
        Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let mut remove = self.engine.podman("rm");
        shell::succeeds(remove.args(["--force", "--volumes", "--time", "0", &self.name]));
    }
}

//! A running `asset-injector serve`: started, waited for, stopped.
//!
//! Invariant: the child never outlives the value; dropping it stops the process.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{http, shell};

/// The release binary, as `cargo xtask run` and the benchmarks use it.
pub(crate) const RELEASE_BINARY: &str = "target/release/asset-injector";

/// Longer than any start that anyone would wait for.
const HEALTHY_WITHIN: Duration = Duration::from_secs(60);
/// The server's own hard end after a signal is 30 s.
const STOPPED_WITHIN: Duration = Duration::from_secs(35);

/// A server child process and where it listens.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// What cargo is asked for the release binary.
pub(crate) const RELEASE_BUILD: &[&str] = &["build", "--release", "--locked", "--package", "asset-injector"];

/// Builds the release binary.
pub(crate) fn build_release() -> Result<()> {
    shell::run(shell::cargo().args(RELEASE_BUILD))
}

/// Returns a free port of the loopback interface, or the reason why this one is not.
pub(crate) fn probe_port(port: u16) -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    Ok(listener.local_addr()?.port())
}

impl Server {
    /// Starts the release binary on the rules in `rules` with these settings; everything it writes stays in
    /// `scratch`, and its log goes to `log`.
    pub(crate) fn start(
        rules: &Path,
        scratch: &Path,
        settings: &[(&str, &str)],
        port: u16,
        log: Stdio,
    ) -> Result<Self> {
        std::fs::create_dir_all(scratch).with_context(|| format!("cannot create `{}`", scratch.display()))?;
        let mut command = Command::new(RELEASE_BINARY);
        command
            .arg("serve")
            .env("LOCAL_RULES_DIR", rules)
            .env("RULES_DIR", scratch.join("rules"))
            .env("RESOLVE_MODE", "all")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(log);
        Self::spawn(command, port)
    }

    /// Starts a program on the rules in a database, with these settings; its data and its log are in `folder`.
    pub(crate) fn start_on_database(
        program: &Path,
        url: &str,
        folder: &Path,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        // Those that stood in its place before have written there too.
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("server.log"))?;
        let mut command = Command::new(program);
        command
            .arg("serve")
            .env("DATABASE_URL", url)
            .env("DATA_DIR", folder.join("data"))
            .env("RULES_DIR", folder.join("unused"))
            // A slow machine is no fault of the database.
            .env("REQUEST_TIMEOUT", "10s")
            // Whoever has just looked up its address still comes.
            .env("SHUTDOWN_DRAIN", "1s")
            .env("LOG_FORMAT", "json")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(log);
        Self::spawn(command, probe_port(0)?)
    }

    /// Starts a command that serves, on this port of the loopback interface.
    pub(crate) fn spawn(mut command: Command, port: u16) -> Result<Self> {
        let child = command
            .env("HOST", "127.0.0.1")
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{RELEASE_BINARY}`"))?;
        Ok(Self {
            child,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        })
    }

    /// Waits until the server says that it is ready; fails with the reason if it ended instead.
    pub(crate) fn wait_until_ready(&mut self, poll: Duration) -> Result<Duration> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status} before it was ready; its own message says why");
            }
            if http::get(self.address, "/health/ready").is_ok_and(|answer| answer.status == 200) {
                return Ok(started.elapsed());
            }
            if started.elapsed() > HEALTHY_WITHIN {
                bail!("the server was not ready after {} s", HEALTHY_WITHIN.as_secs());
            }
            std::thread::sleep(poll);
        }
    }

    /// The status with which the server ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets the process stand still.
    pub(crate) fn pause(&self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::STOP).context("cannot signal the server")
    }

    /// Lets the process go on.
    pub(crate) fn resume(&self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::CONT).context("cannot signal the server")
    }

    /// Ends the process at once, as a power cut would.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill().context("cannot kill the server")?;
        self.child.wait()?;
        Ok(())
    }

    /// Stops the server and waits for its clean end. SIGTERM is sent only if it is still there after
    /// `grace`: Ctrl-C has reached it already, and a second signal would cut its drain short.
    pub(crate) fn stop(mut self, grace: Duration) -> Result<()> {
        let mut ended = self.wait(grace)?;
        if ended.is_none() {
            kill_process(Pid::from_child(&self.child), Signal::TERM).context("cannot signal the server")?;
            ended = self.wait(STOPPED_WITHIN)?;
        }
        match ended {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("the server ended with {status} when it was asked to stop"),
            None => bail!(
                "the server did not stop within {} s of SIGTERM",
                STOPPED_WITHIN.as_secs()
            ),
        }
    }

    fn wait(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        let started = Instant::now();
        loop {
            let ended = self.child.try_wait()?;
            if ended.is_some() || started.elapsed() >= limit {
                return Ok(ended);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // The result does not matter: it is gone, or it goes now.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

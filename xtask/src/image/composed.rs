//! The compose file with the image: it comes up, keeps what was written, and ends cleanly.
//!
//! Podman has no timer for health checks here, so the check is run as Docker would.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::engine::{self, Engine};
use super::promises::Token;
use crate::{http, shell, test};

const FILE: &str = "deploy/docker-compose.yml";
/// The name that the file gives the image that it builds.
const IMAGE: &str = "localhost/asset-injector:local";
/// Where the file publishes the service.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const READY_WITHIN: Duration = Duration::from_secs(60);
/// What the file gives it to end.
const STOPPED_WITHIN: Duration = Duration::from_secs(45);

/// The services of the file; taken down, with their volumes, when dropped.
struct Stack<'engine> {
    engine: &'engine Engine,
    token: &'engine Token,
}

/// Brings the service up, writes to it, starts it anew in both ways, and ends it.
pub(super) fn check(engine: &Engine, token: &Token) -> Result<()> {
    if TcpListener::bind(ADDRESS).is_err() {
        bail!("something listens on {ADDRESS}, where `{FILE}` publishes the service: end it");
    }
    shell::run(engine.podman("tag").args([engine::IMAGE, IMAGE]))?;
    let stack = Stack { engine, token };
    stack.run("up", &["--detach", "--no-build"])?;
    stack.wait_until_ready()?;
    let healthy = engine
        .podman("healthcheck")
        .args(["run", &stack.container()?])
        .status()?;
    ensure!(healthy.success(), "the health check of the file fails");
    super::promises::write_rule(ADDRESS, token)?;
    stack.run("restart", &[])?;
    stack.has_its_rule().context("after `restart`")?;
    stack.run("down", &[])?;
    stack.run("up", &["--detach", "--no-build"])?;
    stack.has_its_rule().context("after `down` and `up`")?;
    let began = Instant::now();
    stack.run("stop", &[])?;
    let took = began.elapsed();
    let state = engine.inspect("container", &stack.container()?)?["State"].take();
    ensure!(
        state["ExitCode"] == 0,
        "`stop` ends it with {}",
        state["ExitCode"]
    );
    ensure!(took < STOPPED_WITHIN, "`stop` took {} s", took.as_secs());
    println!(
        "compose: up, healthy, a rule survives `restart` and `down`, and `stop` ends it cleanly after {} ms",
        took.as_millis()
    );
    Ok(())
}

impl Stack<'_> {
    fn command(&self, task: &str) -> Command {
        let mut command = self.engine.command(test::tool("podman-compose"), "--file");
        command.args([FILE, task]).env("AUTH_TOKENS", &self.token.line);
        command
    }

    fn run(&self, task: &str, words: &[&str]) -> Result<()> {
        shell::run(self.command(task).args(words))
    }

    /// The one that there is.
    fn container(&self) -> Result<String> {
        let told = shell::output(self.engine.podman("ps").args(["--all", "--quiet"]))?;
        let mut lines = told.lines();
        match (lines.next(), lines.next()) {
            (Some(id), None) => Ok(id.to_owned()),
            _ => bail!("not one container, but:\n{told}"),
        }
    }

    fn wait_until_ready(&self) -> Result<()> {
        let began = Instant::now();
        while !http::get(ADDRESS, "/health/ready").is_ok_and(|answer| answer.status == 200) {
            if began.elapsed() > READY_WITHIN {
                let log = shell::output(self.engine.podman("logs").arg(self.container()?))?;
                bail!("it is not ready; its log:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn has_its_rule(&self) -> Result<()> {
        self.wait_until_ready()?;
        let answer = http::get(ADDRESS, "/v1/rules/written")?;
        let rule: Value = serde_json::from_str(&answer.body)?;
        ensure!(answer.status == 200, "the rule that was written is gone: {rule}");
        Ok(())
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        // The result does not matter: the engine takes with it whatever is left.
        shell::succeeds(self.command("down").arg("--volumes"));
    }
}

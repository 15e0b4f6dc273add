//! Has a real Prometheus scrape the running service, and compares what it stored with the reference.
//!
//! Prometheus is unpacked, never installed: no service of the system starts. It keeps its data below `target`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::server::{self, RELEASE_BINARY, Server};
use crate::{http, test};

const SCRATCH: &str = "target/xtask/prometheus";
const RULES: &str = "examples/rules";
/// The list of what is documented.
const REFERENCE: &str = "docs/reference/metrics.md";
/// Longer than Prometheus takes to start and to scrape a few times.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Prometheus; stopped when dropped.
pub(crate) struct Prometheus(Child);

/// Serves, scrapes and compares.
pub(crate) fn run() -> Result<()> {
    let folder = Path::new(SCRATCH);
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let log = std::fs::File::create(folder.join("server.log"))?;
    let mut serve = Command::new(RELEASE_BINARY);
    serve
        .arg("serve")
        .env("LOCAL_RULES_DIR", RULES)
        .env("RULES_DIR", folder.join("rules"))
        .env("DATA_DIR", folder.join("data"))
        .env("READ_ONLY", "true")
        .stdout(Stdio::null())
        .stderr(log);
    let mut server = Server::spawn(serve, server::probe_port(0)?)?;
    server.wait_until_ready(Duration::from_millis(20))?;
    http::post(
        server.address,
        "/v1/resolve",
        r#"{"url":"https://www.example.com/"}"#,
    )?;
    lint(&server)?;
    let address = SocketAddr::from(([127, 0, 0, 1], server::probe_port(0)?));
    let config = json!({"scrape_configs": [{
        "job_name": "asset-injector",
        "scrape_interval": "1s",
        "scrape_timeout": "1s",
        "static_configs": [{"targets": [server.address]}],
    }]});
    let prometheus = Prometheus::start(folder, &config, &address.to_string())?;
    let expected = documented(&std::fs::read_to_string(REFERENCE)?);
    wait_for(address, &expected)?;
    println!("Prometheus has stored all {} metrics", expected.len());
    drop(prometheus);
    server.stop(Duration::ZERO)
}

/// Has `promtool` look at the page.
fn lint(server: &Server) -> Result<()> {
    let page = Path::new(SCRATCH).join("page.txt");
    std::fs::write(&page, http::get(server.address, "/metrics")?.body)?;
    let mut promtool = Command::new(program("promtool"));
    promtool
        .args(["check", "metrics"])
        .stdin(std::fs::File::open(&page)?);
    let output = promtool.output().context("cannot start promtool")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !said.trim().is_empty() {
        bail!(
            "promtool does not accept `{}`:\n{}",
            page.display(),
            said.trim_end()
        );
    }
    println!("promtool accepts the page");
    Ok(())
}

/// The names in the reference, without those that do not apply to this server.
fn documented(reference: &str) -> Vec<String> {
    let rows = reference.lines().filter(|line| line.starts_with("| `"));
    let applying = rows.filter(|row| !row.contains("Absent without"));
    let names = applying.filter_map(|row| {
        let name = row.split('`').nth(1)?;
        let is_histogram = row.contains("| histogram |");
        Some(format!("{name}{}", if is_histogram { "_bucket" } else { "" }))
    });
    names.collect()
}

/// A program of the unpacked package.
fn program(name: &str) -> PathBuf {
    test::unpacked("prometheus").join("usr/bin").join(name)
}

/// Waits until the Prometheus at this address has stored every one of these metrics.
fn wait_for(address: SocketAddr, names: &[String]) -> Result<()> {
    let started = Instant::now();
    loop {
        let missing: Vec<_> = names.iter().filter(|name| !has(address, name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            bail!("Prometheus has not stored {missing:?}\nhelp: its log is `{SCRATCH}/prometheus.log`");
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Whether it has a sample of this service with that name; false while it does not answer.
fn has(address: SocketAddr, name: &str) -> bool {
    // Counted, so that the answer is short: longer ones come in chunks.
    let path = format!("/api/v1/query?query=count({name}%7Bjob%3D%22asset-injector%22%7D)");
    let Ok(answer) = http::get(address, &path) else {
        return false;
    };
    let json: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let samples = json["data"]["result"].as_array();
    answer.status == 200 && samples.is_some_and(|samples| !samples.is_empty())
}

impl Prometheus {
    /// Starts one with this configuration at this address, in the network of the thread that calls. Its data and its log
    /// lie in the folder, which is there.
    pub(crate) fn start(folder: &Path, config: &Value, address: &str) -> Result<Self> {
        let file = folder.join("prometheus.yml");
        // All JSON is YAML.
        std::fs::write(&file, config.to_string())?;
        let log = std::fs::File::create(folder.join("prometheus.log"))?;
        let mut command = Command::new(program("prometheus"));
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("tsdb").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        command.spawn().map(Self).context("cannot start Prometheus")
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // The result does not matter: it is gone, or it goes now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::documented;

    #[test]
    fn the_reference_names_what_must_be_stored() {
        let reference = "| metric | type |\n| --- | --- |\n\
                         | `a_total` | counter | | | One. |\n\
                         | `b_seconds` | histogram | seconds | `x`: y | Two. |\n\
                         | `c` | gauge | | | Three. Absent without tokens. |\n";
        assert_eq!(documented(reference), ["a_total", "b_seconds_bucket"]);
    }
}

//! A real Alertmanager with the example: who is told of what, and of what nobody.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::SCRATCH;
use crate::{http, server, shell, test};

/// Longer than it takes to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// Severity, alert, receiver.
const ROUTES: [[&str; 3]; 3] = [
    ["critical", "AssetInjectorDown", "pager"],
    ["warning", "AssetInjectorInstanceDown", "tickets"],
    ["critical", "SomeoneElsesAlert", "tickets"],
];

/// Alerts that fire at once, and those of them that are told; the namespace `other` is another installation.
const TOLD: &[(&[&str], &[&str])] = &[
    (
        &[
            "production AssetInjectorDown",
            "production AssetInjectorNoReadyReplica",
            "production AssetInjectorInstanceDown",
            "production AssetInjectorLatencyBudgetBurningFast",
            "production AssetInjectorErrorBudgetBurningFast",
            "production AssetInjectorErrorBudgetBurning",
            "other AssetInjectorLatencyBudgetBurningFast",
        ],
        &[
            "other AssetInjectorLatencyBudgetBurningFast",
            "production AssetInjectorDown",
        ],
    ),
    (
        &[
            "production AssetInjectorDatabaseDown",
            "production AssetInjectorStoreErrors",
            "production AssetInjectorErrorBudgetBurningFast",
            "production AssetInjectorErrorBudgetBurning",
        ],
        &[
            "production AssetInjectorDatabaseDown",
            "production AssetInjectorErrorBudgetBurningFast",
        ],
    ),
];

/// Alertmanager; stopped when dropped.
struct Running {
    child: Child,
    address: SocketAddr,
}

/// Reads the file, asks its routes, and has one told of alerts.
pub(super) fn run(config: &Path) -> Result<()> {
    shell::run(amtool().arg("check-config").arg(config))?;
    for [severity, alert, receiver] in ROUTES {
        let mut command = amtool();
        command.args(["config", "routes", "test"]).args([
            format!("--config.file={}", config.display()),
            format!("--verify.receivers={receiver}"),
            format!("severity={severity}"),
            format!("alertname={alert}"),
        ]);
        shell::output(&mut command)?;
    }
    if !can_start() {
        println!("SKIPPED: Alertmanager was told of no alerts, as mounting is not permitted here");
        return Ok(());
    }
    for (firing, told) in TOLD {
        let running = Running::start(config)?;
        running.fire(firing)?;
        let found = running.told()?;
        ensure!(
            found == *told,
            "Alertmanager tells of {found:?}, and should of {told:?}"
        );
    }
    println!("Alertmanager tells of what matters");
    Ok(())
}

fn amtool() -> Command {
    Command::new(program("amtool"))
}

/// Whether it can be started here at all.
fn can_start() -> bool {
    shell::succeeds(&mut with_its_files("exit 0"))
}

/// A shell in which the files of the unpacked package lie where the program looks for them: Debian's does in
/// `/usr/share`. Nobody else sees them there, and they are gone with the process.
fn with_its_files(script: &str) -> Command {
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let mount = "mount --bind \"$0/usr/share\" /usr/share &&";
    command
        .args(["--mount", "sh", "-c", &format!("{mount} {script}")])
        .arg(test::unpacked("prometheus-alertmanager"));
    command
}

fn program(name: &str) -> std::path::PathBuf {
    test::unpacked("prometheus-alertmanager")
        .join("usr/bin")
        .join(name)
}

impl Running {
    /// It notifies nobody: the receivers are names of no machine, and it ends before it would.
    fn start(config: &Path) -> Result<Self> {
        let folder = Path::new(SCRATCH).join("manager");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let address = SocketAddr::from(([127, 0, 0, 1], server::probe_port(0)?));
        let mut command = with_its_files("exec \"$@\"");
        command
            .arg(program("prometheus-alertmanager"))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log"))?);
        let child = command.spawn().context("cannot start Alertmanager")?;
        let running = Self { child, address };
        let started = Instant::now();
        while !http::get(address, "/-/ready").is_ok_and(|answer| answer.status == 200) {
            if started.elapsed() > PATIENCE {
                bail!("Alertmanager is not ready\nhelp: its log is `{SCRATCH}/manager/log`");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(running)
    }

    fn fire(&self, alerts: &[&str]) -> Result<()> {
        let labels = alerts.iter().filter_map(|alert| alert.split_once(' '));
        let alerts: Vec<_> = labels
            .map(|(namespace, name)| {
                serde_json::json!({"labels": {"namespace": namespace, "alertname": name}})
            })
            .collect();
        let body = serde_json::Value::from(alerts).to_string();
        let status = http::post(self.address, "/api/v2/alerts", &body)?.status;
        ensure!(status == 200, "Alertmanager answers {status} to alerts");
        Ok(())
    }

    /// The alerts that nothing inhibits, in order.
    fn told(&self) -> Result<Vec<String>> {
        let url = format!("--alertmanager.url=http://{}", self.address);
        let said = shell::output(amtool().args([&url, "alert", "query", "--output=json"]))?;
        let alerts: Vec<serde_json::Value> = serde_json::from_str(&said)?;
        let text = |alert: &serde_json::Value, label: &str| {
            let found = alert["labels"][label].as_str();
            found.unwrap_or_default().to_owned()
        };
        let mut told: Vec<_> = alerts
            .iter()
            .map(|alert| format!("{} {}", text(alert, "namespace"), text(alert, "alertname")))
            .collect();
        told.sort();
        Ok(told)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The result does not matter: it is gone, or it goes now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

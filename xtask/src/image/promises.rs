//! What the image promises, each looked at on a container that runs.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::engine::{Container, Engine};
use super::{Origin, SCRATCH, VERSION, load};
use crate::{bench, http, shell};

/// What a cluster with the strictest rules gives a container.
pub(super) const RESTRICTED: [&str; 5] = [
    "--read-only",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
];
/// The page of the rule that is written.
pub(super) const PAGE: &str = "https://www.example.com/";
/// What that rule gives it.
pub(super) const CSS: &str = "#a{}";
/// What the engine itself puts there.
const IN_RUN: [&str; 2] = ["/run/.containerenv", "/run/secrets"];
const MEMORY: &str = "64m";
const MANY_RULES: usize = 10_000;
/// How long requests go on after the signal: whoever sends traffic has noticed by then.
const TRAFFIC_AFTER_SIGNAL: Duration = Duration::from_secs(2);
const DRAIN: &str = "SHUTDOWN_DRAIN=5s";
const STOPPED_WITHIN: Duration = Duration::from_secs(30);
/// Longer than the time in which failed checks do not count, and as many checks as do.
const UNHEALTHY_WITHIN: Duration = Duration::from_secs(120);

/// A token that may change rules, and the line that tells the server of it.
pub(super) struct Token {
    head: String,
    /// What `AUTH_TOKENS` is.
    pub(super) line: String,
}

/// Looks at all of them.
pub(super) fn check(engine: &Engine, token: &Token, origin: &Origin) -> Result<()> {
    description(&engine.image()?, origin).context("what the image says of itself")?;
    restricted(engine, token).context("with everything taken away that can be")?;
    any_user(engine, token).context("as another user")?;
    untouched(engine, token).context("with a root that can be written")?;
    health(engine).context("its health")?;
    many_rules(engine).context("with little memory and many rules")?;
    end_under_load(engine).context("its end under load")
}

impl Token {
    /// Has the program make one that this command starts.
    pub(super) fn by(mut program: Command) -> Result<Self> {
        program.args(["token", "new", "ann", "editor", "--format", "json"]);
        let told: Value = serde_json::from_str(&shell::output(&mut program)?)?;
        let member = |name: &str| {
            told[name]
                .as_str()
                .map(str::to_owned)
                .with_context(|| format!("no `{name}` in {told}"))
        };
        Ok(Self {
            head: format!("Authorization: Bearer {}\r\n", member("token")?),
            line: member("line")?,
        })
    }

    pub(super) fn setting(&self) -> String {
        format!("AUTH_TOKENS={}", self.line)
    }
}

/// Looks at its labels and its settings.
pub(super) fn description(image: &Value, origin: &Origin) -> Result<()> {
    let config = &image["Config"];
    let labels = [
        ("version", VERSION),
        ("revision", &origin.revision),
        ("created", &origin.created),
        ("licenses", "MIT"),
        ("source", env!("CARGO_PKG_REPOSITORY")),
    ];
    for (name, expected) in labels {
        let found = &config["Labels"][format!("org.opencontainers.image.{name}")];
        ensure!(found == expected, "label `{name}` is {found}, not `{expected}`");
    }
    for name in ["title", "description"] {
        let found = &config["Labels"][format!("org.opencontainers.image.{name}")];
        ensure!(
            found.as_str().is_some_and(|text| !text.is_empty()),
            "no label `{name}`"
        );
    }
    let parts = [
        ("User", json!("65532:65532")),
        ("ExposedPorts", json!({"8080/tcp": {}})),
        ("Volumes", json!({"/data": {}, "/rules": {}})),
        ("StopSignal", json!("SIGTERM")),
        ("Entrypoint", json!(["/asset-injector"])),
    ];
    for (name, expected) in parts {
        let found = &config[name];
        ensure!(*found == expected, "`{name}` is {found}, not {expected}");
    }
    let check = ["HealthCheck", "Healthcheck"].map(|name| &image[name]["Test"]);
    let expected = json!(["CMD", "/asset-injector", "health-check"]);
    ensure!(check.contains(&&expected), "the health check is {check:?}");
    println!("labels, user, port, volumes, signal and health check are as promised");
    Ok(())
}

fn restricted(engine: &Engine, token: &Token) -> Result<()> {
    let setting = token.setting();
    let mut options = RESTRICTED.to_vec();
    options.extend(["--env", &setting]);
    let container = engine.serve("restricted", &options)?;
    let told = shell::output(&mut container.podman("top", &["user", "capeff", "capbnd"]))?;
    let fields: Vec<&str> = told
        .lines()
        .nth(1)
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    ensure!(
        fields == ["65532", "none", "none"],
        "user and capabilities are {fields:?}"
    );
    write_rule(container.address, token)?;
    in_memory(&container)?;
    let kibibytes = bench::resident_kibibytes(process(&container)?)?;
    println!(
        "read-only, without capabilities, as 65532: a rule is written; ready {} ms after `podman run`, {} KiB resident",
        container.started_in.as_millis(),
        kibibytes,
    );
    Ok(())
}

fn any_user(engine: &Engine, token: &Token) -> Result<()> {
    let setting = token.setting();
    let mut options = RESTRICTED.to_vec();
    options.extend(["--env", &setting, "--user", "12345:12345"]);
    let container = engine.serve("another", &options)?;
    let told = shell::output(&mut container.podman("top", &["user"]))?;
    ensure!(told.lines().nth(1) == Some("12345"), "the user is `{told}`");
    write_rule(container.address, token)?;
    println!("as 12345: a rule is written");
    Ok(())
}

/// Nothing but the two volumes changes, even where it could.
fn untouched(engine: &Engine, token: &Token) -> Result<()> {
    let container = engine.serve("writable", &["--user", "0:0", "--env", &token.setting()])?;
    write_rule(container.address, token)?;
    let told = shell::output(&mut container.podman::<&str>("diff", &[]))?;
    in_memory(&container)?;
    // What the engine itself puts into every container, and the points where it mounts.
    let of_engine = ["/data", "/dev", "/etc", "/proc", "/rules", "/run", "/sys"];
    for line in told.lines().filter(|line| !line.is_empty()) {
        let path = line.split_once(' ').map_or(line, |(_, path)| path);
        let known = of_engine.contains(&path) || path.starts_with("/etc/") || IN_RUN.contains(&path);
        ensure!(known, "the container changed `{path}`:\n{told}");
    }
    println!("as root with a writable root: nothing is written outside of /data and /rules");
    Ok(())
}

/// Nor is anything written to the folders in memory that the engine mounts, even below a root that is read-only.
fn in_memory(container: &Container<'_>) -> Result<()> {
    let root = PathBuf::from(format!("/proc/{}/root", process(container)?));
    for folder in ["/run", "/tmp", "/var/tmp", "/dev/shm"] {
        // Not every engine mounts each of them.
        for entry in fs::read_dir(root.join(&folder[1..])).into_iter().flatten() {
            let path = format!("{folder}/{}", entry?.file_name().display());
            ensure!(IN_RUN.contains(&&*path), "the container has written `{path}`");
        }
    }
    Ok(())
}

fn health(engine: &Engine) -> Result<()> {
    let settings = ["SHUTDOWN_TIMEOUT=5m", "SHUTDOWN_DRAIN=5m"];
    let container = engine.serve("health", &settings.map(|setting| ["--env", setting]).concat())?;
    ensure!(container.check_health(), "the check of a ready server fails");
    let verdict = container.health()?;
    ensure!(verdict == "healthy", "a ready server is `{verdict}`");
    shell::output(&mut container.podman("kill", &["--signal", "TERM"]))?;
    // The answer to the signal comes from another thread than that to the check.
    let started = Instant::now();
    while http::get(container.address, "/health/ready")?.status == 200 {
        ensure!(started.elapsed() < STOPPED_WITHIN, "the signal is not noticed");
    }
    // Failures count once the time that a start may take is over.
    while container.health()? != "unhealthy" {
        ensure!(
            !container.check_health(),
            "the check of a stopping server succeeds"
        );
        ensure!(
            started.elapsed() < UNHEALTHY_WITHIN,
            "a stopping server stays healthy"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
    println!("the health check says healthy, and unhealthy once the server stops");
    Ok(())
}

fn many_rules(engine: &Engine) -> Result<()> {
    let rules = std::path::absolute(bench::make_rules("rules-10000", MANY_RULES)?)?;
    let tree = std::path::absolute(SCRATCH)?.join("tree");
    fs::create_dir_all(&tree)?;
    fs::rename(rules, tree.join("local"))?;
    for folder in [&tree, &tree.join("local")] {
        fs::set_permissions(folder, Permissions::from_mode(0o777))?;
    }
    let volume = format!("{}:/rules", tree.display());
    let mut options = RESTRICTED.to_vec();
    options.extend(["--memory", MEMORY, "--memory-swap", MEMORY, "--volume", &volume]);
    let container = engine.serve("little", &options)?;
    let listed = http::get(container.address, "/v1/stats")?;
    let listed: Value = serde_json::from_str(&listed.body)?;
    let total = listed["data"]["rules"]["total"].as_u64();
    ensure!(
        total == Some(MANY_RULES as u64),
        "the rules are {}",
        listed["data"]["rules"]
    );
    let work = |_: &_| {
        std::thread::sleep(TRAFFIC_AFTER_SIGNAL);
        Ok(())
    };
    let ((), answered) = load::during(container.address, work)?;
    let kibibytes = bench::resident_kibibytes(process(&container)?)?;
    let state = &container.told()?["State"];
    ensure!(
        state["Running"] == true && state["OOMKilled"] == false,
        "it ended: {state}"
    );
    println!(
        "with {MEMORY} of memory and {MANY_RULES} rule files: ready after {} ms, {answered} requests answered, {} KiB \
         resident",
        container.started_in.as_millis(),
        kibibytes,
    );
    Ok(())
}

fn end_under_load(engine: &Engine) -> Result<()> {
    let mut options = RESTRICTED.to_vec();
    options.extend(["--env", DRAIN]);
    let container = engine.serve("loaded", &options)?;
    let (took, answered) = load::during(container.address, |over| {
        std::thread::sleep(TRAFFIC_AFTER_SIGNAL);
        std::thread::scope(|scope| {
            let stopped = scope.spawn(|| stop(&container));
            std::thread::sleep(TRAFFIC_AFTER_SIGNAL);
            over.store(true, std::sync::atomic::Ordering::SeqCst);
            stopped.join().expect("stopping does not panic")
        })
    })?;
    let code = container.told()?["State"]["ExitCode"].as_i64();
    ensure!(
        code == Some(0),
        "it ended with {code:?}; its log:\n{}",
        container.log()?
    );
    ensure!(took < STOPPED_WITHIN, "it took {} s", took.as_secs());
    println!(
        "SIGTERM under load: none of {answered} requests failed, and it ended after {} ms",
        took.as_millis()
    );
    Ok(())
}

/// Asks the container to stop, and waits for it; returns how long that took.
pub(super) fn stop(container: &Container<'_>) -> Result<Duration> {
    let started = Instant::now();
    shell::output(&mut container.podman("stop", &["--time", "40"]))?;
    Ok(started.elapsed())
}

/// Has the server change its tree.
pub(super) fn write_rule(address: SocketAddr, token: &Token) -> Result<()> {
    let rule = json!({ "id": "written", "type": "exact", "pattern": PAGE, "css": CSS }).to_string();
    let answer = http::post_with(address, "/v1/rules", &token.head, &rule)?;
    if answer.status != 201 {
        bail!("a rule cannot be written: {}", answer.body);
    }
    Ok(())
}

/// The number of its process, as this machine counts.
fn process(container: &Container<'_>) -> Result<u32> {
    let told = container.told()?;
    let number = told["State"]["Pid"].as_u64().context("no process")?;
    Ok(number.try_into()?)
}

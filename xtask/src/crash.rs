//! `cargo xtask crash`: kills the real server at random points of a write load, and looks whether anything is lost.
//!
//! Each round starts the server on the same rules tree, lets several clients write over HTTP, kills the process with
//! SIGKILL at a random moment, starts it again and compares: every acknowledged write must be there, one that was
//! under way may be there or not, and nothing may be half there. SIGKILL leaves what the kernel holds, so this proves
//! the order of renames and acknowledgements; that files are synced before is held by the store's own tests.

mod clients;
mod ledger;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::http;
use crate::server::{self, RELEASE_BINARY, Server};
use clients::Client;
use ledger::Ledger;

const SCRATCH: &str = "target/xtask/crash";
/// A file as a person writes it; its comments must outlive every write to one of its rules.
const HAND_WRITTEN: &str = "local/hand.rule.yaml";
/// How long a round writes at the most; the kill comes at a random moment of it.
const ROUND_MAX: Duration = Duration::from_millis(120);
/// How often readiness is asked for after a restart.
const POLL: Duration = Duration::from_millis(2);

/// Options of `crash`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How often the server is killed
    #[arg(long, default_value_t = 1000)]
    kills: u32,
    /// Where the random numbers begin; printed, so that a run can be repeated
    #[arg(long)]
    seed: Option<u64>,
}

/// Kills as often as the options say.
pub(crate) fn main(args: &Args) -> Result<()> {
    server::build_release()?;
    run(args.kills, args.seed.unwrap_or_else(|| fastrand::u64(..)))
}

/// Kills so often, with these random numbers; fails if anything was lost.
pub(crate) fn run(kills: u32, seed: u64) -> Result<()> {
    println!("crash: {kills} kills, seed {seed}");
    let tree = Path::new(SCRATCH).join("rules");
    prepare(&tree)?;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut ledger = Ledger::default();
    let mut starts = Vec::new();
    for round in 1..=kills {
        let (server, start) = start(&tree)?;
        starts.push(start);
        let compared = compare(&server, &tree, &mut ledger);
        compared.with_context(|| format!("after kill {} of seed {seed}", round - 1))?;
        ledger = write_until_killed(server, ledger, &mut random)?;
        if round % 100 == 0 {
            println!("  {round} kills, {}", ledger.summary());
        }
    }
    let (server, _) = start(&tree)?;
    compare(&server, &tree, &mut ledger).with_context(|| format!("after the last kill of seed {seed}"))?;
    server.stop(Duration::ZERO)?;
    starts.sort_unstable();
    let last = starts.len().saturating_sub(1);
    println!(
        "crash: {kills} kills, {}, 0 lost, 0 half written; start to ready {} ms in the median, {} ms at the most",
        ledger.summary(),
        starts.get(last / 2).map_or(0, Duration::as_millis),
        starts.get(last).map_or(0, Duration::as_millis),
    );
    if ledger.acknowledged() == 0 {
        bail!("no write was ever acknowledged, so nothing was proven");
    }
    Ok(())
}

/// An empty tree with one file that a person wrote.
fn prepare(tree: &Path) -> Result<()> {
    if tree.exists() {
        std::fs::remove_dir_all(tree).with_context(|| format!("cannot empty `{}`", tree.display()))?;
    }
    let file = tree.join(HAND_WRITTEN);
    std::fs::create_dir_all(file.parent().context("the file lies in a folder")?)?;
    std::fs::write(&file, ledger::hand_written())
        .with_context(|| format!("cannot write `{}`", file.display()))
}

fn start(tree: &Path) -> Result<(Server, Duration)> {
    let log = std::fs::File::create(Path::new(SCRATCH).join("server.log"))?;
    let mut command = Command::new(RELEASE_BINARY);
    command
        .arg("serve")
        .env("RULES_DIR", tree)
        .env("DATA_DIR", Path::new(SCRATCH).join("data"))
        .env("LOG_FORMAT", "json")
        .stdout(Stdio::null())
        .stderr(log);
    let mut server = Server::spawn(command, server::probe_port(0)?)?;
    let started = Instant::now();
    server.wait_until_ready(POLL)?;
    Ok((server, started.elapsed()))
}

/// Lets the clients write, kills the server while they do, and returns what they know.
fn write_until_killed(server: Server, ledger: Ledger, random: &mut fastrand::Rng) -> Result<Ledger> {
    let address = server.address;
    let killed = AtomicBool::new(false);
    let clients: Vec<Client> = ledger.split(clients::COUNT, random);
    let moment = Duration::from_micros(random.u64(0..u64::try_from(ROUND_MAX.as_micros())?));
    let known = std::thread::scope(|scope| {
        let running: Vec<_> = clients
            .into_iter()
            .map(|client| scope.spawn(|| client.write_until(&killed, address)))
            .collect();
        std::thread::sleep(moment);
        // Set first: an answer that does not come after this is no finding.
        killed.store(true, Ordering::SeqCst);
        let ended = server.kill();
        let known: Vec<_> = running
            .into_iter()
            .map(|client| client.join().expect("a client does not panic"))
            .collect();
        ended.map(|()| known)
    })?;
    Ledger::join(known)
}

/// Compares what the server holds with what was acknowledged.
fn compare(server: &Server, tree: &Path, ledger: &mut Ledger) -> Result<()> {
    let rules = data(server, "/v1/rules?limit=1000")?;
    let problems = data(server, "/v1/problems")?;
    let problems = problems["problems"].as_array().context("`problems` is a list")?;
    if !problems.is_empty() {
        bail!("something is half written: {}", problems[0]);
    }
    ledger.compare(rules["rules"].as_array().context("`rules` is a list")?)?;
    let text = std::fs::read_to_string(tree.join(HAND_WRITTEN)).context("the hand-written file is gone")?;
    ledger::check_hand_written(&text)?;
    no_left_overs(tree)
}

fn data(server: &Server, path: &str) -> Result<Value> {
    let answer = http::get(server.address, path)?;
    let body: Value = serde_json::from_str(&answer.body)
        .with_context(|| format!("`{path}` answered {} and no JSON", answer.status))?;
    Ok(body["data"].clone())
}

/// Temporary files of the killed process must be gone once the next one is ready.
fn no_left_overs(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            no_left_overs(&entry.path())?;
        } else if name.starts_with('.') && !matches!(name.as_str(), ".state.json" | ".lock") {
            bail!("`{}` was left over", entry.path().display());
        }
    }
    Ok(())
}

//! Several servers on one PostgreSQL: what a write costs and when the others have it, how long a start takes with very
//! many rules, and what becomes of resolves when the database is gone.
//!
//! The database is a real one that makes what is committed durable, on this machine: the network between is missing.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use pg_test::{Database, Options};
use serde_json::json;

use super::write::{change, millis, percentile};
use super::{SCRATCH, check_count, http as load_test, median, rule, verdict};
use crate::http;
use crate::server::{RELEASE_BINARY, Server};

/// Servers on the database.
const SERVERS: usize = 3;
/// Rules while writes are measured.
const RULES: usize = 1_000;
/// Rules in one file: far below what a file may hold.
const RULES_OF_A_FILE: usize = 10_000;
/// How often another server is asked whether it has a write: the resolution of the measurement.
const LOOK: Duration = Duration::from_millis(1);
/// Who has not seen a write by then will not see it.
const PATIENCE: Duration = Duration::from_secs(30);
const SEEN_AIM: Duration = Duration::from_secs(1);
/// What may be missing of the resolves a second without the database: less than what rounds differ by.
const LOSS_AIM: f64 = 0.1;

/// Measures and prints.
pub(super) fn main(short: bool) -> Result<()> {
    load_test::build_tool()?;
    let postgres = pg_test::Server::start(Options {
        is_durable: true,
        room_mib: None,
    });
    together(&postgres, short)?;
    let counts: &[usize] = if short { &[10_000] } else { &[100_000, 1_000_000] };
    counts.iter().try_for_each(|count| start(&postgres, *count))
}

/// A database with so many rules.
fn filled(postgres: &pg_test::Server, count: usize) -> Result<Database> {
    let tree = Path::new(SCRATCH).join("rules-pg");
    if tree.exists() {
        std::fs::remove_dir_all(&tree)?;
    }
    std::fs::create_dir_all(tree.join("local"))?;
    for first in (0..count).step_by(RULES_OF_A_FILE) {
        let numbers = first..count.min(first + RULES_OF_A_FILE);
        let rules: String = numbers
            .map(|number| format!("- {}\n", rule(number).trim_end().replace('\n', "\n  ")))
            .collect();
        std::fs::write(tree.join(format!("local/from-{first}.rule.yaml")), rules)?;
    }
    let database = postgres.database();
    let copied = Command::new(RELEASE_BINARY)
        .args(["rules", "copy", "--from"])
        .arg(&tree)
        .args(["--to", &database.url()])
        .stdout(Stdio::null())
        .status()?;
    if !copied.success() {
        bail!("the rules cannot be copied into the database: {copied}");
    }
    std::fs::remove_dir_all(&tree)?;
    Ok(database)
}

fn serve(database: &Database, name: &str) -> Result<(Server, Duration)> {
    let folder = Path::new(SCRATCH).join(format!("pg-{name}"));
    // What was kept of an earlier database with this name would be served until this one is loaded.
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let mut server = Server::start_on_database(Path::new(RELEASE_BINARY), &database.url(), &folder, &[])?;
    let ready = server.wait_until_ready(Duration::from_millis(1))?;
    Ok((server, ready))
}

/// Writes on one of several servers, then resolves with and without the database.
fn together(postgres: &pg_test::Server, short: bool) -> Result<()> {
    let (writes, rounds, seconds) = if short { (30, 1, 2) } else { (500, 5, 5) };
    let database = filled(postgres, RULES)?;
    let servers = (0..SERVERS)
        .map(|n| Ok(serve(&database, &n.to_string())?.0))
        .collect::<Result<Vec<_>>>()?;
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    let (own, others): (Vec<_>, Vec<_>) = (0..writes)
        .map(|n| timed_write(&addresses, n))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .unzip();
    print("acknowledged, and in force where it was sent", &own);
    print("seen by the last of the other two after that", &others);
    let last = percentile(&others, 100);
    println!(
        "aim of the last ≤ {} ms: {}",
        SEEN_AIM.as_millis(),
        verdict(last <= SEEN_AIM)
    );
    resolves(postgres, addresses[0], rounds, seconds)?;
    servers
        .into_iter()
        .try_for_each(|server| server.stop(Duration::ZERO))
}

fn print(what: &str, times: &[Duration]) {
    println!(
        "one write on {SERVERS} servers, {what}: median {:.1} ms, p99 {:.1} ms, at the most {:.1} ms",
        millis(median(times)),
        millis(percentile(times, 99)),
        millis(percentile(times, 100)),
    );
}

/// One write, until it is acknowledged; and from then until the last of the others has it.
fn timed_write(addresses: &[SocketAddr], n: usize) -> Result<(Duration, Duration)> {
    let number = n * 7919 % RULES;
    let css = format!("#changed-{n} {{}}");
    let started = Instant::now();
    change(addresses[0], number, &css)?;
    let acknowledged = started.elapsed();
    let has = |address: SocketAddr| -> Result<bool> {
        let answer = http::get(address, &format!("/v1/rules/site-{number}"))?;
        Ok(answer.body.contains(&css))
    };
    if !has(addresses[0])? {
        bail!("the change of site-{number} was acknowledged and is not in force");
    }
    for address in &addresses[1..] {
        while !has(*address)? {
            if started.elapsed() > PATIENCE {
                bail!(
                    "a change is not seen by another server after {} s",
                    PATIENCE.as_secs()
                );
            }
            std::thread::sleep(LOOK);
        }
    }
    Ok((acknowledged, started.elapsed().saturating_sub(acknowledged)))
}

/// Resolves with the database and without it, in turns.
fn resolves(postgres: &pg_test::Server, address: SocketAddr, rounds: u32, seconds: u32) -> Result<()> {
    let question = json!({ "url": "https://www.site-0.example/news/article?page=2" }).to_string();
    let of = || load_test::load(address, &question, load_test::CONNECTIONS, seconds);
    of()?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        with.push(of()?.requests_per_second);
        postgres.kill();
        without.push(of()?.requests_per_second);
        postgres.restart();
    }
    let (with, without) = (median(&with), median(&without));
    println!(
        "resolves a second: {with:.0} with the database, {without:.0} without it: {:.0} % (aim ≥ {:.0} %: {})",
        without / with * 100.0,
        (1.0 - LOSS_AIM) * 100.0,
        verdict(without >= with * (1.0 - LOSS_AIM)),
    );
    Ok(())
}

/// A start with very many rules.
fn start(postgres: &pg_test::Server, count: usize) -> Result<()> {
    let database = filled(postgres, count)?;
    let (server, ready) = serve(&database, "start")?;
    check_count(&server, count)?;
    let resident = super::start::resident_kibibytes(server.id())?;
    println!(
        "start with {count} rules in the database: {:.1} s to ready, {:.0} MiB resident",
        ready.as_secs_f64(),
        super::start::mebibytes(resident),
    );
    server
        .stop(Duration::ZERO)
        .context("after the start was measured")
}

//! Requests a second over HTTP, beside a bare server that answers the same bytes.
//!
//! The bare server is what is left if everything of ours is taken away, so the ratio tells the cost
//! of our part on any machine. The two take turns, because machines are noisy, and medians are
//! printed. All processes run all the time; only one has load.
//!
//! A third server is ours with metrics and the access log switched off: the difference is what they cost.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::{SCRATCH, make_rules, median, serve, serve_quietly, verdict};
use crate::server::Server;
use crate::{http, shell};

pub(super) const TOOL: &str = "target/release/bench-http";
pub(super) const CONNECTIONS: &str = "64";
const RATIO_AIM: f64 = 0.60;
/// What metrics and the access log may take of the requests a second.
const COST_AIM: f64 = 0.05;
/// Switches both off.
const SILENT: [(&str, &str); 2] = [("ENABLE_METRICS", "false"), ("LOG_LEVEL", "info,access=off")];
const RULES: usize = 1000;

/// One measurement of one server.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) requests_per_second: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
}

/// The measurements of all servers, by rounds.
#[derive(Default)]
struct Rounds {
    ours: Vec<Load>,
    silent: Vec<Load>,
    bare: Vec<Load>,
}

/// The bare server; stopped when dropped.
struct Bare {
    child: Child,
    address: SocketAddr,
}

/// Measures and prints.
pub(super) fn main(short: bool) -> Result<()> {
    build_tool()?;
    let (rounds, seconds) = if short { (1, 2) } else { (5, 5) };
    let question = json!({ "url": "https://www.site-0.example/news/article?page=2" }).to_string();

    let rules = make_rules("rules-http", RULES)?;
    let (ours, _) = serve(&rules, RULES)?;
    let silent_rules = make_rules("rules-http-silent", RULES)?;
    let silent = serve_quietly(&silent_rules, RULES, "silent", &SILENT)?;
    let bare = Bare::start(&answer_to(&ours, &question)?)?;

    let mut all = Rounds::default();
    for round in 0..=rounds {
        let of = |address| load(address, &question, CONNECTIONS, seconds);
        let (a, b, c) = (of(ours.address)?, of(silent.address)?, of(bare.address)?);
        // The first round warms up caches and allocators.
        if round > 0 {
            all.ours.push(a);
            all.silent.push(b);
            all.bare.push(c);
        }
    }
    ours.stop(Duration::ZERO)?;
    silent.stop(Duration::ZERO)?;
    print(&all);
    Ok(())
}

/// Builds the load generator and the bare server.
pub(super) fn build_tool() -> Result<()> {
    shell::run(shell::cargo().args(super::TOOL_BUILD))
}

/// Our answer, byte for byte, for the bare server to repeat.
fn answer_to(server: &Server, question: &str) -> Result<Vec<u8>> {
    let answer = http::post(server.address, "/v1/resolve", question)?;
    if answer.status != 200 || !answer.body.contains("#banner-0") {
        bail!("POST /v1/resolve answered {}: {}", answer.status, answer.body);
    }
    Ok(answer.raw)
}

/// Asks that question over so many connections for so long.
pub(super) fn load(address: SocketAddr, question: &str, connections: &str, seconds: u32) -> Result<Load> {
    let mut command = Command::new(TOOL);
    command.args([
        "load",
        &address.to_string(),
        "/v1/resolve",
        question,
        connections,
        &seconds.to_string(),
    ]);
    let printed = shell::output(&mut command)?;
    let numbers: Vec<f64> = printed
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [requests_per_second, p50_us, p99_us] = numbers[..] else {
        bail!("the load generator printed `{}`", printed.trim_end());
    };
    Ok(Load {
        requests_per_second,
        p50_us,
        p99_us,
    })
}

fn print(Rounds { ours, silent, bare }: &Rounds) {
    let middle =
        |loads: &[Load], number: fn(&Load) -> f64| median(&loads.iter().map(number).collect::<Vec<_>>());
    println!(
        "\nPOST /v1/resolve, {CONNECTIONS} connections, {RULES} rules, median of {} rounds\n\
         {:<16} {:>12} {:>10} {:>10}",
        ours.len(),
        "server",
        "requests/s",
        "p50 µs",
        "p99 µs"
    );
    for (name, loads) in [
        ("asset-injector", ours),
        ("without metrics", silent),
        ("bare hyper", bare),
    ] {
        println!(
            "{name:<16} {:>12.0} {:>10.0} {:>10.0}",
            middle(loads, |load| load.requests_per_second),
            middle(loads, |load| load.p50_us),
            middle(loads, |load| load.p99_us),
        );
    }
    let ratio = ratio(ours, bare);
    println!(
        "ratio            {:>11.0} % (aim ≥ {:.0} %: {})",
        ratio * 100.0,
        RATIO_AIM * 100.0,
        verdict(ratio >= RATIO_AIM)
    );
    let cost = 1.0 - self::ratio(ours, silent);
    println!(
        "metrics and access log cost {:.1} % of the requests a second (aim ≤ {:.0} %: {})",
        cost * 100.0,
        COST_AIM * 100.0,
        verdict(cost <= COST_AIM)
    );
}

/// The requests a second of one server to those of another, round by round.
fn ratio(one: &[Load], other: &[Load]) -> f64 {
    let pairs = one.iter().zip(other);
    let ratios: Vec<_> = pairs
        .map(|(a, b)| a.requests_per_second / b.requests_per_second)
        .collect();
    median(&ratios)
}

impl Bare {
    /// Starts it on a free port, which it prints.
    fn start(answer: &[u8]) -> Result<Self> {
        let file = Path::new(SCRATCH).join("answer.http");
        std::fs::write(&file, answer)?;
        let mut command = Command::new(TOOL);
        command
            .arg("bare")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start `{TOOL}`"))?;
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .trim()
            .parse()
            .context("the bare server printed no address")?;
        Ok(Self { child, address })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // The result does not matter: it is gone, or it goes now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

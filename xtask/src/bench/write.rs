//! What a write costs while very many rules are served, and what it costs those who resolve meanwhile.
//!
//! A write is measured as its client sees it: from sending it to its acknowledgement, by which it is durable and in
//! force. What the file system takes for making one file durable is measured beside it with the same calls.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::{http as load_test, make_rules, median, serve, verdict};
use crate::http;

const IMPORTED: usize = 10_000;
const IMPORT_AIM: Duration = Duration::from_secs(2);
const WRITE_AIM: Duration = Duration::from_millis(20);
/// Connections that resolve while others write: few, so that the load generator leaves the writers a core.
const RESOLVING: &str = "4";

/// Measures and prints.
pub(super) fn main(short: bool) -> Result<()> {
    load_test::build_tool()?;
    let (count, writes, seconds) = if short { (10_000, 50, 2) } else { (100_000, 400, 5) };
    let rules = make_rules("rules-write", count)?;
    let (server, _) = serve(&rules, count)?;
    let address = server.address;

    // Before anything is replaced: an ext4 without a journal makes new files slowly for minutes after others were
    // removed, since it passes over inodes that it has just freed.
    let imported = import(address)?;
    let alone = timed_writes(address, writes, count)?;
    let synced = timed_syncs(&rules, writes)?;
    report_writes(&alone, &synced, count);
    report_resolves(address, seconds, count)?;
    println!(
        "import of {IMPORTED} rules in one call: {} ms (aim ≤ {} ms: {})",
        imported.as_millis(),
        IMPORT_AIM.as_millis(),
        verdict(imported <= IMPORT_AIM),
    );
    server.stop(Duration::ZERO)?;
    // A hundred thousand files are in nobody's interest after this.
    std::fs::remove_dir_all(&rules).with_context(|| format!("cannot remove `{}`", rules.display()))
}

/// Changes one rule after another, and looks each time whether the change is in force.
fn timed_writes(address: SocketAddr, writes: usize, count: usize) -> Result<Vec<Duration>> {
    (0..writes)
        .map(|n| {
            // Rules of all kinds, far from each other.
            let number = n * 7919 % count;
            let css = format!("#changed-{n} {{}}");
            let started = Instant::now();
            change(address, number, &css)?;
            let took = started.elapsed();
            let answer = http::get(address, &format!("/v1/rules/site-{number}"))?;
            if !answer.body.contains(&css) {
                bail!("the change of site-{number} was acknowledged and is not in force");
            }
            Ok(took)
        })
        .collect()
}

pub(super) fn change(address: SocketAddr, number: usize, css: &str) -> Result<()> {
    let body = json!({ "css": css }).to_string();
    let answer = http::send(address, "PATCH", &format!("/v1/rules/site-{number}"), Some(&body))?;
    if answer.status != 200 {
        bail!("a change was answered with {}: {}", answer.status, answer.body);
    }
    Ok(())
}

/// What making one small file durable takes here: write, sync, rename, sync of the folder.
fn timed_syncs(folder: &Path, times: usize) -> Result<Vec<Duration>> {
    let (temporary, target) = (folder.join(".bench.tmp"), folder.join(".bench"));
    let took = (0..times)
        .map(|_| {
            let started = Instant::now();
            let mut file = File::create(&temporary)?;
            file.write_all(&[b'x'; 200])?;
            file.sync_all()?;
            std::fs::rename(&temporary, &target)?;
            File::open(folder)?.sync_all()?;
            Ok(started.elapsed())
        })
        .collect::<Result<Vec<_>>>()?;
    std::fs::remove_file(&target)?;
    Ok(took)
}

fn report_writes(writes: &[Duration], syncs: &[Duration], count: usize) {
    let (write, sync) = (median(writes), median(syncs));
    println!(
        "\none write with {count} rules: median {:.1} ms, p99 {:.1} ms (aim of the median ≤ {} ms: {})\n\
         of which the file system's sync alone: median {:.1} ms",
        millis(write),
        millis(percentile(writes, 99)),
        WRITE_AIM.as_millis(),
        verdict(write <= WRITE_AIM),
        millis(sync),
    );
}

/// Resolves alone, then while two clients write as fast as they can.
fn report_resolves(address: SocketAddr, seconds: u32, count: usize) -> Result<()> {
    let question = json!({ "url": "https://www.site-0.example/news/article?page=2" }).to_string();
    load_test::load(address, &question, RESOLVING, seconds)?;
    let alone = load_test::load(address, &question, RESOLVING, seconds)?;
    let stop = AtomicBool::new(false);
    let (beside, written) = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let stop = &stop;
                scope.spawn(move || write_until(stop, address, writer, count))
            })
            .collect();
        let beside = load_test::load(address, &question, RESOLVING, seconds);
        stop.store(true, Ordering::SeqCst);
        let written: Result<usize> = writers
            .into_iter()
            .map(|writer| writer.join().expect("a writer does not panic"))
            .sum();
        anyhow::Ok((beside?, written?))
    })?;
    println!(
        "resolves over HTTP, {RESOLVING} connections: p50 {:.0} µs, p99 {:.0} µs alone; \
         p50 {:.0} µs, p99 {:.0} µs beside {:.0} writes a second: p99 × {:.1}",
        alone.p50_us,
        alone.p99_us,
        beside.p50_us,
        beside.p99_us,
        per_second(written, seconds),
        beside.p99_us / alone.p99_us,
    );
    Ok(())
}

fn write_until(stop: &AtomicBool, address: SocketAddr, writer: usize, count: usize) -> Result<usize> {
    let mut written = 0;
    while !stop.load(Ordering::SeqCst) {
        let number = (written * 2 + writer) * 7919 % count;
        change(address, number, &format!("#beside-{written} {{}}"))?;
        written += 1;
    }
    Ok(written)
}

fn import(address: SocketAddr) -> Result<Duration> {
    let rule = |n: usize| {
        json!({
            "id": format!("imported-{n}"), "type": "wildcard",
            "pattern": format!("https://*.imported-{n}.example/*"),
            "css": format!("#imported-{n} {{ display: none }}"), "js": format!("hide({n});"),
        })
    };
    let body = Value::Array((0..IMPORTED).map(rule).collect()).to_string();
    let started = Instant::now();
    let answer = http::send(address, "POST", "/v1/rules/import", Some(&body))?;
    let took = started.elapsed();
    if answer.status != 200 {
        bail!(
            "the import was answered with {}: {:.500}",
            answer.status,
            answer.body
        );
    }
    let listed = http::get(address, "/v1/rules?limit=1&q=imported-")?;
    let listed: Value = serde_json::from_str(&listed.body).context("the list of rules is no JSON")?;
    if listed["data"]["count"] != IMPORTED {
        bail!(
            "{IMPORTED} rules were imported, {} are there",
            listed["data"]["count"]
        );
    }
    Ok(took)
}

pub(super) fn percentile(values: &[Duration], percent: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "so many writes are far below 2^52")]
fn per_second(count: usize, seconds: u32) -> f64 {
    count as f64 / f64::from(seconds)
}

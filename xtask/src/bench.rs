//! `cargo xtask bench`: what the promises about speed and memory are measured with.
//!
//! The engine's numbers come from a benchmark of the crate `rules`; HTTP and start are measured here,
//! on the release binary. A figure beside an aim is a report, not a check: machines differ.

mod engine;
mod http;
mod memory;
mod packs;
mod pg;
mod start;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
pub(crate) use engine::BUILD as ENGINE_BENCH;
pub(crate) use start::resident_kibibytes;

use crate::http::get as http_get;
use crate::server::{self, Server};

/// Where benchmarks put the rules and logs that they make.
const SCRATCH: &str = "target/bench";

/// What cargo is asked for the load generator and the bare server.
pub(crate) const TOOL_BUILD: &[&str] = &[
    "build",
    "--release",
    "--locked",
    "--package",
    "bench-http",
    // With it, so that what both use is built once.
    "--package",
    "asset-injector",
];

/// Options of `bench`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The benchmark; all of them if none is named
    which: Option<Which>,
    /// A quick round, to see that it works and roughly where the numbers are
    #[arg(long)]
    short: bool,
    #[command(flatten)]
    engine: engine::Args,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// An uncached resolve at 10 to 100 000 rules, or beside other engines at very many
    Engine,
    /// Requests a second beside a bare server, the cost of metrics and access log, memory over many requests
    Http,
    /// Time to healthy with 10 000 rule files, memory when idle
    Start,
    /// A write with 100 000 rules, resolves beside it, an import of 10 000
    Write,
    /// Three servers on one PostgreSQL: writes and when others see them, the start with a million rules, resolves
    /// without the database
    Pg,
    /// Resolves while 100 packs of 1 000 rules are updated
    Packs,
}

/// Runs one benchmark or all.
pub(crate) fn main(args: &Args) -> Result<()> {
    let wanted = |which| args.which.is_none_or(|named| named == which);
    if wanted(Which::Engine) {
        engine::main(args.short, &args.engine)?;
    }
    if args.which != Some(Which::Engine) {
        server::build_release()?;
    }
    if wanted(Which::Http) {
        http::main(args.short)?;
        memory::main(args.short)?;
    }
    if wanted(Which::Start) {
        start::main(args.short)?;
    }
    if wanted(Which::Write) {
        write::main(args.short)?;
    }
    if wanted(Which::Pg) {
        pg::main(args.short)?;
    }
    if wanted(Which::Packs) {
        packs::main(args.short)?;
    }
    Ok(())
}

/// The short form of all, as `cargo xtask test` runs it.
pub(crate) fn short() -> Result<()> {
    main(&Args {
        which: None,
        short: true,
        engine: engine::Args::default(),
    })
}

/// Starts the release binary on these rules and waits until they are served.
fn serve(rules: &Path, count: usize) -> Result<(Server, Duration)> {
    let log = Path::new(SCRATCH).join("server.log");
    let file = File::create(&log).with_context(|| format!("cannot create `{}`", log.display()))?;
    let scratch = Path::new(SCRATCH).join("scratch");
    let mut server = Server::start(rules, &scratch, &[], server::probe_port(0)?, file.into())?;
    let ready = server
        .wait_until_ready(Duration::from_millis(1))
        .with_context(|| format!("its log is `{}`", log.display()))?;
    check_count(&server, count)?;
    Ok((server, ready))
}

/// The same with further settings and in a folder of its own, so that it can run beside others; its log is dropped.
fn serve_quietly(rules: &Path, count: usize, name: &str, settings: &[(&str, &str)]) -> Result<Server> {
    let scratch = Path::new(SCRATCH).join(format!("scratch-{name}"));
    let mut server = Server::start(rules, &scratch, settings, server::probe_port(0)?, Stdio::null())?;
    server.wait_until_ready(Duration::from_millis(1))?;
    check_count(&server, count)?;
    Ok(server)
}

/// Fails unless so many rules are served.
fn check_count(server: &Server, count: usize) -> Result<()> {
    let listed = http_get(server.address, "/v1/rules?limit=1")?;
    let listed: serde_json::Value =
        serde_json::from_str(&listed.body).context("the list of rules is no JSON")?;
    if listed["data"]["count"] != count {
        bail!(
            "{count} rules were written, but {} are served",
            listed["data"]["count"]
        );
    }
    Ok(())
}

/// A fresh folder with this many rules, one a file.
pub(crate) fn make_rules(name: &str, count: usize) -> Result<PathBuf> {
    let folder = Path::new(SCRATCH).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    for number in 0..count {
        let file = folder.join(format!("site-{number}.rule.yaml"));
        std::fs::write(file, rule(number))?;
    }
    Ok(folder)
}

/// Sixty wildcards, twenty-five exact URLs and fifteen regexes in a hundred.
fn rule(number: usize) -> String {
    let (kind, pattern) = match number % 20 {
        0..12 => ("wildcard", format!("https://*.site-{number}.example/*")),
        12..17 => ("exact", format!("https://site-{number}.example/news/article")),
        _ => (
            "regex",
            format!("^https://www\\\\.site-{number}\\\\.example/[a-z]+/[0-9]+$"),
        ),
    };
    format!(
        "id: site-{number}\ntype: {kind}\npattern: \"{pattern}\"\n\
         css: \"#banner-{number} {{ display: none !important }}\"\n"
    )
}

/// The middle one of some measurements.
fn median<T: Copy + PartialOrd>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).expect("measurements are numbers"));
    sorted[sorted.len() / 2]
}

/// Whether an aim was met, in a word.
fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
}

#[cfg(test)]
mod tests {
    use super::{median, rule};

    #[test]
    fn the_median_ignores_the_order() {
        assert_eq!(median(&[3, 1, 2]), 2);
        assert_eq!(median(&[7.5]), 7.5);
    }

    #[test]
    fn the_mix_of_rules_is_as_promised() {
        let count = |kind: &str| {
            (0..100)
                .filter(|&n| rule(n).contains(&format!("type: {kind}")))
                .count()
        };
        assert_eq!((count("wildcard"), count("exact"), count("regex")), (60, 25, 15));
    }
}

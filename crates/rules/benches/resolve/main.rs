//! What an uncached resolve costs, beside the naive scan, a cache, and the `adblock` crate.
//!
//! Everything is measured in one run and on one thread. Rules and pages are made from a seed, so two runs compare;
//! `--urls FILE` takes real pages instead and makes the rules from them.
//! `--rules N` is another report: one table for very many rules, in `scale`.

#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

mod measure;
mod peer;
mod scale;
mod subject;
mod synthetic;

use measure::{Sample, micros};
use std::process::ExitCode;
use subject::Subject;
use synthetic::World;

const USAGE: &str = "usage: cargo bench -p rules --bench resolve -- [--short] [--urls FILE] [--rules N [--lists DIR] [--sets NAME,…] [--peers-at N]]";

/// The numbers of rules of the usual report.
const COUNTS: [usize; 4] = [10, 1_000, 10_000, 100_000];

#[derive(Default)]
struct Options {
    short: bool,
    urls: Option<String>,
    rules: Option<usize>,
    peers_at: Option<usize>,
    lists: Option<String>,
    sets: Vec<String>,
    count: Option<String>,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(reason) => {
            println!("{reason}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if let Some(rules) = options.rules {
        return match scale(&options, rules) {
            Ok(()) => ExitCode::SUCCESS,
            Err(reason) => {
                println!("{reason}");
                ExitCode::from(2)
            }
        };
    }
    let world = match &options.urls {
        None => World::synthetic(if options.short { 12_000 } else { 20_000 }),
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => World::from_pages(&text),
            Err(error) => {
                println!("{path}: {error}");
                return ExitCode::from(2);
            }
        },
    };
    println!(
        "{} pages ({}), of {:.0} characters on average; rules: 60 % wildcard, 25 % exact, 15 % regex",
        world.pages.len(),
        options.urls.as_deref().unwrap_or("synthetic"),
        world.pages.iter().map(String::len).sum::<usize>() as f64 / world.pages.len() as f64
    );
    report(&world);
    ExitCode::SUCCESS
}

/// The table for very many rules, or the part of it that runs under callgrind.
fn scale(options: &Options, rules: usize) -> Result<(), String> {
    let wanted = scale::Options {
        rules,
        peers_at: options.peers_at.unwrap_or(rules),
        urls: options.urls.clone(),
        lists: options.lists.clone(),
        sets: options.sets.clone(),
    };
    match &options.count {
        Some(set) => scale::count::count(&wanted, set),
        None => scale::report(&wanted),
    }
}

/// Reads the arguments; `--bench` is what cargo adds, `--count SET` what the process under callgrind is given.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        let number = |value: String| value.parse().map_err(|error| format!("{arg}: {error}"));
        match arg.as_str() {
            "--bench" => {}
            "--short" => options.short = true,
            "--urls" => options.urls = Some(value()?),
            "--rules" => options.rules = Some(value().and_then(number)?),
            "--peers-at" => options.peers_at = Some(value().and_then(number)?),
            "--lists" => options.lists = Some(value()?),
            "--sets" => options.sets = value()?.split(',').map(str::to_owned).collect(),
            "--count" => options.count = Some(value()?),
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    Ok(options)
}

/// Measures every number of rules and prints the tables.
fn report(world: &World) {
    println!(
        "\nresolve, mode `best`, µs (p50 / p99 over the pages, the fastest of three passes over all); `with URL` also parses\nthe URL, `index only` is the first pattern of a bare set that matches, `cached` a look-up of the finished answer"
    );
    println!(
        "{:>9} {:>17} {:>17} {:>17} {:>17} {:>8} {:>17}",
        "rules", "resolve", "with URL", "index only", "mode `all`", "matches", "cached"
    );
    let mut rest = Vec::new();
    for count in COUNTS {
        let subject = Subject::new(world, count);
        let resolve = subject.resolve();
        println!(
            "{:>9} {} {} {} {} {:>6.1} % {}",
            count,
            resolve,
            subject.resolve_with_url(),
            subject.candidates(),
            subject.resolve_all(),
            100.0 * subject.share_of_matches(),
            subject.cached(),
        );
        rest.push((
            count,
            subject.build(),
            subject.naive(),
            peer::measure(world, count),
            resolve,
        ));
    }
    println!(
        "\nbuild: `set` is the index over parsed patterns, `rules` also merges and ranks, `parse` checks the drafts before"
    );
    println!(
        "{:>9} {:>10} {:>10} {:>10} {:>14} {:>14}",
        "rules", "set", "rules", "parse", "index B/rule", "all B/rule"
    );
    for (count, build, ..) in &rest {
        println!("{count:>9} {build}");
    }
    compare(&rest);
}

fn compare(rest: &[(usize, subject::Build, Sample, peer::Peer, Sample)]) {
    println!("\nbeside a scan over all patterns (ratio: p50 to that of `resolve`)");
    println!("{:>9} {:>23} {:>9}", "rules", "naive", "ratio");
    for (count, _, naive, _, resolve) in rest {
        println!(
            "{count:>9} {:>11.1} /{:>10.1} {:>8.0}x",
            micros(naive.p50),
            micros(naive.p99),
            naive.p50 / resolve.p50
        );
    }
    println!(
        "\nbeside `adblock` on the rules that its filters can say: the wildcards and the exact ones. It would try every"
    );
    println!(
        "regex on every page, so they are left out on both sides; `ours` is the index alone, asked for any match"
    );
    println!(
        "{:>9} {:>9} {:>17} {:>17} {:>13} {:>12} {:>19}",
        "rules", "filters", "adblock", "ours", "ratio", "its build", "pages that match"
    );
    for (count, _, _, peer, _) in rest {
        println!(
            "{count:>9} {:>9} {} {} {:>5.1}x/{:>5.1}x {:>9.1} ms {:>7.1} % /{:>6.1} %",
            peer.filters,
            peer.check,
            peer.ours,
            peer.check.p50 / peer.ours.p50,
            peer.check.p99 / peer.ours.p99,
            peer.build.as_secs_f64() * 1e3,
            100.0 * peer.matches[0],
            100.0 * peer.matches[1],
        );
    }
}

//! What many rules and no work cost. The figures are printed: machines differ.

use crate::{
    binary::{Sandbox, rule},
    http,
    serving::Serving,
};
use std::time::Instant;

const FILES: usize = 10_000;

fn tree(files: usize) -> Sandbox {
    let file = |n: usize| {
        (
            format!("rules/local/s{}/r{n}.rule.yaml", n % 100),
            rule(&format!("r{n}"), &format!("r{n}.example.com")),
        )
    };
    Sandbox::with((0..files).map(file))
}

/// The resident memory of a process in KiB.
fn resident_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn ten_thousand_files_are_served() {
    let sandbox = tree(FILES);
    let started = Instant::now();
    let mut serving = Serving::listening(&sandbox, &[]);
    let listening = started.elapsed();
    // Until the rules are in force the server says so, and never gives a wrong answer.
    let early = http::get(serving.address, "/health").status;
    assert!([200, 503].contains(&early), "{early}");
    let loaded = serving.event("rules loaded");
    println!(
        "{FILES} rule files: listening after {listening:?}, healthy after {:?}",
        started.elapsed()
    );
    assert_eq!(
        (&loaded["rules.in_force"], &loaded["problems"]),
        (&FILES.into(), &0.into())
    );
    assert_eq!(
        http::resolve(serving.address, "https://r9999.example.com/")["rule_id"],
        "r9999"
    );
}

#[test]
fn an_idle_server_with_ten_rules_is_small() {
    // Kept: the server follows the files.
    let sandbox = tree(10);
    let serving = Serving::ready(&sandbox, &[]);
    let resident = resident_kib(serving.id());
    println!("idle with 10 rules: {resident} KiB resident");
    assert!(resident > 0);
}

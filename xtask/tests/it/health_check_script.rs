//! `scripts/health-check.sh`: when it says that a service is healthy, and what it is called with.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use proptest::prelude::*;

use crate::cases;
use crate::sick_server::{Answer, Framing, SickServer};

/// More than any server here takes that becomes healthy.
const LONG: &str = "20";
/// Less than the slowest answers take, and enough for several attempts.
const SHORT: &str = "0.4";
/// The pause of an answer that comes after `SHORT`.
const TOO_LATE: u64 = 500;

const GOOD: Answer = Answer::Good {
    framing: Framing::Length,
    interim: false,
    pause: 0,
};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Runs the script for a user whose own settings for curl would follow redirects.
fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Output {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(home.join(".curlrc"), "location\n").expect("a folder of ours");
    Command::new(root().join("scripts/health-check.sh"))
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a path"))
        .env("HOME", home)
        .stdin(Stdio::null())
        .output()
        .expect("bash is there")
}

/// Asserts the exit code; returns what was said.
#[track_caller]
fn check(args: &[&str], code: i32) -> String {
    let output = run(args);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("text");
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    said
}

fn framing() -> impl Strategy<Value = Framing> {
    prop_oneof![
        Just(Framing::Length),
        Just(Framing::Chunked),
        Just(Framing::Close)
    ]
}

fn good(pause: impl Strategy<Value = u64>) -> impl Strategy<Value = Answer> {
    (framing(), any::<bool>(), pause).prop_map(|(framing, interim, pause)| Answer::Good {
        framing,
        interim,
        pause,
    })
}

/// What is no complete answer of status 200 and ends soon.
fn bad() -> impl Strategy<Value = Answer> {
    let status = |range| (range, 0..40_u64).prop_map(|(status, pause)| Answer::Status { status, pause });
    prop_oneof![
        3 => status(201..600_u16),
        1 => status(300..400_u16),
        1 => prop_oneof![Just(Framing::Length), Just(Framing::Chunked)].prop_map(Answer::Truncated),
        1 => Just(Answer::HeadCut),
        1 => Just(Answer::Reset),
        1 => Just(Answer::Silent),
        1 => Just(Answer::Garbage),
    ]
}

/// What goes on for longer than `SHORT`.
fn endless() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Hanging),
        Just(Answer::HalfHanging),
        good(Just(TOO_LATE)),
    ]
}

/// How long nobody listens, what the connections get, and whether that is healthy.
fn servers() -> impl Strategy<Value = (u64, Vec<Answer>, bool)> {
    let refusing = || prop_oneof![2 => Just(0), 1 => 1..150_u64];
    let flapping = || prop::collection::vec(bad(), 0..4);
    let ends = |last: BoxedStrategy<Answer>, healthy| {
        (refusing(), flapping(), last).prop_map(move |(refusing, mut plan, last)| {
            plan.push(last);
            (refusing, plan, healthy)
        })
    };
    let flaps_back =
        (refusing(), flapping(), good(0..60_u64), bad()).prop_map(|(refusing, mut plan, good, bad)| {
            plan.extend([good, bad]);
            (refusing, plan, true)
        });
    prop_oneof![
        4 => ends(good(0..60_u64).boxed(), true),
        2 => flaps_back,
        4 => ends(bad().boxed(), false),
        2 => ends(endless().boxed(), false),
        1 => Just((0, Vec::new(), false)),
    ]
}

proptest! {
    #![proptest_config(cases::config(120))]

    /// **Feature: deployment-operations, Property 2: Health Check Verification**
    ///
    /// `scripts/health-check.sh` exits 0 if and only if a complete answer of status 200 arrived within the time-out,
    /// over servers that are slow, flapping, refusing, resetting, redirecting, truncating, answering every other
    /// status \[2.7, 4.4, 4.5\].
    #[test]
    fn healthy_is_one_complete_answer_of_200_in_time((refusing, plan, healthy) in servers()) {
        let server = SickServer::start(Duration::from_millis(refusing), plan);
        let url = format!("http://{}/health/ready", server.address);
        let timeout = if healthy { LONG } else { SHORT };
        let output = run(&[url.as_str(), "--timeout", timeout, "--interval", "0.01"]);
        let said = String::from_utf8_lossy(&output.stderr);
        prop_assert_eq!(output.status.code(), Some(i32::from(!healthy)), "{}", said);
    }
}

#[test]
fn what_each_attempt_met_is_told() {
    let statuses = [201, 204, 206, 301, 304, 401, 404, 429, 500, 503, 599];
    let plan = statuses.map(|status| Answer::Status { status, pause: 0 });
    let mut plan = plan.to_vec();
    plan.push(GOOD);
    let server = SickServer::start(Duration::ZERO, plan);
    let url = format!("http://{}/", server.address);
    let said = check(&[&url, "--timeout", LONG, "--interval", "0"], 0);
    for (count, status) in (1..).zip(statuses) {
        assert!(
            said.contains(&format!("attempt {count}: status {status}\n")),
            "{said}"
        );
    }
    assert!(said.contains("healthy at attempt 12: status 200\n"), "{said}");
}

#[test]
fn the_version_can_be_asked_for() {
    let server = SickServer::start(Duration::ZERO, vec![GOOD]);
    let url = format!("http://{}/v1/version", server.address);
    check(&[&url, "--expect-version", "1.4.0", "--timeout", LONG], 0);
    for other in ["1.4", "1x4.0", ".4.0", "1.4.0-rc.1"] {
        check(&[&url, "--expect-version", other, "--timeout", SHORT], 1);
    }
}

#[test]
fn a_command_is_judged_by_its_exit_code() {
    let marks = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("third-time");
    let _ = std::fs::remove_file(&marks);
    let third_time = format!("echo x >>'{0}'; test $(wc -l <'{0}') = 3", marks.display());
    let said = check(&["--interval", "0", "--exec", "--", "sh", "-c", &third_time], 0);
    assert!(said.contains("healthy at attempt 3"), "{said}");
    let said = check(&["--timeout", "0.3", "--exec", "--", "sh", "-c", "exit 7"], 1);
    assert!(said.contains("attempt 1: exit code 7"), "{said}");
    check(&["--timeout", "0.3", "--exec", "--", "no-such-program"], 1);
}

#[test]
fn what_still_runs_is_ended_with_its_children() {
    let mark = "86399.125";
    let command = format!("sleep {mark} & wait");
    check(&["--timeout", "0.3", "--exec", "--", "sh", "-c", &command], 1);
    // The signal has been sent; the process may take a moment to be gone.
    let is_there = || {
        let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
        processes
            .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
            .any(|line| line == format!("sleep\0{mark}\0").into_bytes())
    };
    let gone = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        !is_there()
    });
    assert!(gone, "the command's child is still there");
}

#[test]
fn wrong_usage_is_told_apart_from_illness() {
    let url = "http://127.0.0.1:1/";
    let wrong: [&[&str]; 14] = [
        &[],
        &[""],
        &[url, url],
        &[url, "--retries", "3"],
        &[url, "--timeout"],
        &[url, "--timeout", "0"],
        &[url, "--timeout", "-1"],
        &[url, "--timeout", "1m"],
        &[url, "--interval", "x"],
        &[url, "--expect-version", "1.0\" or"],
        &[url, "--exec", "--", "true"],
        &["--exec"],
        &["--exec", "--expect-version", "1", "--", "true"],
        &[url, "--", "true"],
    ];
    for args in wrong {
        let said = check(args, 2);
        assert!(said.contains("help: "), "{said}");
    }
    let said = check(&["--help"], 0);
    assert!(said.contains("Examples:"), "{said}");
}

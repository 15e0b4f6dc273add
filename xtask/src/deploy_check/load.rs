//! Clients that ask by the clock: a request is due whether the one before was answered or not, so that none is spared
//! what went wrong meanwhile. Every other one has a connection of its own, and the others come over kept ones.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::network::Network;
use super::until;
use crate::http::Connection;

/// Between two requests.
const INTERVAL: Duration = Duration::from_millis(10);
/// More than can wait for an answer at the same time, unless something is wrong.
const WORKERS: u64 = 32;
const PATIENCE: Duration = Duration::from_secs(10);
/// As the overlay's `ALLOWED_HOSTS` has it.
pub(super) const HOST: &str = "rules.example.com";
const PATHS: [&str; 2] = ["/version", "/v1/resolve?url=https://www.example.com/news/"];
/// So many answers in a row of one version mean that no other one is asked any more.
const IN_A_ROW: usize = 60;
/// So many tell the share of a version.
const SAMPLE: usize = 400;
/// How many failures are told.
const TOLD: usize = 5;

/// Where requests come from and go to.
pub(super) struct Way<'n> {
    pub(super) from: &'n Network,
    pub(super) to: SocketAddr,
}

/// What came of the requests so far.
pub(super) struct Answers {
    began: Instant,
    next: AtomicU64,
    is_over: AtomicBool,
    /// The newest versions that were answered.
    versions: Mutex<VecDeque<String>>,
    failures: Mutex<Vec<String>>,
    slowest: Mutex<Duration>,
}

/// Asks while the work is done; fails if one request failed.
pub(super) fn during<T>(way: &Way<'_>, work: impl FnOnce(&Answers) -> Result<T>) -> Result<T> {
    let answers = Answers {
        began: Instant::now(),
        next: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        versions: Mutex::default(),
        failures: Mutex::default(),
        slowest: Mutex::default(),
    };
    let (done, entered) = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| scope.spawn(|| way.from.enter().map(|()| answers.ask(way.to))))
            .collect();
        let done = work(&answers);
        answers.is_over.store(true, Ordering::SeqCst);
        let entered: Result<()> = workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("a client does not panic"));
        (done, entered)
    });
    entered?;
    let done = done?;
    answers.judge()?;
    Ok(done)
}

impl Answers {
    /// Takes one request after the other when it is due.
    fn ask(&self, to: SocketAddr) {
        let mut kept = None;
        loop {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let due = self.began + INTERVAL.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let is_kept = number % 2 == 1;
            let path = PATHS[usize::from(number % 4 > 1)];
            let told = if is_kept {
                over_kept(&mut kept, to, path)
            } else {
                Connection::open(to, HOST, PATIENCE)
                    .and_then(|mut open| version(&open.get(path, "Connection: close\r\n")?))
            };
            self.note(number, due, is_kept, told);
        }
    }

    fn note(&self, number: u64, due: Instant, is_kept: bool, told: Result<Option<String>>) {
        let took = due.elapsed();
        let mut slowest = self.slowest.lock().expect("nobody panics with it");
        *slowest = took.max(*slowest);
        match told {
            Ok(Some(version)) => {
                let mut versions = self.versions.lock().expect("nobody panics with it");
                versions.push_back(version);
                if versions.len() > SAMPLE {
                    versions.pop_front();
                }
            }
            Ok(None) => {}
            Err(error) => {
                let kind = if is_kept { "kept" } else { "new" };
                let at = due.duration_since(self.began).as_secs_f64();
                let failure = format!("request {number} at {at:.2} s over a {kind} connection: {error:#}");
                println!("{failure}");
                let mut failures = self.failures.lock().expect("nobody panics with it");
                failures.push(failure);
            }
        }
    }

    /// Waits until every answer comes of this version.
    pub(super) fn wait_for(&self, version: &str) -> Result<()> {
        self.versions.lock().expect("nobody panics with it").clear();
        until("the version that was deployed does not answer", || {
            let versions = self.versions.lock().expect("nobody panics with it");
            let newest = versions.iter().rev().take(IN_A_ROW);
            let of_it = newest.filter(|told| *told == version).count();
            ensure!(
                of_it == IN_A_ROW,
                "{of_it} of {} answers are of version {version}",
                versions.len().min(IN_A_ROW)
            );
            Ok(())
        })
    }

    /// Waits for more answers; returns how many per cent of them are of this version.
    pub(super) fn share_of(&self, version: &str) -> Result<usize> {
        self.versions.lock().expect("nobody panics with it").clear();
        until("there are too few answers", || {
            let versions = self.versions.lock().expect("nobody panics with it");
            ensure!(versions.len() == SAMPLE, "there are {}", versions.len());
            let of_it = versions.iter().filter(|told| *told == version).count();
            Ok(of_it * 100 / SAMPLE)
        })
    }

    fn judge(&self) -> Result<()> {
        let failures = self.failures.lock().expect("nobody panics with it");
        let count = self.next.load(Ordering::SeqCst).saturating_sub(WORKERS);
        let slowest = *self.slowest.lock().expect("nobody panics with it");
        println!(
            "  {count} requests in {} s, {} failed, the slowest was answered {} ms after it was due",
            self.began.elapsed().as_secs(),
            failures.len(),
            slowest.as_millis()
        );
        ensure!(
            failures.is_empty(),
            "{} of {count} requests failed:\n{}",
            failures.len(),
            failures[..failures.len().min(TOLD)].join("\n")
        );
        Ok(())
    }
}

/// Asks over the connection that was kept, as long as nobody says that it ends.
fn over_kept(kept: &mut Option<Connection>, to: SocketAddr, path: &str) -> Result<Option<String>> {
    let mut open = match kept.take() {
        Some(open) if !open.is_closed()? => open,
        _ => Connection::open(to, HOST, PATIENCE)?,
    };
    let answer = open.get(path, "")?;
    if answer.leaves_open() {
        *kept = Some(open);
    }
    version(&answer)
}

/// The version that an answer tells, if it was asked for it.
fn version(answer: &crate::http::Answer) -> Result<Option<String>> {
    ensure!(
        answer.status == 200,
        "the answer has status {}: {}",
        answer.status,
        answer.body
    );
    let said: Value = serde_json::from_str(&answer.body).context("an answer that is no JSON")?;
    Ok(said["data"]["commit"].as_str().map(str::to_owned))
}

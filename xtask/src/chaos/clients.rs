//! Who writes and resolves meanwhile, and what they know at the end.

mod counter;
mod prober;
mod resolver;
mod writer;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::replicas::{self, Replicas};
use crate::http::{self, Answer};
pub(super) use counter::Counter;
pub(super) use prober::Prober;
pub(super) use resolver::Resolver;
pub(super) use writer::Writer;

/// The rule that every resolve must answer with, whatever happens.
const STEADY: &str = "steady";
/// The rule that all counters count in.
const COUNTED: &str = "counted";
/// The rule by which it is measured when others see a write.
const PROBED: &str = "probed";
/// Far more than any server takes to hear of a write.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all clients know at the end.
pub(super) struct Known {
    pub(super) writers: Vec<Writer>,
    pub(super) counters: Vec<Counter>,
    pub(super) resolvers: Vec<Resolver>,
    pub(super) prober: Prober,
}

/// Creates the rules that are there all the time, and waits until every server has them.
pub(super) fn prepare(replicas: &Replicas) -> Result<()> {
    for id in [STEADY, COUNTED, PROBED] {
        let answer = http::post(replicas.address(0), "/v1/rules", &rule(id, &css(0)).to_string())?;
        if answer.status != 201 {
            bail!("`{id}` cannot be created: {}", answer.body);
        }
    }
    for address in replicas.addresses() {
        let began = Instant::now();
        while find(address, PROBED)?.is_none() {
            if began.elapsed() > PATIENCE {
                bail!(
                    "a server has not heard of `{PROBED}` after {} s",
                    PATIENCE.as_secs()
                );
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    Ok(())
}

/// A rule for a host of its own.
fn rule(id: &str, css: &str) -> Value {
    json!({ "id": id, "type": "wildcard", "pattern": format!("https://{id}.example/*"), "css": css })
}

/// The style sheet that stands for a number.
fn css(number: u64) -> String {
    format!("#v{number} {{}}")
}

/// The number that a style sheet stands for.
fn number_of(css: &str) -> Option<u64> {
    css.strip_prefix("#v")?.split(' ').next()?.parse().ok()
}

/// A rule's style sheet and its tag, as a server has it; `None` when there is no such rule.
fn find(address: SocketAddr, id: &str) -> Result<Option<(String, String)>> {
    let answer = http::get(address, &format!("/v1/rules/{id}"))?;
    match answer.status {
        200 => {
            let body: Value = serde_json::from_str(&answer.body)?;
            let css = body["data"]["css"].as_str().unwrap_or_default().to_owned();
            Ok(Some((css, etag(&answer))))
        }
        404 => Ok(None),
        status => bail!("GET of `{id}` was answered with {status}: {}", answer.body),
    }
}

fn etag(answer: &Answer) -> String {
    let head = String::from_utf8_lossy(&answer.raw).into_owned();
    let line = head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("etag:"));
    line.and_then(|line| line.split_once(": "))
        .map_or_else(String::new, |(_, tag)| tag.to_owned())
}

/// How a write ended, as far as its client can tell.
enum Ended {
    /// It is acknowledged.
    Done,
    /// It was not done, and the answer says why.
    Refused(Answer),
    /// It was not done, since it could not be.
    Undone(String),
    /// It may be done or not, now or a little later.
    Unknown(String),
}

/// What an answer to a write says.
fn ended(answer: Result<Answer>) -> Ended {
    match answer {
        Ok(answer) if (200..300).contains(&answer.status) => Ended::Done,
        Ok(answer) if answer.status == 503 && answer.body.contains("nothing was changed") => {
            Ended::Undone(answer.body)
        }
        // The service could not say more, or gave up waiting.
        Ok(answer) if answer.status >= 500 || answer.status == 408 => {
            Ended::Unknown(format!("{}: {}", answer.status, answer.body))
        }
        Ok(answer) => Ended::Refused(answer),
        Err(error) => Ended::Unknown(error.to_string()),
    }
}

impl Known {
    /// Holds what the servers have against what is known.
    pub(super) fn check(&self, replicas: &Replicas) -> Result<()> {
        let rules = (0..replicas::COUNT)
            .map(|n| replicas.rules(n))
            .collect::<Result<Vec<_>>>()?;
        for (n, others) in rules.iter().enumerate().skip(1) {
            if let Some(id) = rules[0]
                .keys()
                .chain(others.keys())
                .find(|id| rules[0].get(*id) != others.get(*id))
            {
                bail!("servers 0 and {n} differ in `{id}` at the end");
            }
        }
        let mut foreign = rules[0].clone();
        for id in [STEADY, COUNTED, PROBED] {
            foreign.remove(id);
        }
        self.writers
            .iter()
            .try_for_each(|writer| writer.check(&mut foreign))?;
        if let Some(id) = foreign.keys().next() {
            bail!("nobody wrote `{id}`, and it is there");
        }
        let counted = rules[0].get(COUNTED).and_then(|css| number_of(css));
        Counter::check(&self.counters, counted.unwrap_or_default())
    }

    pub(super) fn print(&self) {
        let writes: u64 = self.writers.iter().map(|writer| writer.acknowledged).sum();
        let unknown: u64 = self.writers.iter().map(|writer| writer.unknown).sum();
        let undone: u64 = self.writers.iter().map(|writer| writer.undone).sum();
        println!(
            "\n{writes} writes acknowledged, {undone} not done, {unknown} that nobody knew of: 0 lost, 0 invented"
        );
        Counter::print(&self.counters);
        Resolver::print(&self.resolvers);
        self.prober.print();
    }
}

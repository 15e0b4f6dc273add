//! Clients that resolve, one on each server, and never get no answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{COUNTED, STEADY, css, number_of};
use crate::chaos::World;
use crate::chaos::replicas::health;
use crate::http;

/// Between two resolves, so that the others get their share of the machine.
const PAUSE: Duration = Duration::from_millis(2);

/// What the client of one server has seen.
pub(in crate::chaos) struct Resolver {
    times: Vec<Duration>,
}

impl Resolver {
    pub(in crate::chaos) fn run(n: usize, world: &World) -> Self {
        let mut times = Vec::new();
        let mut address = world.replicas.address(n);
        let (mut newest, mut revision) = (0, 0);
        while !world.is_over() {
            let present = world.replicas.address(n);
            if present != address {
                // Another server, which may have heard a little less.
                (address, newest, revision) = (present, 0, 0);
            }
            let started = Instant::now();
            if let Err(finding) =
                resolve(address, STEADY).and_then(|number| expect(number == 0, STEADY, number))
            {
                world.findings.add(format!("server {n}: {finding}"));
            }
            times.push(started.elapsed());
            match resolve(address, COUNTED)
                .and_then(|number| expect(number >= newest, COUNTED, number).map(|()| number))
            {
                Ok(number) => newest = number,
                Err(finding) => world
                    .findings
                    .add(format!("server {n}, which had {newest}: {finding}")),
            }
            match health(address) {
                Ok(health) if health.revision >= revision => revision = health.revision,
                Ok(health) => world.findings.add(format!(
                    "server {n} went from revision {revision} to {}",
                    health.revision
                )),
                Err(error) => world
                    .findings
                    .add(format!("server {n} does not say how it is: {error:#}")),
            }
            std::thread::sleep(PAUSE);
        }
        Self { times }
    }

    pub(super) fn print(resolvers: &[Self]) {
        let mut times: Vec<_> = resolvers.iter().flat_map(|resolver| &resolver.times).collect();
        times.sort_unstable();
        let at = |percent: usize| {
            times
                .get(times.len() * percent / 100)
                .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
        };
        println!(
            "{} resolves on {} servers, 0 failed, no server went back; median {:.2} ms, p99 {:.2} ms with the connection",
            times.len() * 2,
            resolvers.len(),
            at(50),
            at(99)
        );
    }
}

/// The number that a server answers with for a rule's page.
fn resolve(address: SocketAddr, id: &str) -> Result<u64, String> {
    let question = json!({ "url": format!("https://{id}.example/page") }).to_string();
    let answer = http::post(address, "/v1/resolve", &question);
    let answer = answer.map_err(|error| format!("a resolve failed: {error:#}"))?;
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let number = body["data"]["css"]
        .as_str()
        .and_then(|text| number_of(text.trim()));
    number.ok_or_else(|| {
        format!(
            "a resolve was answered with {}: {}, and not {}",
            answer.status,
            answer.body,
            css(0)
        )
    })
}

fn expect(met: bool, id: &str, number: u64) -> Result<(), String> {
    if met {
        Ok(())
    } else {
        Err(format!("`{id}` is answered with {number}"))
    }
}

//! A client that measures when a write is seen on the servers that it was not sent to.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Ended, PROBED, css, ended, find, number_of};
use crate::chaos::{World, replicas::COUNT};
use crate::http;

/// Between two looks at a server: the resolution of the measurement.
const LOOK: Duration = Duration::from_millis(2);
/// Who has not seen a write by then will not see it.
const SEEN_WITHIN: Duration = Duration::from_secs(60);
/// The bound that the product promises where nothing is wrong.
const PROMISED: Duration = Duration::from_secs(1);

/// What was measured while all was well.
pub(in crate::chaos) struct Prober {
    random: fastrand::Rng,
    acknowledged: Vec<Duration>,
    elsewhere: Vec<Duration>,
}

impl Prober {
    pub(in crate::chaos) fn new(random: fastrand::Rng) -> Self {
        Self {
            random,
            acknowledged: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    pub(in crate::chaos) fn run(mut self, world: &World) -> Self {
        let mut number = 0;
        while !world.is_over() {
            number += 1;
            self.probe(number, world);
            std::thread::sleep(Duration::from_millis(50));
        }
        self
    }

    fn probe(&mut self, number: u64, world: &World) {
        let _writing = world.writing();
        let written = self.random.usize(..COUNT);
        let address = world.replicas.address(written);
        let body = json!({ "css": css(number) }).to_string();
        let seen = world.weather.see();
        let started = Instant::now();
        if !matches!(
            ended(http::send(
                address,
                "PATCH",
                &format!("/v1/rules/{PROBED}"),
                Some(&body)
            )),
            Ended::Done
        ) {
            return;
        }
        let acknowledged = started.elapsed();
        let Some(slowest) = Self::wait_for_others(written, number, world) else {
            return;
        };
        if world.weather.was_calm_since(seen) {
            self.acknowledged.push(acknowledged);
            self.elsewhere.push(slowest);
        }
    }

    /// How long after the acknowledgement the last of the others has it; `None` when the run is over before.
    fn wait_for_others(written: usize, number: u64, world: &World) -> Option<Duration> {
        let began = Instant::now();
        for n in (0..COUNT).filter(|n| *n != written) {
            loop {
                let found = find(world.replicas.address(n), PROBED).ok().flatten();
                if found
                    .and_then(|(css, _)| number_of(&css))
                    .is_some_and(|found| found >= number)
                {
                    break;
                }
                if world.is_over() {
                    return None;
                }
                if began.elapsed() > SEEN_WITHIN && world.weather.is_calm() {
                    world.findings.add(format!(
                        "a write is not seen by another server after {} s",
                        SEEN_WITHIN.as_secs()
                    ));
                    return None;
                }
                std::thread::sleep(LOOK);
            }
        }
        Some(began.elapsed())
    }

    pub(super) fn print(&self) {
        for (what, times) in [
            ("acknowledged", &self.acknowledged),
            ("seen by all others", &self.elsewhere),
        ] {
            let mut times = times.clone();
            times.sort_unstable();
            let at = |percent: usize| {
                let time = times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
                time.map_or(0.0, |time| time.as_secs_f64() * 1000.0)
            };
            let late = times.iter().filter(|time| **time > PROMISED).count();
            println!(
                "{} writes while all was well, {what}: median {:.1} ms, p99 {:.1} ms, at the most {:.1} ms, {late} after more than a second",
                times.len(),
                at(50),
                at(99),
                at(100)
            );
        }
    }
}

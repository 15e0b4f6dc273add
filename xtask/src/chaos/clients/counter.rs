//! Clients that count in one rule, each step under `If-Match`.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde_json::json;

use super::{COUNTED, Ended, css, ended, find, number_of};
use crate::chaos::World;
use crate::http;

/// A client that counts.
pub(in crate::chaos) struct Counter {
    random: fastrand::Rng,
    /// The numbers whose writing was acknowledged.
    acknowledged: Vec<u64>,
    /// Those that may be written or not.
    perhaps: Vec<u64>,
    /// How often somebody else was faster.
    overtaken: u64,
}

impl Counter {
    pub(in crate::chaos) fn new(random: fastrand::Rng) -> Self {
        Self {
            random,
            acknowledged: Vec::new(),
            perhaps: Vec::new(),
            overtaken: 0,
        }
    }

    pub(in crate::chaos) fn run(mut self, world: &World) -> Self {
        while !world.is_over() {
            self.count(world);
            let millis = self.random.u64(..30);
            std::thread::sleep(std::time::Duration::from_millis(millis));
        }
        self
    }

    fn count(&mut self, world: &World) {
        let _writing = world.writing();
        let address = world.replicas.any(&mut self.random);
        let found = match find(address, COUNTED) {
            Ok(found) => found,
            Err(error) => {
                return world
                    .findings
                    .add(format!("`{COUNTED}` cannot be read: {error:#}"));
            }
        };
        let Some((Some(number), tag)) = found.map(|(css, tag)| (number_of(&css), tag)) else {
            return world
                .findings
                .add(format!("`{COUNTED}` is gone, or holds no number"));
        };
        let next = number + 1;
        let body = json!({ "css": css(next) }).to_string();
        let seen = world.weather.see();
        let head = format!("If-Match: {tag}\r\n");
        let path = format!("/v1/rules/{COUNTED}");
        match ended(http::send_with(address, "PATCH", &path, &head, &body)) {
            Ended::Done => self.acknowledged.push(next),
            Ended::Refused(answer) if answer.status == 412 => self.overtaken += 1,
            Ended::Refused(answer) => {
                world.findings.add(format!(
                    "counting was answered with {}: {}",
                    answer.status, answer.body
                ));
            }
            Ended::Undone(reason) => {
                if world.weather.was_calm_since(seen) {
                    world
                        .findings
                        .add(format!("counting failed while all was well: {reason}"));
                }
            }
            Ended::Unknown(reason) => {
                if world.weather.was_calm_since(seen) {
                    world
                        .findings
                        .add(format!("counting failed while all was well: {reason}"));
                }
                self.perhaps.push(next);
            }
        }
    }

    /// Every number up to the last one was written once: an update that was lost would have been acknowledged twice.
    pub(super) fn check(counters: &[Self], last: u64) -> Result<()> {
        let mut written = BTreeSet::new();
        for number in counters.iter().flat_map(|counter| &counter.acknowledged) {
            if !written.insert(*number) {
                bail!("two clients were told that they had written {number}: an update was lost");
            }
        }
        if let Some(number) = written.last().filter(|number| **number > last) {
            bail!("{number} was acknowledged, and the rule holds {last}");
        }
        written.extend(counters.iter().flat_map(|counter| &counter.perhaps));
        match (1..=last).find(|number| !written.contains(number)) {
            Some(number) => bail!("nobody wrote {number}, and {last} came after it"),
            None => Ok(()),
        }
    }

    pub(super) fn print(counters: &[Self]) {
        let acknowledged: usize = counters.iter().map(|counter| counter.acknowledged.len()).sum();
        let overtaken: u64 = counters.iter().map(|counter| counter.overtaken).sum();
        println!("{acknowledged} updates under `If-Match`, {overtaken} overtaken: 0 lost");
    }
}

#[cfg(test)]
mod tests {
    use super::Counter;

    fn counter(acknowledged: &[u64], perhaps: &[u64]) -> Counter {
        let mut counter = Counter::new(fastrand::Rng::with_seed(1));
        counter.acknowledged.extend(acknowledged);
        counter.perhaps.extend(perhaps);
        counter
    }

    #[test]
    fn numbers_that_are_all_written_once_are_in_order() {
        let counters = [counter(&[1, 3], &[4, 9]), counter(&[2, 5], &[])];
        Counter::check(&counters, 5).expect("in order");
    }

    #[test]
    fn what_is_not_in_order_is_found() {
        for (counters, last) in [
            ([counter(&[1, 2], &[]), counter(&[2], &[])], 2),
            ([counter(&[1, 2], &[]), counter(&[3], &[])], 2),
            ([counter(&[1], &[]), counter(&[3], &[])], 3),
        ] {
            assert!(Counter::check(&counters, last).is_err());
        }
    }
}

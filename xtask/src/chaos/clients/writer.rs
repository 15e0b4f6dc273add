//! A client with rules that only it writes.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::json;

use super::{Ended, css, ended, find, rule};
use crate::chaos::World;
use crate::http;

/// Rules that a writer changes at a time.
const RULES: usize = 6;

/// One rule, and what is known of it.
#[derive(Debug, Default)]
struct Own {
    id: String,
    /// The state that was acknowledged last: its style sheet, or that there is no such rule.
    acknowledged: Option<String>,
    /// What it may have become instead. The rule is left alone from then on: nobody can tell when such a write is done.
    perhaps: Option<Option<String>>,
}

/// A client that creates, changes and deletes.
pub(in crate::chaos) struct Writer {
    number: usize,
    random: fastrand::Rng,
    rules: Vec<Own>,
    /// Rules of which nobody knows what became.
    left: Vec<Own>,
    made: u64,
    pub(super) acknowledged: u64,
    pub(super) unknown: u64,
    /// Writes of which the service said that nothing was changed.
    pub(super) undone: u64,
}

impl Writer {
    pub(in crate::chaos) fn new(number: usize, random: fastrand::Rng) -> Self {
        Self {
            number,
            random,
            rules: Vec::new(),
            left: Vec::new(),
            made: 0,
            acknowledged: 0,
            unknown: 0,
            undone: 0,
        }
    }

    pub(in crate::chaos) fn run(mut self, world: &World) -> Self {
        while !world.is_over() {
            self.write(world);
            let millis = self.random.u64(..20);
            std::thread::sleep(std::time::Duration::from_millis(millis));
        }
        self
    }

    /// One write on any server, and a look at what became of it there.
    fn write(&mut self, world: &World) {
        while self.rules.len() < RULES {
            self.made += 1;
            let id = format!("w{}-{}", self.number, self.made);
            self.rules.push(Own { id, ..Own::default() });
        }
        let n = self.random.usize(..RULES);
        let address = world.replicas.any(&mut self.random);
        let wanted = match (&self.rules[n].acknowledged, self.random.u8(..5)) {
            (Some(_), 0) => None,
            _ => Some(css(self.random.u64(..))),
        };
        let Own { id, acknowledged, .. } = &self.rules[n];
        let path = format!("/v1/rules/{id}");
        let _writing = world.writing();
        let seen = world.weather.see();
        let answer = match (acknowledged, &wanted) {
            (None, Some(css)) => http::send(address, "POST", "/v1/rules", Some(&rule(id, css).to_string())),
            (_, Some(css)) => http::send(address, "PATCH", &path, Some(&json!({ "css": css }).to_string())),
            (_, None) => http::send(address, "DELETE", &path, None),
        };
        match ended(answer) {
            Ended::Done => {
                self.acknowledged += 1;
                self.rules[n].acknowledged = wanted;
                let Own { id, acknowledged, .. } = &self.rules[n];
                match find(address, id) {
                    Ok(found) if found.as_ref().map(|(css, _)| css) == acknowledged.as_ref() => {}
                    Ok(found) => world.findings.add(format!(
                        "`{id}` was acknowledged as {acknowledged:?}, and the same server has {found:?}"
                    )),
                    Err(error) => world.findings.add(format!("`{id}` cannot be read: {error:#}")),
                }
            }
            Ended::Undone(reason) => {
                if world.weather.was_calm_since(seen) {
                    world
                        .findings
                        .add(format!("a write failed while all was well: {reason}"));
                }
                // It is as it was, and stays in use: the next look at it tells.
                self.undone += 1;
            }
            Ended::Refused(answer) => world.findings.add(format!(
                "`{id}`, which is {acknowledged:?}, cannot become {wanted:?}: {}",
                answer.body
            )),
            Ended::Unknown(reason) => {
                if world.weather.was_calm_since(seen) {
                    world
                        .findings
                        .add(format!("a write failed while all was well: {reason}"));
                }
                self.unknown += 1;
                let mut own = self.rules.swap_remove(n);
                own.perhaps = Some(wanted);
                self.left.push(own);
            }
        }
    }

    /// Takes what this client wrote out of what a server holds; fails if that is not what it should be.
    pub(super) fn check(&self, found: &mut BTreeMap<String, String>) -> Result<()> {
        for own in self.rules.iter().chain(&self.left) {
            let found = found.remove(&own.id);
            if found != own.acknowledged && Some(&found) != own.perhaps.as_ref() {
                bail!(
                    "`{}` was acknowledged as {:?}, and is {found:?}",
                    own.id,
                    own.acknowledged
                );
            }
        }
        Ok(())
    }
}

//! A client that disables, enables, pins and unpins one rule.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{Client, DISABLED, PINNED, SWITCHED, Write};
use crate::chaos::replicas::COUNT;

/// The layer that is pinned.
const LAYER: &str = "local";

/// A client that decides whether a rule takes part, and whose.
pub(in crate::chaos) struct Switcher<'w> {
    client: Client<'w>,
    random: fastrand::Rng,
}

impl<'w> Switcher<'w> {
    pub(in crate::chaos) fn new(client: Client<'w>, random: fastrand::Rng) -> Self {
        Self { client, random }
    }

    pub(in crate::chaos) fn run(mut self) {
        while !self.client.world.is_over() {
            self.switch();
            let pause = Duration::from_millis(self.random.u64(..200));
            std::thread::sleep(pause);
        }
    }

    fn switch(&mut self) {
        let _writing = self.client.world.writing();
        let server = self.random.usize(..COUNT);
        let path = |what| format!("/v1/rules/{SWITCHED}/{what}");
        let write = |key, value: Option<&str>, method, path, body: Option<Json>| Write {
            key,
            value: value.map(str::to_owned),
            expected: None,
            method,
            path,
            body,
        };
        let is_written = match self.random.u8(..4) {
            0 => {
                let path = path("disable");
                self.client
                    .write(server, write(DISABLED, Some("yes"), "POST", &path, None))
            }
            1 => {
                let path = path("enable");
                self.client
                    .write(server, write(DISABLED, None, "POST", &path, None))
            }
            2 => {
                let (path, body) = (path("source"), json!({ "type": LAYER }));
                self.client
                    .write(server, write(PINNED, Some(LAYER), "PUT", &path, Some(body)))
            }
            _ => {
                let path = path("source");
                self.client
                    .write(server, write(PINNED, None, "DELETE", &path, None))
            }
        };
        if is_written {
            self.client.look(server);
        }
    }
}

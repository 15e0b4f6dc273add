//! A client that disables, enables, pins and unpins one rule.

use serde_json::{Value as Json, json};

use super::{DISABLED, PINNED, SWITCHED, Work, Write, Writer};
use crate::chaos::replicas::COUNT;

/// The layer that is pinned.
const LAYER: &str = "local";

/// Whether a rule takes part, and whose.
pub(super) const WORK: Work = Work {
    round: |writer| writer.switch(),
    pause_millis: 0..200,
    clients: 1,
};

impl Writer<'_> {
    fn switch(&mut self) {
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

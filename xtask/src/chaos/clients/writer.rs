//! A client that creates, changes and deletes rules, which others do as well.

use serde_json::json;

use super::{Work, Write, Writer, answers::css};
use crate::chaos::replicas::COUNT;

/// The rules that are written.
pub(super) const RULES: [&str; 8] = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"];

/// Rules, by several clients at once.
pub(super) const WORK: Work = Work {
    round: |writer| writer.write_rule(),
    pause_millis: 0..30,
    clients: 4,
};

/// The call that creates a rule for a host of its own.
pub(super) fn creation<'c>(id: &'c str, number: &str) -> Write<'c> {
    let pattern = format!("https://{id}.example/*");
    Write {
        key: id,
        value: Some(number.to_owned()),
        expected: None,
        method: "POST",
        path: "/v1/rules",
        body: Some(json!({ "id": id, "type": "wildcard", "pattern": pattern, "css": css(number) })),
    }
}

impl Writer<'_> {
    /// A look at a rule, a write of it on any server, and a look at what became of it there.
    fn write_rule(&mut self) {
        let (id, server) = (
            RULES[self.random.usize(..RULES.len())],
            self.random.usize(..COUNT),
        );
        let Some(found) = self.client.read(server, id) else {
            return;
        };
        let number = self.random.u64(..).to_string();
        // What was read by one server may be written by another one.
        let server = if self.random.bool() {
            server
        } else {
            self.random.usize(..COUNT)
        };
        let path = format!("/v1/rules/{id}");
        let expected = Some(&found).filter(|_| self.random.bool());
        let change = |value: Option<String>, method, body| Write {
            key: id,
            value,
            expected,
            method,
            path: &path,
            body,
        };
        let write = match (&found.value, self.random.u8(..5)) {
            (None, _) => creation(id, &number),
            (Some(_), 0) => change(None, "DELETE", None),
            (Some(_), _) => {
                let body = json!({ "css": css(&number) });
                change(Some(number), "PATCH", Some(body))
            }
        };
        if self.client.write(server, write) {
            self.client.read(server, id);
        }
    }
}

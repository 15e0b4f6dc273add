//! Clients that write over HTTP until the server is gone, and remember what was acknowledged.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::ledger::{Known, State};
use crate::http::{self, Answer};

/// How many write at the same time.
pub(super) const COUNT: usize = 4;

/// One client with the rules that only it writes.
pub(super) struct Client {
    random: fastrand::Rng,
    pub(super) rules: Vec<(String, Known)>,
    pub(super) acknowledged: u64,
    pub(super) unanswered: u64,
}

/// One request, and what each rule that it is about becomes by it.
struct Write {
    method: &'static str,
    path: String,
    body: Option<Value>,
    outcome: Vec<(usize, State)>,
}

impl Client {
    pub(super) fn new(random: fastrand::Rng) -> Self {
        Self {
            random,
            rules: Vec::new(),
            acknowledged: 0,
            unanswered: 0,
        }
    }

    /// Writes until no answer comes; that is a finding unless the server was killed.
    pub(super) fn write_until(mut self, killed: &AtomicBool, address: SocketAddr) -> Result<Self> {
        loop {
            let write = self.next();
            match write.send(address) {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    self.acknowledged += 1;
                    for (n, state) in write.outcome {
                        self.rules[n].1.acknowledged = state;
                    }
                }
                // The body may be cut off by the kill, the status never lies.
                Ok(answer) => bail!(
                    "{} {} was answered with {}: {}",
                    write.method,
                    write.path,
                    answer.status,
                    answer.body
                ),
                Err(_) if killed.load(Ordering::SeqCst) => {
                    self.unanswered += 1;
                    for (n, state) in write.outcome {
                        self.rules[n].1.under_way = Some(state);
                    }
                    return Ok(self);
                }
                Err(error) => return Err(error.context("the server did not answer before it was killed")),
            }
        }
    }

    /// A write that must succeed, as far as this client knows.
    fn next(&mut self) -> Write {
        if self.random.u8(..8) == 0 {
            return self.import();
        }
        let n = self.random.usize(..self.rules.len());
        let is_by_hand = self.rules[n].0.starts_with("hand-");
        let exists = self.rules[n].1.acknowledged.css.is_some();
        match self.random.u8(..10) {
            _ if !exists => self.create(n),
            0 | 1 if !is_by_hand => self.delete(n),
            2 | 3 => self.switch(n),
            _ => self.update(n),
        }
    }

    fn create(&mut self, n: usize) -> Write {
        let css = self.css();
        let (id, known) = &self.rules[n];
        Write {
            method: "POST",
            path: "/v1/rules".to_owned(),
            body: Some(rule(id, &css)),
            outcome: vec![(n, known.acknowledged.with_css(Some(css)))],
        }
    }

    fn update(&mut self, n: usize) -> Write {
        let css = self.css();
        let (id, known) = &self.rules[n];
        Write {
            method: "PATCH",
            path: format!("/v1/rules/{id}"),
            body: Some(json!({ "css": css })),
            outcome: vec![(n, known.acknowledged.with_css(Some(css)))],
        }
    }

    fn delete(&self, n: usize) -> Write {
        let (id, known) = &self.rules[n];
        Write {
            method: "DELETE",
            path: format!("/v1/rules/{id}"),
            body: None,
            outcome: vec![(n, known.acknowledged.with_css(None))],
        }
    }

    fn switch(&self, n: usize) -> Write {
        let (id, known) = &self.rules[n];
        let disabled = !known.acknowledged.disabled;
        let call = if disabled { "disable" } else { "enable" };
        let state = State {
            disabled,
            ..known.acknowledged.clone()
        };
        Write {
            method: "POST",
            path: format!("/v1/rules/{id}/{call}"),
            body: Some(json!({})),
            outcome: vec![(n, state)],
        }
    }

    /// Replaces several rules at once; after a crash each of them is whole or as it was.
    fn import(&mut self) -> Write {
        let first = self.random.usize(..self.rules.len());
        let count = self.random.usize(1..=self.rules.len().min(8));
        let chosen: Vec<usize> = (0..count).map(|n| (first + n) % self.rules.len()).collect();
        let chosen: Vec<(usize, String)> = chosen.into_iter().map(|n| (n, self.css())).collect();
        let rules: Vec<Value> = chosen
            .iter()
            .map(|(n, css)| rule(&self.rules[*n].0, css))
            .collect();
        let becomes = |(n, css): (usize, String)| {
            let state = self.rules[n].1.acknowledged.with_css(Some(css));
            (n, state)
        };
        Write {
            method: "POST",
            path: "/v1/rules/import?on_conflict=replace&atomic=true".to_owned(),
            body: Some(Value::Array(rules)),
            outcome: chosen.into_iter().map(becomes).collect(),
        }
    }

    /// A style sheet that nobody wrote before, of one or many lines.
    fn css(&mut self) -> String {
        let mark = self.random.u64(..);
        let lines = match self.random.u8(..8) {
            0 => 400,
            _ => self.random.usize(1..4),
        };
        format!("#m{mark:016x} {{ display: none }}\n").repeat(lines)
    }
}

impl Write {
    fn send(&self, address: SocketAddr) -> Result<Answer> {
        let body = self.body.as_ref().map(Value::to_string);
        http::send(address, self.method, &self.path, body.as_deref())
    }
}

impl State {
    fn with_css(&self, css: Option<String>) -> Self {
        Self {
            css,
            disabled: self.disabled,
        }
    }
}

fn rule(id: &str, css: &str) -> Value {
    json!({ "id": id, "type": "wildcard", "pattern": format!("https://{id}.example/*"), "css": css })
}

//! Who writes and reads meanwhile; what they do is in the history.

mod answers;
mod packer;
mod reader;
mod switcher;
mod writer;

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value as Json;

use super::World;
use super::history::{Act, Operation, Outcome, Value};
use super::replicas::{Registers, health};
use crate::http;
use answers::{ended, registers};
pub(super) use packer::make_repository;
pub(super) use reader::Reader;

/// The rule that every resolve must answer with, whatever happens.
const STEADY: &str = "steady";
/// The rule that is disabled, enabled, pinned and unpinned.
const SWITCHED: &str = "switched";
/// The pack that comes and goes.
const PACK: &str = "chaos";
/// The registers of what is no rule.
const DISABLED: &str = "disabled switched";
const PINNED: &str = "pinned switched";
const INSTALLED: &str = "pack chaos";

/// Asks servers, and takes down what they say.
pub(super) struct Client<'w> {
    world: &'w World,
    number: usize,
}

/// What a client does that writes again and again.
#[derive(Clone)]
pub(super) struct Work {
    /// One round: a write, with what is read before and after it.
    round: fn(&mut Writer<'_>),
    /// Pauses between two rounds.
    pause_millis: Range<u64>,
    /// How many clients do it.
    pub(super) clients: usize,
}

/// All of it.
pub(super) const WORK: [Work; 3] = [writer::WORK, switcher::WORK, packer::WORK];

/// A client that writes.
pub(super) struct Writer<'w> {
    client: Client<'w>,
    random: fastrand::Rng,
}

impl<'w> Writer<'w> {
    pub(super) fn new(client: Client<'w>, random: fastrand::Rng) -> Self {
        Self { client, random }
    }

    /// Works until the run is over.
    pub(super) fn run(mut self, work: &Work) {
        let world = self.client.world;
        while !world.is_over() {
            {
                let _writing = world.writing();
                (work.round)(&mut self);
            }
            let pause = Duration::from_millis(self.random.u64(work.pause_millis.clone()));
            world.pause(pause);
        }
    }
}

/// A rule as it was read.
struct Found {
    value: Value,
    /// What names this state of it in a condition.
    tag: String,
}

/// A call that writes a register.
struct Write<'c> {
    key: &'c str,
    value: Value,
    /// What the condition names, with its tag.
    expected: Option<&'c Found>,
    method: &'c str,
    path: &'c str,
    body: Option<Json>,
}

impl<'w> Client<'w> {
    pub(super) fn new(world: &'w World, number: usize) -> Self {
        Self { world, number }
    }

    /// Reads a rule as the API shows it; nothing where it cannot be read.
    fn read(&self, server: usize, id: &str) -> Option<Found> {
        let read = |address| {
            let answer = http::get(address, &format!("/v1/rules/{id}"))?;
            let tag = answer.header("etag").unwrap_or_default();
            let body: Json = serde_json::from_str(&answer.body)?;
            let value = match answer.status {
                200 => Some(answers::number(body["data"]["css"].as_str().unwrap_or_default())),
                404 => None,
                status => bail!("GET of `{id}` was answered with {status}: {}", answer.body),
            };
            Ok(Found { value, tag })
        };
        let act = |found: Option<&Found>| Act::Read {
            key: id.to_owned(),
            value: found.and_then(|found| found.value.clone()),
        };
        self.take_down(server, read, act)
    }

    /// Reads a rule as a page gets it.
    fn resolve(&self, server: usize, id: &str) -> Option<Value> {
        let read = |address| answers::resolved(address, id);
        let act = |found: Option<&Value>| Act::Read {
            key: id.to_owned(),
            value: found.cloned().flatten(),
        };
        self.take_down(server, read, act)
    }

    /// Reads everything.
    pub(super) fn look(&self, server: usize) -> Option<Registers> {
        let act = |found: Option<&Registers>| Act::Look(found.cloned().unwrap_or_default());
        self.take_down(server, registers, act)
    }

    /// Reads something between two looks at the server's revision.
    fn take_down<T>(
        &self,
        server: usize,
        read: impl Fn(SocketAddr) -> Result<T>,
        act: impl Fn(Option<&T>) -> Act,
    ) -> Option<T> {
        let (asked, address) = self.world.replicas.asked(server);
        let began = self.world.history.now();
        let read = || -> Result<_> {
            let before = health(address)?.revision;
            let found = read(address)?;
            Ok((found, [before, health(address)?.revision]))
        };
        let (found, seen, outcome) = match read() {
            Ok((found, seen)) => (Some(found), Some(seen), Outcome::Done),
            Err(error) => (None, None, Outcome::Failed(format!("{error:#}"))),
        };
        self.world.history.add(Operation {
            client: self.number,
            asked,
            began,
            ended: self.world.history.now(),
            seen,
            act: act(found.as_ref()),
            outcome,
        });
        found
    }

    /// Writes; whether that is acknowledged.
    fn write(&self, server: usize, write: Write<'_>) -> bool {
        let (asked, address) = self.world.replicas.asked(server);
        let head = write
            .expected
            .map_or_else(String::new, |found| format!("If-Match: {}\r\n", found.tag));
        let body = write.body.map(|body| body.to_string());
        let began = self.world.history.now();
        let answer = http::send_with(address, write.method, write.path, &head, body.as_deref());
        let ended_at = self.world.history.now();
        let outcome = ended(answer);
        let is_done = outcome == Outcome::Done;
        self.world.history.add(Operation {
            client: self.number,
            asked,
            began,
            ended: ended_at,
            seen: None,
            act: Act::Write {
                key: write.key.to_owned(),
                value: write.value,
                expected: write.expected.and_then(|found| found.value.clone()),
            },
            outcome,
        });
        is_done
    }
}

/// Creates the rules that are there all the time, and waits until every server has them.
pub(super) fn prepare(world: &World) -> Result<()> {
    let client = Client::new(world, 0);
    client.look(0);
    for id in [STEADY, SWITCHED] {
        if !client.write(0, writer::creation(id, "0")) {
            bail!("`{id}` cannot be created");
        }
    }
    world.replicas.wait_until_equal(super::WELL_WITHIN)
}

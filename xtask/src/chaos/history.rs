//! What every client of a run asked for, what it was told, and when: what the run is judged by.

pub(super) mod check;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value as Json, json};

/// What a register holds: a rule's number, the version of a pack, that something is disabled or pinned; `None` where it
/// holds nothing.
pub(super) type Value = Option<String>;

/// A process in the place of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instance {
    pub(super) server: usize,
    /// How many there were before it in this place.
    pub(super) number: usize,
}

/// One thing that a client did.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) client: usize,
    pub(super) asked: Instance,
    /// When it began and ended, on the one clock of the run.
    pub(super) began: Duration,
    pub(super) ended: Duration,
    /// The revisions that the server showed before and after what was read, both within this operation.
    pub(super) seen: Option<[u64; 2]>,
    pub(super) act: Act,
    pub(super) outcome: Outcome,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// One register was read, as a page gets it or as the API shows it.
    Read { key: String, value: Value },
    /// All registers were read; those that are not in it hold nothing.
    Look(BTreeMap<String, String>),
    /// A register was written, if it held what was expected.
    Write {
        key: String,
        value: Value,
        expected: Value,
    },
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was read, or the write is acknowledged.
    Done,
    /// The write was not made, since what is there stands in its way.
    Refused(String),
    /// It was not done, and the answer says so.
    Failed(String),
    /// The write may be made or not, now or a little later.
    Unknown(String),
    /// An answer that nothing explains.
    Wrong(String),
}

/// All operations, and the spells in which nothing was wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub(super) operations: Vec<Operation>,
    pub(super) calm: Vec<[Duration; 2]>,
}

/// Takes down what happens.
#[derive(Debug)]
pub(super) struct Recorder {
    started: Instant,
    history: Mutex<History>,
    calm_since: Mutex<Option<Duration>>,
}

impl Recorder {
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            history: Mutex::default(),
            calm_since: Mutex::default(),
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().expect("nobody panics with it")
    }

    /// The time on the clock of the run.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn add(&self, operation: Operation) {
        self.history().operations.push(operation);
    }

    /// A fault is about to happen.
    pub(super) fn storm(&self) {
        let mut calm_since = self.calm_since.lock().expect("nobody panics with it");
        if let Some(since) = calm_since.take() {
            self.history().calm.push([since, self.now()]);
        }
    }

    /// Everybody is well again.
    pub(super) fn calm_down(&self) {
        let mut calm_since = self.calm_since.lock().expect("nobody panics with it");
        calm_since.get_or_insert(self.now());
    }

    /// What was taken down until now.
    pub(super) fn end(self) -> History {
        self.storm();
        self.history.into_inner().expect("nobody panics with it")
    }
}

impl History {
    /// Writes it as lines of JSON, in the order in which operations ended.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for [from, to] in &self.calm {
            writeln!(
                file,
                "{}",
                json!({ "calm": [from.as_secs_f64(), to.as_secs_f64()] })
            )?;
        }
        for operation in &self.operations {
            writeln!(file, "{}", operation.line())?;
        }
        file.flush()?;
        Ok(())
    }
}

impl Operation {
    fn line(&self) -> Json {
        let Instance { server, number } = self.asked;
        let act = match &self.act {
            Act::Read { key, value } => json!({ "read": key, "value": value }),
            Act::Look(values) => json!({ "look": values }),
            Act::Write { key, value, expected } => {
                json!({ "write": key, "value": value, "if_match": expected })
            }
        };
        let (outcome, reason) = match &self.outcome {
            Outcome::Done => ("ok", None),
            Outcome::Refused(reason) => ("refused", Some(reason)),
            Outcome::Failed(reason) => ("failed", Some(reason)),
            Outcome::Unknown(reason) => ("unknown", Some(reason)),
            Outcome::Wrong(reason) => ("wrong", Some(reason)),
        };
        json!({
            "client": self.client,
            "server": format!("{server}.{number}"),
            "began": self.began.as_secs_f64(),
            "ended": self.ended.as_secs_f64(),
            "revision": self.seen,
            "act": act,
            "outcome": outcome,
            "reason": reason,
        })
    }
}

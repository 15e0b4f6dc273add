//! The one store that all replicas share, and everything that is known of it: every state that it ever had, who
//! wrote it, and what should stand in it by the ledger.
//!
//! A call waits until the driver gives its verdict. Everything here happens on one thread, in an order that the
//! seed decides.

use super::{ledger::Ledger, ops::Op};
use async_trait::async_trait;
use rules::{PackFile, RuleId};
use std::{
    any::Any,
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard},
};
use store::{Changes, Contents, Digest, Edit, Error, ErrorKind, Look, MemoryStore, Revision, RuleStore};
use tokio::sync::oneshot;

/// What a store can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Load,
    Changes,
    Write,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    /// What the store says.
    Answer,
    /// It fails, and has not changed anything.
    Fail(ErrorKind),
    /// It cannot tell what changed.
    Forget,
    /// A load answers with a state of so many changes ago.
    Lag(usize),
    /// It panics; a write is durable before.
    PanicLate,
    /// It panics; a write was not begun.
    PanicEarly,
}

/// A call that waits.
pub(super) struct Pending {
    pub(super) replica: usize,
    pub(super) kind: Kind,
    pub(super) verdict: oneshot::Sender<Verdict>,
}

/// What is known of the store and of those who use it.
pub(super) struct State {
    /// Every state that it ever had.
    pub(super) history: BTreeMap<Revision, Arc<Contents>>,
    pub(super) pending: Vec<Pending>,
    pub(super) ledger: Ledger,
    /// Everybody who ever asked for something.
    pub(super) ops: Vec<Op>,
    /// Which of them the replica decided for last.
    pub(super) deciding: Vec<Option<usize>>,
    /// Replicas that have not been told of a change.
    pub(super) untold: Vec<usize>,
    /// What became of the calls of each replica: how often it was not what the store says.
    pub(super) faults: Vec<usize>,
    /// How often it was an old state.
    pub(super) lags: Vec<usize>,
    pub(super) trace: Vec<String>,
    /// What must not be.
    pub(super) broken: Vec<String>,
    random: fastrand::Rng,
}

/// The store, and what is known of it.
pub(super) struct World {
    pub(super) memory: MemoryStore,
    state: Mutex<State>,
}

impl World {
    pub(super) fn new(contents: Contents, replicas: usize, random: fastrand::Rng) -> Arc<Self> {
        let mut ledger = Ledger::default();
        ledger.read(&contents);
        Arc::new(Self {
            memory: MemoryStore::new(contents.clone()),
            state: Mutex::new(State {
                history: [(contents.revision, Arc::new(contents))].into(),
                pending: Vec::new(),
                ledger,
                ops: Vec::new(),
                deciding: vec![None; replicas],
                untold: Vec::new(),
                faults: vec![0; replicas],
                lags: vec![0; replicas],
                trace: Vec::new(),
                broken: Vec::new(),
                random,
            }),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Somebody else changes what is stored, without asking any replica.
    pub(super) fn meddle(&self, contents: Contents) {
        self.memory.replace(contents.clone());
        let mut state = self.state();
        state.ledger.read(&contents);
        state.publish(contents, None);
    }

    /// Makes a write durable.
    async fn store(&self, replica: usize, by: usize, edits: &[Edit]) -> Result<Revision, Error> {
        let written = self.memory.write(edits).await;
        let contents = self.memory.load().await?;
        let mut state = self.state();
        match &written {
            Ok(revision) => {
                state.note(format!("  {by} is durable as {}", revision.0));
                state.ops[by].durable.push(*revision);
                let before = Arc::clone(state.latest());
                let State { ledger, ops, .. } = &mut *state;
                let entered = ledger
                    .enter(&ops[by], edits, &before)
                    .and_then(|()| ledger.compare(&contents));
                if let Err(wrong) = entered {
                    state.broken.push(format!("write {by}: {wrong}"));
                }
                state.publish(contents, Some(replica));
            }
            Err(error) => state.note(format!("  {by} is refused: {error}")),
        }
        written
    }
}

impl State {
    pub(super) fn note(&mut self, line: String) {
        self.trace.push(line);
    }

    pub(super) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.trace.hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn latest(&self) -> &Arc<Contents> {
        let (_, latest) = self.history.last_key_value().unwrap();
        latest
    }

    fn publish(&mut self, contents: Contents, by: Option<usize>) {
        self.history.insert(contents.revision, Arc::new(contents));
        let others = (0..self.deciding.len()).filter(|replica| Some(*replica) != by);
        self.untold.extend(others);
    }

    /// Who writes this: the rule says it, or else who was decided for last.
    fn writer(&self, replica: usize, edits: &[Edit]) -> usize {
        let signed = edits.iter().find_map(|edit| match edit {
            Edit::Put { rule, .. } => rule.modified_by()?.strip_prefix("op").map(str::to_owned),
            Edit::Remove { .. }
            | Edit::Expect { .. }
            | Edit::ExpectPacks(_)
            | Edit::ExpectState(_)
            | Edit::Disable(_)
            | Edit::Enable(_)
            | Edit::Pin(..)
            | Edit::Unpin(_)
            | Edit::Install(_)
            | Edit::Uninstall(_)
            | Edit::Singles(_) => None,
        });
        signed
            .map(|n| n.parse().unwrap())
            .or(self.deciding[replica])
            .unwrap()
    }
}

/// One replica's way to the store.
pub(super) struct Way {
    pub(super) world: Arc<World>,
    pub(super) replica: usize,
}

impl Way {
    /// Begins a call. True: the store does it when it is called, and answers later; else it does it at the end.
    fn call(&self, kind: Kind, what: &str) -> (bool, oneshot::Receiver<Verdict>) {
        let mut state = self.world.state();
        let (verdict, waits) = oneshot::channel();
        let is_eager = state.random.u8(..4) == 0;
        state.note(format!("  replica {}: {what}, eager {is_eager}", self.replica));
        state.pending.push(Pending {
            replica: self.replica,
            kind,
            verdict,
        });
        (is_eager, waits)
    }
}

/// Panics without a word on standard error.
fn panic() -> ! {
    resume_unwind(Box::new("the disk is on fire") as Box<dyn Any + Send>)
}

fn panic_late(verdict: Verdict) {
    if matches!(verdict, Verdict::PanicLate) {
        panic();
    }
}

/// Waits for the verdict of a call that has not changed anything yet.
async fn verdict(waits: oneshot::Receiver<Verdict>) -> Result<Verdict, Error> {
    let verdict = waits.await.unwrap_or(Verdict::Answer);
    match verdict {
        Verdict::Fail(kind) => Err(Error::new(kind, "the disk is gone")),
        Verdict::PanicEarly => panic(),
        Verdict::Answer | Verdict::Forget | Verdict::Lag(_) | Verdict::PanicLate => Ok(verdict),
    }
}

fn ids(edits: &[Edit]) -> Vec<&RuleId> {
    edits.iter().filter_map(Edit::id).collect()
}

#[async_trait]
impl RuleStore for Way {
    async fn load(&self) -> Result<Contents, Error> {
        let early = self.world.memory.load().await?;
        let (is_eager, waits) = self.call(Kind::Load, "load");
        let verdict = verdict(waits).await?;
        if let Verdict::Lag(by) = verdict {
            let state = self.world.state();
            let mut states = state.history.values().rev();
            let old = states.nth(by.min(state.history.len() - 1)).unwrap();
            return Ok((**old).clone());
        }
        panic_late(verdict);
        if is_eager {
            return Ok(early);
        }
        self.world.memory.load().await
    }

    async fn changes(&self, since: Revision, look: Look) -> Result<Option<Changes>, Error> {
        let early = self.world.memory.changes(since, look).await?;
        let (is_eager, waits) = self.call(Kind::Changes, &format!("changes since {}, {look:?}", since.0));
        let verdict = verdict(waits).await?;
        panic_late(verdict);
        if matches!(verdict, Verdict::Forget) {
            return Ok(None);
        }
        if is_eager {
            return Ok(early);
        }
        self.world.memory.changes(since, look).await
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        self.world.memory.singles(digest).await
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        self.world.memory.pack_files(name).await
    }

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        let by = self.world.state().writer(self.replica, edits);
        let (is_eager, waits) = self.call(Kind::Write, &format!("write for {by} of {:?}", ids(edits)));
        if is_eager {
            let written = self.world.store(self.replica, by, edits).await;
            if !matches!(waits.await.unwrap_or(Verdict::Answer), Verdict::Answer) {
                // What is durable must not be called a failure; nobody hears of it.
                panic();
            }
            return written;
        }
        let verdict = verdict(waits).await?;
        let written = self.world.store(self.replica, by, edits).await;
        panic_late(verdict);
        written
    }

    fn kind(&self) -> &'static str {
        "simulation"
    }
}

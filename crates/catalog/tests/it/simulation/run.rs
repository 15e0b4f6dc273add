//! One run: the driver that takes a step at a time, as the seed says, and looks at everything after each.

mod look;

use super::{
    chance,
    ops::{self, Intent, Op, Outcome},
    world::{Kind, State, Verdict, Way, World},
};
use crate::fixtures::{TestClock, settings, url};
use catalog::{Catalog, Settings, Snapshot, Threads};
use fastrand::Rng;
use rules::Merged;
use std::{collections::BTreeMap, sync::Arc};
use tokio::task::{JoinHandle, spawn, yield_now};
use urlmatch::Candidate;

const STEPS: usize = 60;
/// Callers that wait at the same time.
const CALLERS_MAX: usize = 6;
/// After so many rounds without a fault everybody must have got an answer.
const ROUNDS_MAX: usize = 500;

/// How a run went.
pub(super) struct Report {
    pub(super) hash: u64,
    pub(super) trace: Vec<String>,
    /// How often each kind of thing happened.
    pub(super) reached: BTreeMap<&'static str, usize>,
    /// What must not be.
    pub(super) broken: Option<String>,
}

struct Replica {
    catalog: Arc<Catalog>,
    /// The snapshot that was looked at last, and what it may mean.
    seen: Option<(Arc<Snapshot>, Vec<Merged>)>,
}

struct Driver {
    random: Rng,
    world: Arc<World>,
    clock: Arc<TestClock>,
    settings: Settings,
    replicas: Vec<Replica>,
    callers: Vec<(usize, JoinHandle<Outcome>)>,
    /// How many of a hundred calls end otherwise than the store says.
    faults: u8,
    /// How many of a hundred steps are changes by others.
    meddling: u8,
    /// Whether the clock goes as clocks should.
    is_steady: bool,
    pages: Vec<Candidate>,
    reached: BTreeMap<&'static str, usize>,
}

/// Runs a seed: the same one, the same run.
pub(super) fn run(seed: u64) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut driver = Driver::new(seed);
        let broken = driver.go().await.err();
        let mut state = driver.world.state();
        Report {
            hash: state.hash(),
            broken,
            reached: std::mem::take(&mut driver.reached),
            trace: std::mem::take(&mut state.trace),
        }
    })
}

impl Driver {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let count = random.usize(1..4);
        let world = World::new(chance::first(&mut random), count, random.fork());
        let clock = TestClock::new();
        let settings = Settings {
            delta_max: random.usize(..6),
            rules_max: chance::one(&mut random, &[4, 1000, 1000]),
            threads: Threads::Same,
            ..settings()
        };
        let replica = |replica| {
            let world = Arc::clone(&world);
            let way = Arc::new(Way { world, replica });
            Replica {
                catalog: Arc::new(Catalog::new(way, Arc::clone(&clock) as _, settings.clone())),
                seen: None,
            }
        };
        Self {
            replicas: (0..count).map(replica).collect(),
            faults: chance::one(&mut random, &[0, 10, 40]),
            meddling: chance::one(&mut random, &[0, 1, 6]),
            is_steady: random.bool(),
            pages: chance::PAGES.iter().map(|page| url(page)).collect(),
            callers: Vec::new(),
            reached: BTreeMap::new(),
            random,
            clock,
            settings,
            world,
        }
    }

    async fn go(&mut self) -> Result<(), String> {
        for replica in 0..self.replicas.len() {
            self.ask(replica, Intent::Refresh);
        }
        for step in 0..STEPS {
            self.note(format!("step {step}"));
            self.step().await;
            self.settle().await?;
        }
        self.faults = 0;
        self.answer_everybody().await?;
        self.agree().await
    }

    /// One thing happens.
    async fn step(&mut self) {
        match self.random.u8(..100) {
            0..30 if self.callers.len() < CALLERS_MAX => {
                let replica = self.random.usize(..self.replicas.len());
                let n = self.world.state().ops.len();
                let shown = self.replicas[replica].catalog.snapshot();
                let intent = chance::intent(&mut self.random, n, shown.as_deref());
                self.ask(replica, intent);
            }
            30..35 => self.tell_somebody(),
            35..43 => self.move_clock(),
            43..49 if self.random.u8(..6) < self.meddling => self.meddle(),
            49..51 if !self.callers.is_empty() => {
                let (n, caller) = self.callers.swap_remove(self.random.usize(..self.callers.len()));
                caller.abort();
                self.note(format!("{n} gives up"));
                self.reach("gave up");
            }
            _ => self.let_one_go(),
        }
    }

    /// Somebody asks a replica for something.
    fn ask(&mut self, replica: usize, intent: Intent) {
        let shown: Vec<_> = self
            .replicas
            .iter()
            .map(|replica| replica.catalog.snapshot())
            .collect();
        let if_match = chance::condition(&mut self.random, &intent, &shown);
        let mut state = self.world.state();
        let n = state.ops.len();
        state.note(format!(
            "{n} asks {replica}: {intent:?}, if {:?}",
            if_match.as_ref().map(|rule| rule.updated_at())
        ));
        let op = Op {
            n,
            replica,
            intent,
            if_match,
            durable: Vec::new(),
            since: state.latest().revision,
            faults: state.faults[replica],
            lags: state.lags[replica],
        };
        state.ops.push(op);
        let catalog = Arc::clone(&self.replicas[replica].catalog);
        let caller = spawn(ops::carry_out(Arc::clone(&self.world), catalog, n));
        self.callers.push((n, caller));
    }

    /// A replica is told that something changed, or the message is lost.
    fn tell_somebody(&mut self) {
        let mut state = self.world.state();
        if state.untold.is_empty() {
            return;
        }
        let place = self.random.usize(..state.untold.len());
        let replica = state.untold.swap_remove(place);
        drop(state);
        if self.random.bool() {
            self.ask(replica, Intent::Refresh);
        } else {
            self.note(format!("{replica} is not told"));
            self.reach("a message was lost");
        }
    }

    fn move_clock(&mut self) {
        let by = match self.random.u8(..4) {
            _ if self.is_steady => self.random.i64(0..1000),
            0 => self.random.i64(-3_600_000..3_600_000),
            1 => self.random.i64(-10_000..0),
            _ => self.random.i64(0..10_000),
        };
        self.clock.jump(by);
        self.note(format!("the clock moves by {by} ms"));
    }

    fn meddle(&mut self) {
        let latest = (**self.world.state().latest()).clone();
        let next = chance::meddle(&mut self.random, latest);
        self.note(format!("somebody makes state {}", next.revision.0));
        self.world.meddle(next);
        self.reach("meddled");
    }

    /// One of the calls that wait ends.
    fn let_one_go(&mut self) {
        let world = Arc::clone(&self.world);
        let mut state = world.state();
        if state.pending.is_empty() {
            return;
        }
        let place = self.random.usize(..state.pending.len());
        let pending = state.pending.swap_remove(place);
        let verdict = chance::verdict(&mut self.random, pending.kind, self.faults);
        state.note(format!("{:?} of {}: {verdict:?}", pending.kind, pending.replica));
        if !matches!(verdict, Verdict::Answer | Verdict::Forget) {
            state.faults[pending.replica] += 1;
        }
        if matches!(verdict, Verdict::Lag(_)) {
            state.lags[pending.replica] += 1;
        }
        // Nobody waits any more where the process is stopping.
        let _ = pending.verdict.send(verdict);
        drop(state);
        self.reach(match (verdict, pending.kind) {
            (Verdict::Answer, _) => "answered",
            (Verdict::Fail(_), Kind::Write) => "a write failed",
            (Verdict::Fail(_), _) => "a load failed",
            (Verdict::Forget, _) => "forgot",
            (Verdict::Lag(_), _) => "lagged",
            (Verdict::PanicEarly, _) => "panicked early",
            (Verdict::PanicLate, _) => "panicked late",
        });
    }

    /// Lets everything run until it waits for the store, and looks at what came of it.
    async fn settle(&mut self) -> Result<(), String> {
        for _ in 0..4 {
            yield_now().await;
        }
        self.hear().await?;
        self.look()?;
        let state = self.world.state();
        state.broken.first().map_or(Ok(()), |broken| Err(broken.clone()))
    }

    /// Without faults everybody gets an answer.
    async fn answer_everybody(&mut self) -> Result<(), String> {
        self.note("no more faults".to_owned());
        for _ in 0..ROUNDS_MAX {
            let is_idle = self.world.state().pending.is_empty();
            if is_idle && self.callers.is_empty() {
                return Ok(());
            }
            self.let_one_go();
            self.settle().await?;
        }
        let waiting: Vec<_> = self.callers.iter().map(|(n, _)| n).collect();
        Err(format!("these never get an answer: {waiting:?}"))
    }

    /// One refresh, and every replica shows what is stored; another one, and nothing is published.
    async fn agree(&mut self) -> Result<(), String> {
        let shown = self.refresh_all().await?;
        let latest = self.world.state().latest().revision;
        if let Some(n) = shown.iter().position(|snapshot| snapshot.revision() != latest) {
            return Err(format!("replica {n} does not show the last state, {latest:?}"));
        }
        let again = self.refresh_all().await?;
        match shown.iter().zip(&again).position(|(a, b)| !Arc::ptr_eq(a, b)) {
            Some(n) => Err(format!("replica {n} published although nothing had changed")),
            None => self.judge_those_who_left(),
        }
    }

    async fn refresh_all(&mut self) -> Result<Vec<Arc<Snapshot>>, String> {
        for replica in 0..self.replicas.len() {
            self.ask(replica, Intent::Refresh);
        }
        self.answer_everybody().await?;
        let shown = self.replicas.iter().map(|replica| replica.catalog.snapshot());
        shown
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| "a replica shows nothing".to_owned())
    }

    /// Nobody wrote twice, also not where nobody waited for it.
    fn judge_those_who_left(&self) -> Result<(), String> {
        let state: &State = &self.world.state();
        match state.ops.iter().find(|op| op.durable.len() > 1) {
            Some(op) => Err(format!("{} is stored {} times", op.n, op.durable.len())),
            None => Ok(()),
        }
    }

    fn note(&self, line: String) {
        self.world.state().note(line);
    }

    fn reach(&mut self, what: &'static str) {
        *self.reached.entry(what).or_default() += 1;
    }
}

//! Load, merge, compile, publish: the only way into a snapshot.
//!
//! One task at a time does refreshes, one after another, while somebody waits for one. Whoever asks
//! joins the queue; a refresh takes the whole queue *before* it loads, so everybody in it sees what
//! they wrote. Merging and compiling run off the threads that answer requests.

use crate::{
    Error, Failure, Snapshot,
    cache::ResolveCache,
    catalog::Inner,
    census::Census,
    problems::{self, OverBudget},
    snapshot::Compiled,
};
use rules::{MergeInput, RuleSet, Timestamp};
use std::sync::{Arc, Mutex, atomic::Ordering};
use store::{Contents, Problem};
use tokio::{sync::oneshot, task};

/// What everybody who waited for a refresh gets.
type Outcome = Result<Arc<Snapshot>, Error>;

/// Those who wait for the next refresh.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<QueueState>,
}

#[derive(Default)]
struct QueueState {
    /// Whether a task is doing refreshes.
    driven: bool,
    waiting: Vec<oneshot::Sender<Outcome>>,
}

impl Queue {
    /// Joins the queue; true when nobody drives it yet, and the caller has to start somebody.
    fn join(&self, waiter: oneshot::Sender<Outcome>) -> bool {
        let mut state = self.state.lock().expect("no holder of the lock panics");
        state.waiting.push(waiter);
        !std::mem::replace(&mut state.driven, true)
    }

    /// All who wait; `None` when there is nobody, which ends the driving.
    fn take(&self) -> Option<Vec<oneshot::Sender<Outcome>>> {
        let mut state = self.state.lock().expect("no holder of the lock panics");
        state.driven = !state.waiting.is_empty();
        state.driven.then(|| std::mem::take(&mut state.waiting))
    }
}

/// Asks for a refresh and waits for the first one that starts after the call.
pub(crate) async fn request(inner: &Arc<Inner>) -> Outcome {
    let (waiter, outcome) = oneshot::channel();
    if inner.queue.join(waiter) {
        task::spawn(drive(Driver {
            inner: Arc::clone(inner),
            done: false,
        }));
    }
    outcome.await.unwrap_or(Err(Error::Stopped))
}

/// The right to do refreshes. Dropped early (the runtime stops), it lets go of the queue and of those in it.
struct Driver {
    inner: Arc<Inner>,
    /// The queue was empty and somebody else may be driving it by now.
    done: bool,
}

impl Drop for Driver {
    fn drop(&mut self) {
        while !self.done {
            self.done = self.inner.queue.take().is_none();
        }
    }
}

async fn drive(mut driver: Driver) {
    while let Some(waiting) = driver.inner.queue.take() {
        // A task of its own, so that a panic in a store or in the compiler ends this refresh only.
        let outcome = task::spawn(refresh(Arc::clone(&driver.inner)))
            .await
            .unwrap_or_else(stopped_or_panicked);
        note(&driver.inner, &outcome);
        for waiter in waiting {
            // Whoever gave up waiting does not need the outcome.
            let _ = waiter.send(outcome.clone());
        }
    }
    driver.done = true;
}

pub(crate) fn stopped_or_panicked<T>(error: task::JoinError) -> Result<T, Error> {
    Err(if error.is_panic() {
        Error::Panicked
    } else {
        Error::Stopped
    })
}

/// Keeps the reason of a failure, and since when refreshes have failed.
fn note(inner: &Inner, outcome: &Outcome) {
    let mut failure = inner.failure.lock().expect("no holder of the lock panics");
    *failure = outcome.as_ref().err().map(|error| Failure {
        message: error.to_string(),
        since: failure
            .as_ref()
            .map_or_else(|| inner.clock.now(), |earlier| earlier.since),
    });
}

async fn refresh(inner: Arc<Inner>) -> Outcome {
    let contents = inner.store.load().await?;
    task::spawn_blocking(move || publish(&inner, contents))
        .await
        .unwrap_or_else(stopped_or_panicked)
}

/// Publishes what the store holds; nothing changed, nothing published.
fn publish(inner: &Inner, contents: Contents) -> Outcome {
    let now = inner.clock.now();
    let previous = inner.current.load_full();
    let Contents {
        revision,
        rules,
        packs,
        disabled,
        pins,
        problems,
        problems_more,
    } = contents;
    if let Some(in_force) = previous
        .as_ref()
        .map(|snapshot| snapshot.revision)
        .filter(|&r| revision < r)
    {
        return Err(Error::Backwards {
            in_force,
            loaded: revision,
        });
    }
    let unchanged = previous.as_ref().filter(|snapshot| {
        snapshot.revision == revision && snapshot.compiled.stale_at.is_none_or(|stale_at| now < stale_at)
    });
    let compiled = match unchanged {
        Some(snapshot) => Arc::clone(&snapshot.compiled),
        None => {
            let settings = &inner.settings;
            let (pack_js, rules_max) = (settings.pack_js, settings.rules_max);
            let input = MergeInput {
                rules,
                packs,
                disabled,
                pins,
                pack_js,
                rules_max,
            };
            Arc::new(compile(inner, input, now))
        }
    };
    let (problems, beyond) = seen(inner, problems, &compiled.set, now);
    let problems_more = problems_more + beyond;
    if let Some(snapshot) = unchanged
        && (&snapshot.problems, snapshot.problems_more) == (&problems, problems_more)
    {
        return Ok(Arc::clone(snapshot));
    }
    let snapshot = Arc::new(Snapshot {
        compiled,
        revision,
        problems,
        problems_more,
        loaded_at: now,
    });
    inner.current.store(Some(Arc::clone(&snapshot)));
    Ok(snapshot)
}

fn compile(inner: &Inner, input: MergeInput, now: Timestamp) -> Compiled {
    let future = |updated_at: &Timestamp| *updated_at > now;
    let stale_at = input
        .rules
        .iter()
        .filter_map(|rule| rule.rule.updated_at())
        .filter(future)
        .min();
    let pins = input.pins.clone();
    let set = RuleSet::compile(rules::merge(input, now));
    let settings = &inner.settings;
    let cache = ResolveCache::new(
        settings.cache_entries_max,
        settings.cache_ttl,
        Arc::clone(&inner.tally.cache),
    );
    let took = inner.clock.now().as_millis().saturating_sub(now.as_millis());
    inner
        .build_ms
        .store(u64::try_from(took).unwrap_or(0), Ordering::Relaxed);
    Compiled {
        census: Census::of(&set),
        set,
        cache,
        pins,
        stack: settings.stack,
        over_budget: OverBudget::default(),
        over_budget_count: Arc::clone(&inner.tally.over_budget),
        stale_at,
    }
}

/// The store's problems and what the set left out, each with the time since when it has been so.
fn seen(
    inner: &Inner,
    problems: Vec<Problem>,
    set: &RuleSet,
    now: Timestamp,
) -> (Vec<crate::SeenProblem>, usize) {
    let left_out = set.left_out().iter().map(problems::of_left_out);
    let mut memory = inner.memory.lock().expect("no holder of the lock panics");
    memory.observe(problems.into_iter().chain(left_out), now)
}

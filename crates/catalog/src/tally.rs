//! What is counted since the process began, whatever snapshot is in force.

use crate::{
    cache::Counters,
    matches::MatchTable,
    problems::OverBudgetCount,
    status::{Answers, StoreOperation},
};
use rules::Resolution;
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use store::{Error, ErrorKind};

/// All counters of a catalog.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) cache: Arc<Counters>,
    pub(crate) over_budget: OverBudgetCount,
    pub(crate) answers: AnswerCounters,
    pub(crate) matches: MatchTable,
    pub(crate) store: StoreCounters,
    pub(crate) refreshes: AtomicU64,
    pub(crate) refreshes_failed: AtomicU64,
}

/// Answers by what they hold.
#[derive(Debug, Default)]
pub(crate) struct AnswerCounters {
    matched: AtomicU64,
    truncated: AtomicU64,
    unmatched: AtomicU64,
}

impl AnswerCounters {
    pub(crate) fn add(&self, resolution: &Resolution) {
        let counter = match resolution {
            Resolution { truncated: true, .. } => &self.truncated,
            Resolution { rules, .. } if rules.is_empty() => &self.unmatched,
            Resolution { .. } => &self.matched,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Answers {
        Answers {
            matched: self.matched.load(Ordering::Relaxed),
            truncated: self.truncated.load(Ordering::Relaxed),
            unmatched: self.unmatched.load(Ordering::Relaxed),
        }
    }
}

/// What a store is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Load,
    Changes,
    Write,
}

impl Operation {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Load, "load"),
        (Self::Changes, "changes"),
        (Self::Write, "write"),
    ];
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// The store works, and what was wanted cannot be.
    Refused,
    Failed,
}

impl Outcome {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Done, "ok"),
        (Self::Refused, "refused"),
        (Self::Failed, "failed"),
    ];

    fn of(error: &Error) -> Self {
        match error.kind {
            ErrorKind::Changed | ErrorKind::Unwritable | ErrorKind::ReadOnly => Self::Refused,
            ErrorKind::Unavailable | ErrorKind::Corrupt | ErrorKind::InUse | _ => Self::Failed,
        }
    }
}

/// Operations of the store by outcome.
#[derive(Debug, Default)]
pub(crate) struct StoreCounters([[AtomicU64; 3]; 3]);

impl StoreCounters {
    /// Counts an operation when it ends. One that panics has failed.
    pub(crate) async fn count<T>(
        &self,
        operation: Operation,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut ending = Ending {
            counters: &self.0[operation as usize],
            outcome: Outcome::Failed,
        };
        let answer = asked.await;
        ending.outcome = answer.as_ref().err().map_or(Outcome::Done, Outcome::of);
        answer
    }

    pub(crate) fn read(&self) -> Vec<StoreOperation> {
        let of = |(operation, name)| {
            let counters = &self.0[operation as usize];
            Outcome::ALL.map(|(outcome, outcome_name)| StoreOperation {
                operation: name,
                outcome: outcome_name,
                count: counters[outcome as usize].load(Ordering::Relaxed),
            })
        };
        Operation::ALL.into_iter().flat_map(of).collect()
    }
}

/// Counts when it is dropped.
struct Ending<'c> {
    counters: &'c [AtomicU64; 3],
    outcome: Outcome,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.counters[self.outcome as usize].fetch_add(1, Ordering::Relaxed);
    }
}

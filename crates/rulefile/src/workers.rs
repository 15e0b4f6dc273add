//! Checks many entries by several threads; the outcomes stand in the order of the entries.

use crate::{
    Progress, Source,
    file::{Outcome, Pending},
};
use rules::{Violation, Violations, on_parser_stack};
use std::{
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Entries that a worker takes at once.
const CHUNK: usize = 64;

/// How an import is checked.
pub(crate) struct Workers<'a> {
    pub(crate) threads: usize,
    pub(crate) progress: &'a (dyn Fn(Progress) + Sync),
}

impl Workers<'_> {
    pub(crate) fn check_all(&self, entries: &[Pending<'_>], source: &Source<'_>) -> Vec<Outcome> {
        (self.progress)(Progress::Read(entries.len()));
        let chunks: Vec<_> = entries.chunks(CHUNK).collect();
        let (next, checked) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let worker = || {
            // The parser's stack is taken once for all entries of a worker.
            on_parser_stack(|| {
                let mut done = Vec::new();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(chunk) = chunks.get(n) else { return done };
                    let outcomes: Vec<_> = chunk.iter().map(|entry| check(entry, source)).collect();
                    let before = checked.fetch_add(outcomes.len(), Ordering::Relaxed);
                    (self.progress)(Progress::Checked(before + outcomes.len()));
                    done.push((n, outcomes));
                }
            })
        };
        let threads = self.threads.clamp(1, chunks.len().max(1));
        let mut done: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
            let results = running.into_iter().map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|panicked| panic::resume_unwind(panicked))
            });
            results.flatten().collect()
        });
        done.sort_unstable_by_key(|(n, _)| *n);
        done.into_iter().flat_map(|(_, outcomes)| outcomes).collect()
    }
}

/// Checks one entry. A panic of a parser on it must not take the others with it.
fn check(entry: &Pending<'_>, source: &Source<'_>) -> Outcome {
    panic::catch_unwind(AssertUnwindSafe(|| entry.check(source))).unwrap_or_else(|_| {
        Some(Err(Violations(vec![Violation {
            field: String::new(),
            reason: "made a parser panic".to_owned(),
            hint: Some("this is a defect of the service: please report it with the rule".to_owned()),
        }])))
    })
}

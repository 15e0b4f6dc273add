//! Looks at files, and reads those that are not as they were, on all cores, in an order that does not depend on them.

use crate::{
    bytes,
    known::Known,
    outcome::Outcome,
    problem::whole,
    scan::RuleFile,
    stamp::{self, Stamp},
};
use rules::on_parser_stack;
use std::{
    collections::BTreeSet,
    fs,
    hash::BuildHasher,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::SystemTime,
};
use store::PROBLEMS_MAX;

/// Files that are read before their problems are counted: the bound on what is held of them.
const CHUNK_FILES: usize = 512;

/// What a look at a file found.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is as it was.
    Same,
    /// It is not there any more.
    Gone,
    /// It was read.
    Read(Read),
}

/// What a file's bytes gave, and how to tell whether they are still the same.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// Absent for a file that could not be read.
    pub(crate) stamp: Option<Stamp>,
    /// Whether a file that changes cannot keep its stamp.
    pub(crate) is_settled: bool,
    /// The hash of its bytes, or of why there are none.
    pub(crate) hash: u64,
    pub(crate) outcome: Arc<Outcome>,
}

/// Looks at all files, each with what was known of it; the results stand in the order of the files.
///
/// From the file on with which there are more problems than are kept, they are only counted.
pub(crate) fn look(files: &[(&RuleFile, Option<&Known>)], hasher: &(impl BuildHasher + Sync)) -> Vec<Found> {
    let now = stamp::now();
    let look_at = |(file, known): &(&RuleFile, Option<&Known>)| look_at(file, *known, hasher, now);
    let mut all = Vec::with_capacity(files.len());
    let mut problems = 0;
    for files in files.chunks(CHUNK_FILES) {
        let mut found = in_parallel(files, look_at);
        for (found, (_, known)) in found.iter_mut().zip(files) {
            problems = bounded(found, *known, problems);
        }
        all.append(&mut found);
    }
    all
}

/// Counts the problems of a file instead of listing them where there are too many before; returns how many there are.
fn bounded(found: &mut Found, known: Option<&Known>, problems: usize) -> usize {
    let count = |outcome: &Arc<Outcome>| outcome.problems.len();
    let is_full = |outcome: &Arc<Outcome>| problems >= PROBLEMS_MAX && count(outcome) > 0;
    match (&mut *found, known) {
        (Found::Read(read), _) => {
            let all = problems + count(&read.outcome);
            if is_full(&read.outcome) {
                read.outcome = Arc::new(read.outcome.counted());
            }
            all
        }
        (Found::Same, Some(known)) => {
            let all = problems + count(&known.read.outcome);
            if is_full(&known.read.outcome) {
                let outcome = Arc::new(known.read.outcome.counted());
                *found = Found::Read(Read {
                    outcome,
                    ..known.read.clone()
                });
            }
            all
        }
        (Found::Same | Found::Gone, _) => problems,
    }
}

/// Does something with each of some items on all cores, with the stack that parsers need.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        // The parser's stack is taken once for all files of a worker.
        on_parser_stack(|| {
            let mut done = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(n) else { return done };
                done.push((n, work(item)));
            }
        })
    };
    let workers = thread::available_parallelism()
        .map_or(1, |n| n.get())
        .min(items.len());
    if workers <= 1 {
        return worker().into_iter().map(|(_, result)| result).collect();
    }
    let mut done = thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        let results = running
            .into_iter()
            .map(|worker| worker.join().expect("panics are caught file by file"));
        results.flatten().collect::<Vec<_>>()
    });
    done.sort_unstable_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Looks at one file at that time.
pub(crate) fn look_at(
    file: &RuleFile,
    known: Option<&Known>,
    hasher: &impl BuildHasher,
    now: SystemTime,
) -> Found {
    let is_current = |known: &&Known| {
        let read = &known.read;
        let is_usable = read.is_settled && !read.outcome.is_cut;
        is_usable && fs::metadata(&file.path).is_ok_and(|m| read.stamp == Some(Stamp::of(&m)))
    };
    if known.filter(is_current).is_some() {
        return Found::Same;
    }
    let bytes = match bytes::read_stamped(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Gone,
        read => read.map_err(|error| whole(&file.shown, bytes::reason(&error), None)),
    };
    let hash = match &bytes {
        Ok((bytes, _)) => hash(bytes, hasher),
        Err(problem) => hasher.hash_one(&problem.reason),
    };
    let stamp = bytes.as_ref().ok().map(|(_, stamp)| *stamp);
    let is_same = |known: &&Known| known.read.hash == hash && !known.read.outcome.is_cut;
    let outcome = match (known.filter(is_same), bytes) {
        (Some(known), _) => Arc::clone(&known.read.outcome),
        (None, Ok((bytes, _))) => after(Outcome::parse(&bytes, file), known),
        (None, Err(problem)) => after(Outcome::of_problem(problem), known),
    };
    Found::Read(Read {
        stamp,
        is_settled: stamp.is_some_and(|stamp| stamp.is_settled(now)),
        hash,
        outcome,
    })
}

/// The hash that tells a file's bytes from others.
pub(crate) fn hash(bytes: &[u8], hasher: &impl BuildHasher) -> u64 {
    hasher.hash_one(bytes)
}

fn after(outcome: Outcome, known: Option<&Known>) -> Arc<Outcome> {
    Arc::new(match known {
        Some(known) => outcome.following(&known.read.outcome, &BTreeSet::new()),
        None => outcome,
    })
}

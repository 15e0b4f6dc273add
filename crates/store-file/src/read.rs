//! Reads and parses files, on all cores, in an order that does not depend on them.
//!
//! What a file's bytes give is kept: as long as they stay the same the file is not parsed again.

use crate::{
    bytes,
    folder::Folder,
    problem::{of_diagnostic, whole},
    scan::RuleFile,
};
use rulefile::Source;
use rules::{Origin, Rule, Sourced, on_parser_stack};
use std::{
    collections::HashMap,
    hash::BuildHasher,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use store::{PROBLEMS_MAX, Problem};

/// Files that are read before their problems are counted: the bound on what is held of them.
const CHUNK_FILES: usize = 512;

/// What a file gave.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Each rule with the line of its entry.
    pub(crate) rules: Vec<(Arc<Rule>, Option<u32>)>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) problems_more: usize,
    /// Whether problems that are counted in `problems_more` could have been listed.
    pub(crate) is_cut: bool,
}

impl Outcome {
    fn of_problem(problem: Problem) -> Self {
        Self {
            rules: Vec::new(),
            problems: vec![problem],
            problems_more: 0,
            is_cut: false,
        }
    }

    /// The same with its problems counted instead of listed.
    fn counted(&self) -> Self {
        let problems_more = self.problems_more + self.problems.len();
        Self {
            rules: self.rules.clone(),
            problems: Vec::new(),
            problems_more,
            is_cut: true,
        }
    }
}

/// Outcomes of files by the hash of all that they depend on.
pub(crate) type Cache = HashMap<u64, Arc<Outcome>>;

/// A file's outcome under the hash of all that it depends on.
pub(crate) struct Read {
    pub(crate) hash: u64,
    pub(crate) outcome: Arc<Outcome>,
}

/// Reads all files; the results stand in the order of the files.
///
/// From the file on with which there are more problems than are kept, they are only counted.
pub(crate) fn read<H: BuildHasher + Sync>(
    files: &[RuleFile],
    folders: &[Folder],
    known: &Cache,
    hasher: &H,
) -> Vec<Read> {
    let read_file = |file: &RuleFile| read_one(file, &folders[file.folder], known, hasher);
    let mut done = Vec::with_capacity(files.len());
    let mut problems = 0;
    for files in files.chunks(CHUNK_FILES) {
        let mut reads = read_chunk(files, &read_file);
        for read in &mut reads {
            let found = read.outcome.problems.len();
            if problems >= PROBLEMS_MAX && found > 0 {
                read.outcome = Arc::new(read.outcome.counted());
            }
            problems += found;
        }
        done.append(&mut reads);
    }
    done
}

/// Reads some files on all cores.
fn read_chunk(files: &[RuleFile], read_file: &(impl Fn(&RuleFile) -> Read + Sync)) -> Vec<Read> {
    let next = AtomicUsize::new(0);
    let worker = || {
        // The parser's stack is taken once for all files of a worker.
        on_parser_stack(|| {
            let mut done = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(file) = files.get(n) else { return done };
                done.push((n, read_file(file)));
            }
        })
    };
    let workers = thread::available_parallelism()
        .map_or(1, |n| n.get())
        .min(files.len());
    let mut done = thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        let results = running
            .into_iter()
            .map(|worker| worker.join().expect("panics are caught file by file"));
        results.flatten().collect::<Vec<_>>()
    });
    done.sort_unstable_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, read)| read).collect()
}

fn read_one<H: BuildHasher>(file: &RuleFile, folder: &Folder, known: &Cache, hasher: &H) -> Read {
    let bytes = bytes::read(&file.path).map_err(|error| whole(&file.shown, bytes::reason(&error), None));
    let contents = bytes.as_ref().map_err(|problem| &problem.reason);
    let hash = hasher.hash_one((&file.shown, &file.default_id, &folder.origin.pack_name, contents));
    let outcome = known.get(&hash).cloned().unwrap_or_else(|| {
        Arc::new(match bytes {
            Ok(bytes) => parse(&bytes, file, folder),
            Err(problem) => Outcome::of_problem(problem),
        })
    });
    Read { hash, outcome }
}

/// Parses a file. A panic of a parser on one file must not take the others with it.
fn parse(bytes: &[u8], file: &RuleFile, folder: &Folder) -> Outcome {
    let source = Source {
        format: file.format,
        space: folder.id_space(),
        default_id: Some(file.default_id.as_str()),
    };
    let parsed = panic::catch_unwind(AssertUnwindSafe(|| rulefile::parse(bytes, &source)));
    match parsed {
        Ok(parsed) => Outcome {
            rules: parsed
                .rules
                .into_iter()
                .map(|parsed| (Arc::new(parsed.rule), u32::try_from(parsed.line).ok()))
                .collect(),
            problems: parsed
                .diagnostics
                .into_iter()
                .map(|d| of_diagnostic(&file.shown, d))
                .collect(),
            problems_more: parsed.diagnostics_more,
            is_cut: false,
        },
        Err(_) => {
            let hint = "this is a defect of the service: please report it with the file";
            let problem = whole(&file.shown, "made the parser panic, and was skipped", Some(hint));
            Outcome::of_problem(problem)
        }
    }
}

/// The rules of a file with the origin that they share.
pub(crate) fn sourced(file: &RuleFile, folder: &Folder, outcome: &Outcome) -> Vec<Sourced> {
    if outcome.rules.is_empty() {
        return Vec::new();
    }
    let origin = Arc::new(Origin {
        file: Some(file.shown.as_str().into()),
        ..folder.origin.clone()
    });
    let with_origin = |(rule, line): &(Arc<Rule>, Option<u32>)| Sourced {
        rule: Arc::clone(rule),
        origin: Arc::clone(&origin),
        line: *line,
    };
    outcome.rules.iter().map(with_origin).collect()
}

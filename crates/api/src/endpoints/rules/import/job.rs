//! One import from its input to its report, in a task that ends what it began whatever becomes of the client.

use super::{
    input::{self, Input},
    report::{self, ImportReport},
};
use crate::{access::request_id::uuid, audit::Actor, error::Error, state::State};
use ::rules::{IdSpace, Rule};
use bytes::Bytes;
use catalog::{ImportOptions, Imported};
use rulefile::{Bounds, Code, Format, ParsedEntries, Progress, Source};
use std::{num::NonZero, sync::Arc, thread};
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore},
    task,
};
use trace::Kind;

/// Imports that may be under way: each may hold a body of the largest size.
const IMPORTS_MAX: usize = 4;

/// The bound on imports: a few hold their bodies, and one of them works.
#[derive(Debug)]
pub(crate) struct Imports {
    places: Arc<Semaphore>,
    turn: Mutex<()>,
}

impl Default for Imports {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(IMPORTS_MAX)),
            turn: Mutex::default(),
        }
    }
}

impl Imports {
    /// A place for one import, which it gives back when it is dropped.
    pub(super) fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| Error::unavailable("too many imports are under way, and nothing was changed"))
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The text is read, and its rules are being checked.
    Reading(Progress),
    /// So many rules are stored and in force.
    Written(usize),
}

/// Who is told how far an import is.
pub(super) type Listener = Arc<dyn Fn(Step) + Send + Sync>;

/// One import.
pub(super) struct Job {
    state: Arc<State>,
    actor: Actor,
    _place: OwnedSemaphorePermit,
    input: Input,
    options: ImportOptions,
}

impl Job {
    pub(super) fn new(
        state: Arc<State>,
        actor: Actor,
        place: OwnedSemaphorePermit,
        (input, options): (Input, ImportOptions),
    ) -> Self {
        Self {
            state,
            actor,
            _place: place,
            input,
            options,
        }
    }

    /// Who asked for it.
    pub(super) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Does it and audits it.
    pub(super) async fn run(self, listener: Listener) -> Result<ImportReport, Error> {
        let done = task::spawn(trace::carried(async move {
            let (actor, state) = (self.actor.clone(), Arc::clone(&self.state));
            let _turn = state.imports.turn.lock().await;
            let outcome = self.carry_out(listener).await;
            match &outcome {
                Ok(report) => actor.imported(report.counts(), report.revision()),
                Err(error) => actor.failed("rule.import", None, error),
            }
            outcome
        }));
        done.await
            .unwrap_or_else(|error| Err(Error::internal(error.to_string())))
    }

    async fn carry_out(self, listener: Listener) -> Result<ImportReport, Error> {
        let Self {
            state,
            input,
            options,
            ..
        } = self;
        let told = Arc::clone(&listener);
        let reading = Arc::clone(&state);
        let (parsed, is_body) = blocking(move || read(&reading, input, &told)).await??;
        if is_body {
            refuse_malformed(&parsed)?;
        }
        let rules: Vec<_> = parsed
            .entries
            .iter()
            .map(|entry| entry.rule.clone().map(Arc::new))
            .collect();
        let imported = state.catalog.import(rules.clone(), options).await?;
        listener(Step::Written(imported.taken().count()));
        blocking(move || finish(parsed, &rules, &imported)).await?
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let done = task::spawn_blocking(trace::carry(work)).await;
    done.map_err(|error| Error::internal(error.to_string()))
}

/// Fetches what must be fetched, and parses it; says whether it was the body.
fn read(state: &State, input: Input, listener: &Listener) -> Result<(ParsedEntries, bool), Error> {
    let bytes_max = state.config.import_body_limit;
    let (bytes, format, is_body): (Bytes, Format, bool) = match input {
        Input::Rules(bytes, format) => (bytes, format, true),
        Input::Url(url) => {
            let (bytes, format) = input::fetch(&state.config.fetcher, &url, bytes_max)?;
            (bytes, format, false)
        }
    };
    let default_id = uuid((state.random)());
    let source = Source {
        format,
        space: IdSpace::Local,
        default_id: str::from_utf8(&default_id).ok(),
    };
    // Half of the cores are left to those who answer meanwhile.
    let threads = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .div_ceil(2);
    let told = |progress| listener(Step::Reading(progress));
    let bounds = Bounds::import(bytes_max);
    let parse = || rulefile::parse_entries(&bytes, &source, &bounds, (threads, &told));
    let parsed = trace::in_span("import.parse", Kind::Internal, parse, |span, parsed| {
        span.set("import.bytes", bytes.len());
        span.set("import.rules", parsed.entries.len());
    });
    Ok((parsed, is_body))
}

/// A body that is no well-formed text is not understood at all.
fn refuse_malformed(parsed: &ParsedEntries) -> Result<(), Error> {
    let is_malformed = |code: Code| matches!(code, Code::Unreadable | Code::Syntax);
    let found = &parsed.diagnostics;
    if parsed.entries.is_empty() && found.iter().any(|diagnostic| is_malformed(diagnostic.code)) {
        return Err(Error::invalid_input(report::problems_of(found)));
    }
    Ok(())
}

/// The report: a success where anything was taken or skipped.
fn finish(
    parsed: ParsedEntries,
    rules: &[Option<Arc<Rule>>],
    imported: &Imported,
) -> Result<ImportReport, Error> {
    let report = report::of(parsed, rules, imported);
    if report.is_success() {
        Ok(report)
    } else {
        Err(Error::refused_import(report.problems(), report.to_value()))
    }
}

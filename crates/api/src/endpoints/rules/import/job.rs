//! One import from its input to its report, in a task that ends what it began whatever becomes of the client.

use super::{
    input::{self, Given, Input},
    report::{self, ImportReport},
};
use crate::{
    access::request_id::uuid,
    audit::Actor,
    error::{Error, Problem},
    events::{Progress, Teller},
    state::State,
};
use ::rules::{IdSpace, Rule};
use catalog::{ImportOptions, Imported};
use packs::{
    archive,
    content::{self, RULES_FOLDER},
};
use rulefile::{Bounds, Code, Format, ParsedEntries, Progress as Parsed, Source, default_id, rule_file};
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

    /// Does it and audits it.
    pub(super) async fn run(self, teller: Teller) -> Result<ImportReport, Error> {
        let done = task::spawn(trace::carried(async move {
            let (actor, state) = (self.actor.clone(), Arc::clone(&self.state));
            let _turn = state.imports.turn.lock().await;
            let outcome = self.carry_out(teller).await;
            match &outcome {
                Ok(report) => actor.imported(report.counts(), report.revision()),
                Err(error) => actor.failed("rule.import", None, error),
            }
            outcome
        }));
        done.await
            .unwrap_or_else(|error| Err(Error::internal(error.to_string())))
    }

    async fn carry_out(self, teller: Teller) -> Result<ImportReport, Error> {
        let Self {
            state,
            input,
            options,
            ..
        } = self;
        let told = teller.clone();
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
        teller.tell(Progress::Written {
            rules: imported.taken().count(),
        });
        blocking(move || finish(parsed, &rules, &imported)).await?
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let done = task::spawn_blocking(trace::carry(work)).await;
    done.map_err(|error| Error::internal(error.to_string()))
}

/// Fetches what must be fetched, and parses it; says whether it was the body.
fn read(state: &State, input: Input, teller: &Teller) -> Result<(ParsedEntries, bool), Error> {
    let bytes_max = state.config.import_body_limit;
    let (given, is_body) = match input {
        Input::Given(given) => (given, true),
        Input::Url(url) => {
            let fetched = input::fetch(&state.config.fetcher, &url, bytes_max, teller)?;
            (fetched, false)
        }
    };
    let told = |parsed| {
        teller.tell(match parsed {
            Parsed::Read(rules) => Progress::Read { rules },
            Parsed::Checked(rules) => Progress::Checked { rules },
        });
    };
    let parsed = match given {
        Given::Text(bytes, format) => {
            let default_id = uuid((state.random)());
            parse(
                &bytes,
                (format, str::from_utf8(&default_id).ok()),
                bytes_max,
                &told,
            )
        }
        Given::Archive(bytes) => read_archive(&bytes, bytes_max, &told)?,
    };
    Ok((parsed, is_body))
}

fn parse(
    bytes: &[u8],
    (format, default_id): (Format, Option<&str>),
    bytes_max: usize,
    told: &(dyn Fn(Parsed) + Sync),
) -> ParsedEntries {
    let source = Source {
        format,
        space: IdSpace::Local,
        default_id,
    };
    // Half of the cores are left to those who answer meanwhile.
    let threads = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .div_ceil(2);
    let bounds = Bounds::import(bytes_max);
    let parse = || rulefile::parse_entries(bytes, &source, &bounds, (threads, told));
    trace::in_span("import.parse", Kind::Internal, parse, |span, parsed| {
        span.set("import.bytes", bytes.len());
        span.set("import.rules", parsed.entries.len());
    })
}

/// The rules of a pack's archive, under the ids that its files say.
fn read_archive(
    bytes: &[u8],
    bytes_max: usize,
    told: &(dyn Fn(Parsed) + Sync),
) -> Result<ParsedEntries, Error> {
    let is_rule_file = |path: &str| {
        path.strip_prefix(RULES_FOLDER)
            .is_some_and(|below| rule_file(below).is_some())
    };
    let files = archive::read_some(bytes, is_rule_file).map_err(content::Refusal::from)?;
    if files.is_empty() {
        let problem = Problem::new(
            "",
            format!("the archive holds no rule file below `{RULES_FOLDER}`"),
        );
        return Err(Error::validation(vec![problem]));
    }
    let mut all = ParsedEntries::default();
    for file in &files {
        let below = file.path.strip_prefix(RULES_FOLDER).and_then(rule_file);
        let Some((format, stem)) = below else { continue };
        let id = default_id(stem);
        let mut parsed = parse(&file.bytes, (format, Some(&id)), bytes_max, told);
        for entry in &mut parsed.entries {
            entry.path = in_file(&file.path, &entry.path);
            for diagnostic in &mut entry.diagnostics {
                diagnostic.field = in_file(&file.path, &diagnostic.field);
            }
        }
        for diagnostic in &mut parsed.diagnostics {
            diagnostic.field = in_file(&file.path, &diagnostic.field);
        }
        all.entries.append(&mut parsed.entries);
        all.diagnostics.append(&mut parsed.diagnostics);
        all.diagnostics_more += parsed.diagnostics_more;
    }
    Ok(all)
}

/// A field of a file in an archive.
fn in_file(path: &str, field: &str) -> String {
    match field.is_empty() {
        true => path.to_owned(),
        false => format!("{path}:{field}"),
    }
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

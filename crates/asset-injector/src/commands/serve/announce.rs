//! What `serve` says: log events, and lines for a person, which do not depend on the level of the log.

use crate::{
    config::{Config, Effective, Format},
    output::{self, DOUBTFUL, FAINT, GOOD, STRONG, styled},
    rule_files,
    shutdown::Stopped,
};
use catalog::{SeenProblem, Snapshot};
use rules::Layer;
use serde_json::{Map, Value, json};
use std::{
    io::{self, IsTerminal as _, Write as _},
    net::SocketAddr,
};
use store::RuleStore;

/// Problems that are shown to a person and logged one by one; the API lists all.
const PROBLEMS_SHOWN: usize = 20;

/// What is said of a folder of rules that is no tree.
const STRAY: &str = "RULES_DIR holds rule files outside of `local`, which are never read: move them there, or set LOCAL_RULES_DIR";

/// Logs every setting that is in force, with where it came from.
pub(super) fn settings(effective: &[Effective]) {
    let entry = |known: &Effective| {
        (
            known.name.to_owned(),
            json!({ "value": known.value, "origin": known.origin.to_string() }),
        )
    };
    let settings = Value::Object(effective.iter().map(entry).collect::<Map<_, _>>());
    tracing::info!(%settings, "settings in force");
}

/// Says the token of this run, on standard output only: the log is kept and read by others.
pub(super) fn dev_token(token: &str, config: &Config) -> io::Result<()> {
    if is_for_people(config) {
        return person(config, |stdout| {
            let about = styled(FAINT, "may do everything, for this run");
            writeln!(stdout, "token {} {about}", styled(GOOD, token))
        });
    }
    writeln!(
        output::stdout(),
        "{}",
        json!({ "message": "the token of this run", "token": token })
    )
}

/// Warns of a tree that cannot be written although nobody asked for that.
pub(super) fn read_only(store: &dyn RuleStore, config: &Config) {
    if let Some(reason) = store.read_only().filter(|_| !config.folders.read_only) {
        tracing::warn!(
            folder = %config.folders.folders.root.display(),
            reason,
            "the rules tree cannot be written; it is served as it is"
        );
    }
}

/// Says where the server listens.
pub(super) fn listening(address: SocketAddr, config: &Config) -> io::Result<()> {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    tracing::info!(server.address = %address, "listening on {scheme}://{address}");
    if !is_for_people(config) {
        // Whoever reads JSON finds the address in the log, if that lets it through.
        return match tracing::enabled!(tracing::Level::INFO) {
            true => Ok(()),
            false => {
                let event = json!({
                    "message": format!("listening on {scheme}://{address}"),
                    "server.address": address,
                });
                writeln!(output::stdout(), "{event}")
            }
        };
    }
    person(config, |stdout| {
        let version = crate::build_info::VERSION;
        writeln!(
            stdout,
            "{} {}",
            styled(STRONG, "asset-injector"),
            styled(FAINT, version)
        )?;
        writeln!(
            stdout,
            "listening on {}",
            styled(GOOD, format!("{scheme}://{address}"))
        )
    })
}

/// Says how many rules were loaded from where, and what was skipped.
pub(super) fn loaded(snapshot: &Snapshot, config: &Config) -> io::Result<()> {
    let mut by_source = [(Layer::Local, 0), (Layer::Override, 0), (Layer::Community, 0)];
    for entry in snapshot.set().entries() {
        let layer = entry.sourced.origin.layer;
        by_source
            .iter_mut()
            .filter(|(of, _)| *of == layer)
            .for_each(|(_, count)| *count += 1);
    }
    let sources: Map<_, _> = by_source
        .iter()
        .map(|(layer, count)| (layer.as_str().to_owned(), json!(count)))
        .collect();
    let sources = Value::Object(sources);
    tracing::info!(
        rules.total = snapshot.set().entries().len(),
        rules.in_force = snapshot.set().len(),
        rules.by_source = %sources,
        problems = snapshot.problems().len() + snapshot.problems_more(),
        snapshot.revision = snapshot.revision().0,
        "rules loaded"
    );
    problems(snapshot.problems().iter());
    let folders = &config.folders.folders;
    let stray = if snapshot.set().entries().is_empty() && config.database.is_none() {
        rule_files::stray(folders)
    } else {
        0
    };
    if stray > 0 {
        tracing::warn!(files = stray, folder = %folders.root.display(), "{STRAY}");
    }
    let old = super::old_snapshot::find(&config.folders.data);
    if let Some(old) = &old {
        tracing::warn!("{old}");
    }
    person(config, |stdout| {
        tell(stdout, snapshot, &by_source, config)?;
        if stray > 0 {
            writeln!(stdout, "{} {STRAY}", styled(DOUBTFUL, "look"))?;
        }
        match &old {
            Some(old) => writeln!(stdout, "{} {old}", styled(DOUBTFUL, "look")),
            None => Ok(()),
        }
    })
}

/// Logs problems one by one, as many as are shown.
pub(super) fn problems<'a>(mut problems: impl Iterator<Item = &'a SeenProblem>) {
    for problem in problems.by_ref().take(PROBLEMS_SHOWN) {
        tracing::warn!(
            file = problem.file,
            line = problem.line,
            column = problem.column,
            field = problem.field,
            rule.id = problem.rule_id,
            skipped = problem.skipped,
            hint = problem.hint,
            "a problem in the rules: {}",
            problem.reason
        );
    }
    match problems.count() {
        0 => {}
        more => tracing::warn!(more, "more problems in the rules; /v1/problems lists them"),
    }
}

/// Logs problems that are no more, as many as are shown.
pub(super) fn problems_gone<'a>(mut problems: impl Iterator<Item = &'a SeenProblem>) {
    for problem in problems.by_ref().take(PROBLEMS_SHOWN) {
        tracing::info!(
            file = problem.file,
            field = problem.field,
            rule.id = problem.rule_id,
            "a problem in the rules is gone: {}",
            problem.reason
        );
    }
    match problems.count() {
        0 => {}
        more => tracing::info!(more, "more problems in the rules are gone"),
    }
}

/// Says that a change of the rules is in force.
pub(super) fn reloaded(snapshot: &Snapshot) {
    tracing::info!(
        rules.total = snapshot.set().entries().len(),
        rules.in_force = snapshot.set().len(),
        problems = snapshot.problems().len() + snapshot.problems_more(),
        snapshot.revision = snapshot.revision().0,
        "rules reloaded"
    );
}

fn tell(
    stdout: &mut dyn io::Write,
    snapshot: &Snapshot,
    by_source: &[(Layer, usize)],
    config: &Config,
) -> io::Result<()> {
    let folders = &config.folders.folders;
    for (layer, count) in by_source {
        let folder = match layer {
            Layer::Local => &folders.local,
            Layer::Override => &folders.overrides,
            Layer::Community => &folders.community,
        };
        if *count > 0 || *layer == Layer::Local {
            let rules = output::count(*count, &format!("{} rule", layer.as_str()));
            let from = match &config.database {
                Some(database) => format!("from {}", database.target),
                None => format!("from {}", folder.display()),
            };
            writeln!(stdout, "{rules} {}", styled(FAINT, from))?;
        }
    }
    for problem in snapshot.problems().iter().take(PROBLEMS_SHOWN) {
        let place = [problem.line, problem.column]
            .into_iter()
            .flatten()
            .map(|number| format!(":{number}"));
        let place = format!("{}{}", problem.file, place.collect::<String>());
        let word = if problem.skipped { "skipped" } else { "problem" };
        writeln!(
            stdout,
            "{} {place} {} {}",
            styled(DOUBTFUL, word),
            problem.field,
            problem.reason
        )?;
    }
    let more = (snapshot.problems().len() + snapshot.problems_more()).saturating_sub(PROBLEMS_SHOWN);
    if more > 0 {
        let command = match &config.database {
            Some(_) => "rules problems".to_owned(),
            None => format!("check {}", folders.root.display()),
        };
        let more = output::count(more, "more problem");
        writeln!(stdout, "and {more}; `asset-injector {command}` shows all")?;
    }
    writeln!(stdout, "{}", styled(FAINT, "Ctrl-C stops the server"))
}

/// Says why the server ended and how.
pub(super) fn stopped(reason: &str, stopped: Stopped) {
    let drain_ms = u64::try_from(stopped.took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        reason,
        drain_ms,
        requests.cut = stopped.cut,
        forced = stopped.forced,
        "stopped"
    );
}

/// Writes for a person, if one may be there.
fn person(config: &Config, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    if is_for_people(config) {
        write(&mut output::stdout())
    } else {
        Ok(())
    }
}

/// Whether people read what is printed: at a terminal, or where they asked for a log for people.
fn is_for_people(config: &Config) -> bool {
    io::stdout().is_terminal() || config.log.format == Format::Text
}

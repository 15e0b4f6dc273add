//! `packs list`, `available` and `updates`: what is installed, what could be, and what is newer.

use crate::{
    call::Call,
    cli::Listing,
    failure::Outcome,
    output::{self, DOUBTFUL, FAINT, Format, styled},
    progress::Progress,
    target::Target,
};
use comfy_table::{Cell, Color};
use serde_json::Value;
use std::io::{self, Write};

/// Prints the installed packs.
pub(super) fn installed(args: &Listing) -> anyhow::Result<Outcome> {
    print(args, Call::get("/v1/packs"), |stream, answer| {
        let packs = list(&answer["packs"]);
        if !packs.is_empty() {
            let mut table = output::table(["pack", "version", "rules", "trust", "author", "from"]);
            for pack in packs {
                table.add_row([
                    text(&pack["name"]),
                    text(&pack["version"]),
                    text(&pack["rule_count"]),
                    trust(pack),
                    text(&pack["author"]),
                    text(&pack["source"]["url"]),
                ]);
            }
            write!(stream, "{}", output::lines(&table))?;
        }
        packs.iter().try_for_each(|pack| doubts(stream, pack))?;
        if let Some(count) = answer["singles"]["pack"]["rule_count"].as_u64() {
            writeln!(stream, "{count} single rules of the community repository")?;
        }
        writeln!(stream, "{}", output::listed(answer, packs.len(), "pack"))
    })
}

/// Prints what the repository offers.
pub(super) fn available(args: &Listing) -> anyhow::Result<Outcome> {
    print(args, Call::get("/v1/packs/available").long(), |stream, answer| {
        let packs = list(&answer["packs"]);
        if !packs.is_empty() {
            let mut table = output::table(["pack", "newest", "installed", "rules", "author", "description"]);
            for pack in packs {
                let fields = [
                    "name",
                    "version",
                    "installed",
                    "rule_count",
                    "author",
                    "description",
                ];
                table.add_row(fields.map(|name| text(&pack[name])));
            }
            write!(stream, "{}", output::lines(&table))?;
        }
        end(stream, answer, &output::count(packs.len(), "pack"))
    })
}

/// Prints newer versions of what is installed.
pub(super) fn updates(args: &Listing) -> anyhow::Result<Outcome> {
    print(args, Call::get("/v1/packs/updates").long(), |stream, answer| {
        let packs = list(&answer["packs"]);
        if !packs.is_empty() {
            let mut table = output::table(["pack", "installed", "available", "why not"]);
            for pack in packs {
                table.add_row(["name", "installed", "available", "note"].map(|name| text(&pack[name])));
            }
            write!(stream, "{}", output::lines(&table))?;
        }
        let newer = packs.iter().filter(|pack| !pack["available"].is_null()).count();
        let found = match newer {
            0 => "every pack is up to date".to_owned(),
            newer => format!(
                "{}; `asset-injector packs update --all` installs them",
                output::count(newer, "update")
            ),
        };
        end(stream, answer, &found)
    })
}

fn print(
    args: &Listing,
    call: Call,
    human: impl Fn(&mut dyn Write, &Value) -> io::Result<()>,
) -> anyhow::Result<Outcome> {
    let target = Target::choose(&args.target)?;
    let spinner = Progress::on_terminal("asking", args.format);
    let answer = target.data(&call);
    drop(spinner);
    let answer = answer?;
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => human(&mut stdout, &answer)?,
        Format::Json => output::json(&mut stdout, &answer)?,
    }
    Ok(Outcome::Done)
}

/// The last line: what was found, and how old what is known of the repository is.
fn end(stream: &mut dyn Write, answer: &Value, found: &str) -> io::Result<()> {
    if answer["configured"] == false {
        return writeln!(
            stream,
            "no community repository is configured (COMMUNITY_REPO_URL)"
        );
    }
    for problem in list(&answer["problems"]) {
        let problem = problem.as_str().unwrap_or_default();
        writeln!(stream, "{} the index: {problem}", styled(DOUBTFUL, "left out"))?;
    }
    let fetched = answer["fetched_at"].as_str().unwrap_or_default();
    match answer["stale_reason"].as_str() {
        Some(reason) => writeln!(
            stream,
            "{found}\n{} as of {fetched}: {reason}",
            styled(DOUBTFUL, "stale")
        ),
        None => writeln!(stream, "{found} {}", styled(FAINT, format!("as of {fetched}"))),
    }
}

/// What is wrong around an installed pack.
fn doubts(stream: &mut dyn Write, pack: &Value) -> io::Result<()> {
    let name = pack["name"].as_str().unwrap_or_default();
    for warning in list(&pack["warnings"]).iter().filter_map(Value::as_str) {
        writeln!(stream, "{} {name}: {warning}", styled(DOUBTFUL, "look"))?;
    }
    for override_ in list(&pack["outdated"]) {
        let id = override_["rule_id"].as_str().unwrap_or_default();
        let base = override_["base_version"].as_str().unwrap_or_default();
        writeln!(
            stream,
            "{} {name}: your version of {id} was made from {base}",
            styled(DOUBTFUL, "look")
        )?;
    }
    Ok(())
}

fn trust(pack: &Value) -> Cell {
    match (pack["signature"].is_object(), pack["trusted"] == true) {
        (true, true) => Cell::new("signed").fg(Color::Green),
        (_, true) => Cell::new("trusted").fg(Color::Green),
        (_, false) => Cell::new("no").fg(Color::Yellow),
    }
}

fn text(value: &Value) -> Cell {
    Cell::new(match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

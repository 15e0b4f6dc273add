//! `packs install`, `update`, `uninstall` and `sync`: each is one call.

use super::signed::{bounded, signature_of};
use crate::{
    call::{Call, ZIP},
    cli::{PacksInstall, PacksSync, PacksUninstall, PacksUpdate},
    failure::{Failure, Outcome},
    output::{self, BAD, DOUBTFUL, FAINT, Format, GOOD, STRONG, styled},
    pack_folder,
    progress::watch,
    repository_folder,
    target::Target,
};
use hyper::Method;
use packs::archive;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    path::Path,
};

const INSTALL: &str = "/v1/packs/install";

/// Installs a pack, or what the lock file records.
pub(super) fn install(args: &PacksInstall) -> anyhow::Result<Outcome> {
    let call = match &args.source {
        None => Call::post(INSTALL, &json!({ "locked": true })),
        Some(source) => match local(source)? {
            Some(local) => local.call(args.trust),
            None => Call::post(INSTALL, &json!({ "source": source, "trust": args.trust })),
        },
    };
    let target = Target::choose_for_change(&args.target)?;
    let answer = watch(&target, call, "installing", args.format)?;
    if !answer.is_success() {
        return Err(target.refusal(&answer).into());
    }
    changes(args.format, &answer.value()["data"])?;
    Ok(Outcome::Done)
}

/// A pack that is sent along.
struct Local {
    archive: Vec<u8>,
    /// What lies beside the archive as its signature.
    signature: Option<String>,
}

impl Local {
    fn call(self, trust: bool) -> Call {
        let call = Call::new(Method::POST, INSTALL).query("trust", if trust { "true" } else { "false" });
        let call = match self.signature {
            // Who vouches for it wants no other word.
            Some(signature) if !trust => call.query("signature", &signature),
            _ => call,
        };
        call.body(ZIP, self.archive)
    }
}

/// The archive at a local path, or that of the folder there; `None` for what a server is to look for.
fn local(source: &str) -> Result<Option<Local>, Failure> {
    let is_url = source.starts_with("https://") || source.starts_with("http://");
    let is_path = source.contains('/') || source.ends_with(".zip") || matches!(source, "." | "..");
    if is_url || !is_path {
        return Ok(None);
    }
    let path = Path::new(source);
    if !path.is_dir() {
        let archive = repository_folder::read(path).map_err(|error| pack_folder::unreadable(path, error))?;
        let signature = bounded(&signature_of(path))?;
        return Ok(Some(Local { archive, signature }));
    }
    let files = pack_folder::read(path)?;
    let built = archive::build(&files);
    let unsigned = |archive| {
        Some(Local {
            archive,
            signature: None,
        })
    };
    built.map(unsigned).map_err(|error| {
        let help = "name the folder of a pack, with its manifest.yaml";
        Failure::usage(format!("`{source}` cannot be a pack: {error}"), help)
    })
}

/// Updates packs; one that fails does not keep the others from it.
pub(super) fn update(args: &PacksUpdate) -> anyhow::Result<Outcome> {
    let body = match args.all {
        true => json!({ "all": true }),
        false => json!({ "names": args.names }),
    };
    let target = Target::choose_for_change(&args.target)?;
    let answer = watch(
        &target,
        Call::post("/v1/packs/update", &body),
        "updating",
        args.format,
    )?;
    if answer.is_success() {
        changes(args.format, &answer.value()["data"])?;
        return Ok(Outcome::Done);
    }
    let outcomes = &answer.value()["details"]["packs"];
    let mut stdout = output::stdout();
    match (args.format, outcomes.as_array()) {
        (_, None) => {}
        (Format::Json, Some(_)) => output::json(&mut stdout, &json!({ "packs": outcomes }))?,
        (Format::Human, Some(outcomes)) => outcomes.iter().try_for_each(|pack| outcome(&mut stdout, pack))?,
    }
    Err(target.refusal(&answer).into())
}

/// Takes a pack out.
pub(super) fn uninstall(args: &PacksUninstall) -> anyhow::Result<Outcome> {
    let target = Target::choose_for_change(&args.target)?;
    let call = Call::delete(format!("/v1/packs/{}", args.name));
    let call = call.query("purge", if args.purge { "true" } else { "false" });
    let answer = target.data(&call.long())?;
    let mut stdout = output::stdout();
    if args.format == Format::Json {
        output::json(&mut stdout, &answer)?;
        return Ok(Outcome::Done);
    }
    writeln!(stdout, "{}", answer["message"].as_str().unwrap_or("uninstalled"))?;
    for (name, what) in [
        ("purged", "is gone too"),
        ("orphaned", "stays, and counts again with the pack"),
    ] {
        for id in texts(&answer[name]) {
            writeln!(stdout, "  your version of {} {what}", styled(STRONG, id))?;
        }
    }
    warnings(&mut stdout, &answer)?;
    Ok(Outcome::Done)
}

/// Makes the single rules those of the repository.
pub(super) fn sync(args: &PacksSync) -> anyhow::Result<Outcome> {
    let target = Target::choose_for_change(&args.target)?;
    let call = Call::post("/v1/packs/sync", &json!({ "force": args.force }));
    let answer = watch(&target, call, "synchronizing", args.format)?;
    if !answer.is_success() {
        return Err(target.refusal(&answer).into());
    }
    let data = &answer.value()["data"];
    let mut stdout = output::stdout();
    match args.format {
        Format::Json => output::json(&mut stdout, data)?,
        Format::Human => synced(&mut stdout, data)?,
    }
    let is_whole = data["rest"] == 0 && data["failed"].as_array().is_none_or(Vec::is_empty);
    Ok(if is_whole {
        Outcome::Done
    } else {
        Outcome::Findings
    })
}

fn synced(stream: &mut dyn Write, data: &Value) -> io::Result<()> {
    for file in data["failed"].as_array().into_iter().flatten() {
        let text = |name: &str| file[name].as_str().unwrap_or_default().to_owned();
        writeln!(
            stream,
            "{} {}: {}",
            styled(BAD, "failed"),
            text("file"),
            text("reason")
        )?;
    }
    match data["changed"] == true {
        true => writeln!(stream, "{} put, {} removed", data["put"], data["removed"])?,
        false => writeln!(stream, "nothing has changed")?,
    }
    let Some(reason) = data["stopped"].as_str() else {
        return Ok(());
    };
    let until = data["until"].as_str().map(|until| format!(" (until {until})"));
    let word = styled(DOUBTFUL, "stopped");
    writeln!(
        stream,
        "{word}{}: {reason}; {} still to come",
        until.unwrap_or_default(),
        data["rest"]
    )
}

/// Prints what became of packs.
fn changes(format: Format, data: &Value) -> io::Result<()> {
    let mut stdout = output::stdout();
    if format == Format::Json {
        return output::json(&mut stdout, data);
    }
    for pack in data["packs"].as_array().into_iter().flatten() {
        change(&mut stdout, pack)?;
    }
    if data["packs"].as_array().is_none_or(Vec::is_empty) {
        writeln!(stdout, "there are no packs")?;
    }
    warnings(&mut stdout, data)
}

fn change(stream: &mut dyn Write, pack: &Value) -> io::Result<()> {
    let text = |name: &str| pack[name].as_str();
    let (name, version) = (
        text("name").unwrap_or_default(),
        text("version").unwrap_or_default(),
    );
    let name = styled(STRONG, name);
    match (pack["changed"] == true, text("from")) {
        (false, _) => writeln!(stream, "{} {name} {version}", styled(FAINT, "unchanged"))?,
        (true, None) => writeln!(stream, "{} {name} {version}", styled(GOOD, "installed"))?,
        (true, Some(from)) => writeln!(stream, "{} {name} {from} -> {version}", styled(GOOD, "updated"))?,
    }
    warnings(stream, pack)?;
    for id in texts(&pack["outdated"]) {
        writeln!(
            stream,
            "  {} your version of {id} stays, and the pack's rule has changed",
            styled(DOUBTFUL, "look")
        )?;
    }
    let trusted = pack["pack"]["trusted"].as_bool();
    if trusted == Some(false) {
        let about = "not trusted: its scripts and priorities do not count (--trust, or a signature)";
        writeln!(stream, "  {}", styled(FAINT, about))?;
    }
    Ok(())
}

/// What became of a pack of an update that failed for some.
fn outcome(stream: &mut dyn Write, pack: &Value) -> io::Result<()> {
    let text = |name: &str| pack[name].as_str().unwrap_or_default();
    let style = match text("outcome") {
        "failed" => BAD,
        "updated" => GOOD,
        _ => FAINT,
    };
    let more = match text("message") {
        "" => format!(" {}", text("version")),
        message => format!(": {message}"),
    };
    writeln!(
        stream,
        "{} {}{more}",
        styled(style, text("outcome")),
        styled(STRONG, text("name"))
    )
}

fn warnings(stream: &mut dyn Write, value: &Value) -> io::Result<()> {
    texts(&value["warnings"])
        .try_for_each(|warning| writeln!(stream, "  {} {warning}", styled(DOUBTFUL, "look")))
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

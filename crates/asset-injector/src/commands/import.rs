//! `import`: rules from files or a URL become local ones.

mod body;
mod report;
mod snapshot;

use crate::{
    call::Call,
    cli::{Import, ImportCommand, name_of},
    failure::{Failure, Outcome},
    output::Format,
    progress,
    target::Target,
};
use body::{Body, Place};
use hyper::Method;
use report::Report;
use serde_json::json;

/// The call that imports.
const PATH: &str = "/v1/rules/import";

/// Imports and prints the report.
pub(super) fn run(args: &Import) -> anyhow::Result<Outcome> {
    if let Some(ImportCommand::Snapshot(args)) = &args.command {
        return snapshot::run(args);
    }
    let (call, places) = call(args)?;
    let call = call.query("on_conflict", &name_of(args.on_conflict));
    let call = call.query("atomic", if args.atomic { "true" } else { "false" });
    let target = Target::choose_for_change(&args.target)?;
    let report = ask(&target, call, args.format)?;
    report.print(args.format, &places)?;
    Ok(match report.has_refused() {
        true => Outcome::Findings,
        false => Outcome::Done,
    })
}

/// The call with what is to be imported, and from which files that comes.
fn call(args: &Import) -> Result<(Call, Vec<Place>), Failure> {
    let is_url = |from: &String| from.starts_with("https://") || from.starts_with("http://");
    if let [url] = &*args.from
        && is_url(url)
    {
        return Ok((Call::post(PATH, &json!({ "url": url })), Vec::new()));
    }
    if args.from.iter().any(is_url) {
        return Err(Failure::usage(
            "a URL is imported alone",
            "run one command for the URL and one for the files",
        ));
    }
    if args.from.iter().filter(|from| *from == "-").count() > 1 {
        return Err(Failure::usage("standard input can be read once", "name `-` once"));
    }
    let Body {
        media_type,
        bytes,
        places,
    } = Body::read(&args.from)?;
    Ok((Call::new(Method::POST, PATH).body(media_type, bytes), places))
}

/// Makes the call, shows how far it is where somebody watches, and returns the report.
fn ask(target: &Target, call: Call, format: Format) -> anyhow::Result<Report> {
    let answer = progress::watch(target, call, "sending", format)?;
    Report::of(&answer).ok_or_else(|| target.refusal(&answer).into())
}

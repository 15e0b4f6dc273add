//! `import`: rules from files or a URL become local ones.

mod body;
mod events;
mod progress;
mod report;
mod snapshot;

use crate::{
    call::{Answer, Call},
    cli::{Import, ImportCommand, name_of},
    failure::{Failure, Outcome},
    target::Target,
};
use body::{Body, Place};
use events::Events;
use hyper::Method;
use progress::Progress;
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
    let report = ask(&target, call)?;
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
fn ask(target: &Target, call: Call) -> anyhow::Result<Report> {
    let mut call = call.long();
    let (progress, mut events) = (Progress::on_terminal(), Events::default());
    if progress.is_some() {
        call = call.header("accept", "text/event-stream");
    }
    let mut last = None;
    let answer = target.ask(&call, &mut |piece| {
        if let Some(progress) = &progress {
            for event in events.take(piece) {
                progress.show(&event);
                last = Some(event.data);
            }
        }
    })?;
    drop(progress);
    let is_stream = answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/event-stream"));
    let answer = match last {
        Some(data) if is_stream => Answer {
            body: data.into_bytes(),
            ..answer
        },
        Some(_) | None => answer,
    };
    Report::of(&answer).ok_or_else(|| target.refusal(&answer).into())
}

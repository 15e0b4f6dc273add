//! `import snapshot`: the rules of an earlier service's snapshot become rule files, once.

use crate::{
    call::{Call, JSON, rule_path},
    cli::ImportSnapshot,
    commands::input::Input,
    failure::{Failure, Outcome},
    output,
    target::Target,
};
use anyhow::Context as _;
use hyper::Method;
use rules::RuleId;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What a snapshot's name ends with when it is done.
const DONE: &str = ".migrated";

/// Imports the snapshot and renames it.
pub(super) fn run(args: &ImportSnapshot) -> anyhow::Result<Outcome> {
    let done = done_name(&args.file)?;
    let input = Input::read(&args.file)?;
    let rules = rules_of(&args.file, &input.bytes)?;
    let target = Target::choose_for_change(&args.target)?;
    for id in rules.iter().filter_map(disabled) {
        keep_disabled(&target, &id)?;
    }
    let call = Call::new(Method::POST, super::PATH).body(JSON, input.bytes);
    let report = super::ask(&target, call, args.format)?;
    report.print(args.format, &[])?;
    if report.has_refused() {
        output::note(&format!(
            "{} keeps its name until every rule in it is taken",
            args.file.display()
        ));
        return Ok(Outcome::Findings);
    }
    fs::rename(&args.file, &done)
        .with_context(|| format!("{} cannot be renamed to {}", args.file.display(), done.display()))?;
    output::note(&format!("{} is {} now", args.file.display(), done.display()));
    Ok(Outcome::Done)
}

/// What the snapshot is called when it is done; nothing may have that name.
fn done_name(file: &Path) -> Result<PathBuf, Failure> {
    let mut name = file.as_os_str().to_owned();
    name.push(DONE);
    let done = PathBuf::from(name);
    match done.symlink_metadata() {
        Err(_) => Ok(done),
        Ok(_) => Err(Failure::usage(
            format!("{} exists already", done.display()),
            "move it away; the snapshot gets that name when its rules are taken",
        )),
    }
}

fn rules_of(file: &Path, bytes: &[u8]) -> Result<Vec<Value>, Failure> {
    serde_json::from_slice(bytes).map_err(|error| {
        Failure::usage(
            format!("{} is not a JSON list of rules: {error}", file.display()),
            "rule files are taken in by `asset-injector import FILE`",
        )
    })
}

/// The id of a rule that was disabled.
fn disabled(rule: &Value) -> Option<RuleId> {
    let is_disabled = rule["enabled"] == false || rule["state"] == "disabled";
    let id = is_disabled.then(|| rule["id"].as_str())??;
    RuleId::parse(id.trim()).ok()
}

/// Disables an id before its rule comes, so that it never applies. A rule that is there already is another one.
fn keep_disabled(target: &Target, id: &RuleId) -> anyhow::Result<()> {
    let found = target.ask(&Call::get(rule_path(id.as_str(), "")), &mut |_| ())?;
    match found.status {
        200 => {}
        404 => drop(target.data(&Call::post(rule_path(id.as_str(), "/disable"), &json!({})))?),
        _ => return Err(target.refusal(&found).into()),
    }
    Ok(())
}

//! Rules as a pack: an archive that can be installed, and whose import gives equal rules.

use super::attached;
use crate::{
    error::{Error, Problem},
    extract::ZIP,
    wire::value::Json,
};
use ::rules::{PackFile, Rule, Value};
use axum::{http::HeaderValue, response::Response};
use packs::{
    archive,
    content::{self, MANIFEST_FILE, RULES_FOLDER},
};
use rulefile::{Diagnostic, Format, manifest};
use semver::Version;
use std::sync::Arc;

/// The most rules of one file: the largest ones fit into it.
const RULES_MAX: usize = 8;

/// The archive of these rules, with the manifest in the body of the call.
pub(super) fn response(body: &[u8], rules: &[Arc<Rule>], engine: &Version) -> Result<Response, Error> {
    let body = rulefile::parse_value(body, Format::Json)
        .map_err(|found| Error::invalid_input(problems("", &found)))?;
    let said = body.get("manifest").cloned().unwrap_or(Value::Null);
    // JSON is YAML, so that one parser reads manifests wherever they stand.
    let said = serde_json::to_vec(&Json(&said)).map_err(|error| Error::internal(error.to_string()))?;
    let manifest =
        manifest::parse(&said).map_err(|found| Error::validation(problems("manifest.", &found)))?;
    refuse_ids_of_packs(rules)?;
    let mut files = vec![PackFile {
        path: MANIFEST_FILE.to_owned(),
        bytes: manifest::print(&manifest).into_bytes(),
    }];
    files.extend(rules.chunks(RULES_MAX).enumerate().map(|(n, rules)| {
        let rules: Vec<_> = rules.iter().map(|rule| &**rule).collect();
        PackFile {
            path: format!("{RULES_FOLDER}{n:05}.rule.yaml"),
            bytes: rulefile::print(&rules).into_bytes(),
        }
    }));
    let archive = archive::build(&files).map_err(content::Refusal::from)?;
    content::of_archive(&archive, engine)?;
    let name = format!("{}-{}.zip", manifest.name, manifest.version);
    Ok(attached(archive, HeaderValue::from_static(ZIP), &name))
}

/// In a pack an id is written without the name of a pack, so these would come back as others.
fn refuse_ids_of_packs(rules: &[Arc<Rule>]) -> Result<(), Error> {
    let of_packs = rules.iter().filter(|rule| rule.id().pack().is_some());
    let problem = |rule: &Arc<Rule>| {
        let reason = format!(
            "`{}` has the name of a pack in its id, which no pack can write",
            rule.id()
        );
        Problem::new("ids", reason).hint("export it as `yaml`, or under an id of its own")
    };
    let problems: Vec<_> = of_packs.map(problem).collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Error::validation(problems)),
    }
}

/// Diagnostics whose places say nothing, since the text was made of a body.
fn problems(above: &str, found: &[Diagnostic]) -> Vec<Problem> {
    let problem = |found: &Diagnostic| Problem {
        field: format!("{above}{}", found.field),
        reason: found.reason.clone(),
        hint: found.hint.clone(),
    };
    found.iter().map(problem).collect()
}

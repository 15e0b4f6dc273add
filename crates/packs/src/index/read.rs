//! From the bytes of an index to what it offers.

use super::{Error, INDEX_BYTES_MAX, Index, ListedPack, ListedRule, Release, SinglesIndex, wire};
use crate::{digest, path};
use rules::{Requirement, RuleId, SINGLES, Timestamp, check_pack_name};
use semver::Version;
use serde::de::DeserializeOwned;
use std::collections::HashSet;

/// What a rule's file ends with, which an index may write or leave out.
const RULE_ENDING: &str = ".rule.yaml";
/// The most problems of an index that are listed.
const PROBLEMS_MAX: usize = 100;
/// The most versions of a pack that are looked at.
const RELEASES_MAX: usize = 10_000;

impl Index {
    /// Parses `index.json`.
    ///
    /// # Errors
    ///
    /// When it is not one as a whole; an entry that is none becomes a problem.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let shape: wire::Index = decode(bytes)?;
        let mut problems = Vec::new();
        let mut names = HashSet::new();
        let mut packs = Vec::new();
        for (n, entry) in shape.packs.into_iter().enumerate() {
            match pack(entry) {
                Ok(pack) if names.insert(pack.name.clone()) => packs.push(pack),
                Ok(pack) => note(&mut problems, || {
                    format!("packs[{n}]: `{}` is listed twice", pack.name)
                }),
                Err(reason) => note(&mut problems, || format!("packs[{n}]: {reason}")),
            }
        }
        packs.sort_by(|a, b| a.name.cmp(&b.name));
        let category = |value: &serde_json::Value| {
            Some(value.as_str().or_else(|| value.get("name")?.as_str())?.to_owned())
        };
        Ok(Self {
            version: wire::text(&shape.version),
            updated_at: time(&shape.updated_at)?,
            categories: shape.categories.iter().filter_map(category).collect(),
            packs,
            problems,
        })
    }
}

impl SinglesIndex {
    /// Parses `singles/index.json`. Whether it may be followed is another question: [`SinglesIndex::check`].
    ///
    /// # Errors
    ///
    /// As [`Index::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let shape: wire::Singles = decode(bytes)?;
        let entries = shape.rules.len() as u64;
        let mut problems = Vec::new();
        let (mut files, mut ids) = (HashSet::new(), HashSet::new());
        let mut rules = Vec::new();
        for (n, entry) in shape.rules.into_iter().enumerate() {
            match rule(entry) {
                Ok(rule) => {
                    let is_new_file = files.insert(path::fold(&rule.file));
                    if is_new_file && ids.insert(rule.id.to_ascii_lowercase()) {
                        rules.push(rule);
                    } else {
                        note(&mut problems, || {
                            format!("rules[{n}]: `{}` or its file is listed twice", rule.id)
                        });
                    }
                }
                Err(reason) => note(&mut problems, || format!("rules[{n}]: {reason}")),
            }
        }
        rules.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(Self {
            version: wire::text(&shape.version),
            updated_at: time(&shape.updated_at)?,
            count: shape.count,
            entries,
            rules,
            problems,
        })
    }
}

fn note(problems: &mut Vec<String>, problem: impl FnOnce() -> String) {
    if problems.len() < PROBLEMS_MAX {
        problems.push(problem());
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    if bytes.len() > INDEX_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    serde_json::from_slice(bytes).map_err(|error| Error::Malformed(error.to_string()))
}

fn time(text: &str) -> Result<Timestamp, Error> {
    let wrong = || Error::Malformed("`updated_at` is not a time as RFC 3339 writes it".to_owned());
    Timestamp::parse(text).ok_or_else(wrong)
}

fn pack(entry: serde_json::Value) -> Result<ListedPack, String> {
    let shape: wire::Pack = serde_json::from_value(entry).map_err(|error| error.to_string())?;
    check_pack_name(&shape.name)?;
    let newest = wire::Release {
        version: shape.version,
        sha256: shape.sha256,
        size: None,
        requires: None,
    };
    let mut releases = vec![release(newest)?];
    for shape in shape.versions.into_iter().take(RELEASES_MAX) {
        let release = release(shape)?;
        match releases.iter_mut().find(|known| known.version == release.version) {
            None => releases.push(release),
            Some(known) => {
                // What is said twice must be the same.
                if known.sha256.is_some() && release.sha256.is_some() && known.sha256 != release.sha256 {
                    return Err(format!("version {} has two values of `sha256`", release.version));
                }
                let sha256 = known.sha256.take();
                *known = release;
                known.sha256 = known.sha256.take().or(sha256);
            }
        }
    }
    releases.sort_by(|a, b| b.version.cmp(&a.version));
    Ok(ListedPack {
        name: shape.name,
        description: shape.description,
        author: shape.author,
        rule_count: shape.rule_count,
        releases,
    })
}

fn release(shape: wire::Release) -> Result<Release, String> {
    let version = &shape.version;
    let parsed = Version::parse(version).map_err(|error| format!("`{version}` is not a version: {error}"))?;
    let requires = shape.requires.as_deref().map(Requirement::parse).transpose()?;
    Ok(Release {
        version: parsed,
        sha256: hash(shape.sha256.as_deref())?,
        size: shape.size,
        requires,
    })
}

/// A hash that is written must be one: leaving out a bad one would accept any file.
fn hash(text: Option<&str>) -> Result<Option<String>, String> {
    let parse = |text| digest::parse(text).ok_or_else(|| format!("`{text}` is not a SHA-256"));
    text.map(parse).transpose()
}

fn rule(entry: serde_json::Value) -> Result<ListedRule, String> {
    let shape: wire::Rule = serde_json::from_value(entry).map_err(|error| error.to_string())?;
    RuleId::in_pack(SINGLES, &shape.id).map_err(|reason| format!("id `{}`: {reason}", shape.id))?;
    let file = shape
        .file
        .strip_suffix(RULE_ENDING)
        .unwrap_or(&shape.file)
        .to_owned();
    let is_hidden = file.split('/').any(|part| part.starts_with('.'));
    for path in [&file, &format!("{file}{RULE_ENDING}")] {
        path::check(path).map_err(|reason| format!("file {file:?} {reason}"))?;
    }
    if is_hidden {
        return Err(format!("file {file:?} is hidden"));
    }
    if path::is_in_rule_file(&file) {
        return Err(format!(
            "file {file:?} is in a folder that is named as a rule file"
        ));
    }
    Ok(ListedRule {
        id: shape.id,
        file,
        hash: hash(shape.hash.as_deref())?,
        pattern: shape.pattern,
        kind: shape.kind,
        description: shape.description,
        author: shape.author,
        tags: shape.tags,
    })
}

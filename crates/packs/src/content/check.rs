//! From files to a checked pack, or to everything that is wrong with it.

use super::{Content, DOCUMENT_BYTES_MAX, MANIFEST_FILE, PROBLEMS_MAX, Problem, RULES_FOLDER, Refusal};
use crate::{archive, digest::sha256};
use rulefile::{Code, Severity, Source, default_id, manifest, rule_file};
use rules::{IdSpace, InstalledPack, Manifest, PackFile, PackSource, Rule, RuleId, SINGLES, on_parser_stack};
use semver::Version;
use std::{collections::HashMap, sync::Arc};

/// Checks a pack's archive; `engine` is the version that its `requires` is held against.
///
/// # Errors
///
/// Everything that keeps it from being installed.
pub fn of_archive(bytes: &[u8], engine: &Version) -> Result<Content, Refusal> {
    checked(archive::read(bytes)?, sha256(bytes), engine)
}

/// Checks the files of a pack's folder: as the archive that is built of them.
///
/// # Errors
///
/// As [`of_archive`].
pub fn of_files(files: &[PackFile], engine: &Version) -> Result<Content, Refusal> {
    of_archive(&archive::build(files)?, engine)
}

/// Checks files of single community rules; gives for each its rules, or everything that is wrong with it.
///
/// A file without a rule for this engine has nothing that could be put into force, and is refused too.
pub fn of_singles(files: &[PackFile]) -> Vec<Result<Vec<Arc<Rule>>, Vec<Problem>>> {
    on_parser_stack(|| files.iter().map(single).collect())
}

fn single(file: &PackFile) -> Result<Vec<Arc<Rule>>, Vec<Problem>> {
    let Some((format, stem)) = rule_file(&file.path) else {
        return Err(vec![Problem::whole(&file.path, "is no rule file", None)]);
    };
    let mut found = Found::default();
    found.read(file, SINGLES, format, stem);
    match found.problems.is_empty() {
        true if found.rules.is_empty() => {
            let nothing = Problem::whole(&file.path, "holds no rule for this engine", None);
            Err(found.warnings.into_iter().chain([nothing]).collect())
        }
        true => Ok(found.rules),
        false => Err(found.problems),
    }
}

/// A checked pack as a store holds it.
pub fn pack_of(content: &Content, source: PackSource) -> InstalledPack {
    InstalledPack {
        manifest: Some(content.manifest.clone()),
        source: Some(source),
    }
}

fn checked(files: Vec<PackFile>, sha256: String, engine: &Version) -> Result<Content, Refusal> {
    let manifest = manifest_of(&files).map_err(Refusal::Manifest)?;
    if let Some(requires) = manifest
        .requires
        .as_ref()
        .filter(|requires| !requires.matches(engine))
    {
        return Err(Refusal::Engine {
            pack: format!("{} {}", manifest.name, manifest.version),
            requires: requires.to_string(),
            engine: engine.to_string(),
        });
    }
    let mut warnings = Vec::new();
    let files = kept(files, &mut warnings);
    let rules = rules_of(&files, &manifest, &mut warnings).map_err(Refusal::Rules)?;
    Ok(Content {
        manifest,
        files,
        rules,
        sha256,
        warnings,
    })
}

fn manifest_of(files: &[PackFile]) -> Result<Manifest, Vec<Problem>> {
    let Some(file) = files.iter().find(|file| file.path == MANIFEST_FILE) else {
        let like = |file: &&PackFile| {
            let name = file.path.rsplit('/').next().unwrap_or_default().to_lowercase();
            matches!(name.as_str(), "manifest.yaml" | "manifest.yml" | "manifest.json")
        };
        let hint = files.iter().find(like).map(|file| {
            format!(
                "it is looked for at the top and in lower case; there is `{}`",
                file.path
            )
        });
        return Err(vec![Problem::whole(MANIFEST_FILE, "is missing", hint.as_deref())]);
    };
    let found = manifest::parse(&file.bytes);
    found.map_err(|found| found.into_iter().map(|d| Problem::of(MANIFEST_FILE, d)).collect())
}

/// The files that become the pack's folder: what it needs, and texts that belong to it. Nothing hidden is kept, so
/// that no archive brings a record of its own source.
fn kept(files: Vec<PackFile>, warnings: &mut Vec<Problem>) -> Vec<PackFile> {
    let mut leave_out = |file: &PackFile, reason: &str| {
        if warnings.len() < PROBLEMS_MAX {
            warnings.push(Problem::whole(
                &file.path,
                format!("was left out: {reason}"),
                None,
            ));
        }
        false
    };
    let mut is_kept = |file: &PackFile| {
        if file.path == MANIFEST_FILE {
            return true;
        }
        if file.path.split('/').any(|part| part.starts_with('.')) {
            return leave_out(file, "its name begins with a dot");
        }
        if file.path.starts_with(RULES_FOLDER) && rule_file(&file.path).is_some() {
            return true;
        }
        if file.bytes.len() > DOCUMENT_BYTES_MAX {
            return leave_out(file, "it is no rule file and large");
        }
        match std::str::from_utf8(&file.bytes) {
            Ok(text) if !text.contains('\0') => true,
            _ => leave_out(file, "it is no rule file and no text"),
        }
    };
    files.into_iter().filter(|file| is_kept(file)).collect()
}

/// The rules of all rule files, or all problems of all of them.
fn rules_of(
    files: &[PackFile],
    manifest: &Manifest,
    warnings: &mut Vec<Problem>,
) -> Result<Vec<Arc<Rule>>, Vec<Problem>> {
    let mut found = Found::default();
    // One thread for all: the parser of scripts needs a large stack.
    on_parser_stack(|| {
        for file in files {
            let below = file.path.strip_prefix(RULES_FOLDER);
            if let Some((format, stem)) = below.and_then(rule_file) {
                found.read(file, &manifest.name, format, stem);
            }
        }
    });
    warnings.append(&mut found.warnings);
    match found.problems.is_empty() {
        true => Ok(found.rules),
        false => Err(found.problems),
    }
}

/// What the rule files of a pack hold.
#[derive(Default)]
struct Found {
    rules: Vec<Arc<Rule>>,
    /// Where each id was first seen.
    places: HashMap<RuleId, String>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Found {
    fn read(&mut self, file: &PackFile, pack: &str, format: rulefile::Format, stem: &str) {
        let id = default_id(stem);
        let source = Source {
            format,
            space: IdSpace::Pack(pack.to_owned()),
            default_id: Some(&id),
        };
        let parsed = rulefile::parse(&file.bytes, &source);
        for diagnostic in parsed.diagnostics {
            // A file for a newer engine is left out by this one, here as in a folder.
            let is_error = diagnostic.severity == Severity::Error && diagnostic.code != Code::TooNew;
            let list = if is_error {
                &mut self.problems
            } else {
                &mut self.warnings
            };
            if list.len() < PROBLEMS_MAX {
                list.push(Problem::of(&file.path, diagnostic));
            }
        }
        for rulefile::Parsed { rule, line } in parsed.rules {
            let place = format!("{}:{line}", file.path);
            match self.places.get(rule.id()) {
                Some(first) => self.problems.push(Problem {
                    line,
                    column: 1,
                    field: "id".to_owned(),
                    ..Problem::whole(
                        &file.path,
                        format!("`{}` is the id of {first} too", rule.id()),
                        None,
                    )
                }),
                None => {
                    self.places.insert(rule.id().clone(), place);
                    self.rules.push(Arc::new(rule));
                }
            }
        }
    }
}

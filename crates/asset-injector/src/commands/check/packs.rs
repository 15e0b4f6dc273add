//! What `check` looks at beside rule files: manifests of packs, and archives and indexes of repositories.

use super::{Finding, Report, Severity};
use crate::{
    failure::Failure,
    pack_folder,
    repository_folder::{self, Archived, RepositoryFolder},
};
use packs::content::{self, Content, MANIFEST_FILE, Problem, Refusal};
use std::path::{Path, PathBuf};

/// The most folders above a pack's that are looked into.
const DEPTH_MAX: usize = 16;

/// Checks every pack and every repository below these paths.
///
/// # Errors
///
/// When a folder cannot be read.
pub(super) fn check(paths: &[PathBuf], report: &mut Report) -> Result<(), Failure> {
    for path in paths.iter().filter(|path| path.is_dir()) {
        folder(path, DEPTH_MAX, report)?;
    }
    Ok(())
}

fn folder(path: &Path, depth: usize, report: &mut Report) -> Result<(), Failure> {
    if pack_folder::is_pack(path) {
        pack(path, report)?;
        return Ok(());
    }
    if repository_folder::is_repository(path) {
        return repository(path, report);
    }
    if depth == 0 {
        return Ok(());
    }
    let is_folder = |path: &PathBuf| path.is_dir() && !path.is_symlink();
    let mut folders = pack_folder::children(path)?.into_iter().filter(is_folder);
    folders.try_for_each(|path| folder(&path, depth - 1, report))
}

/// Checks a pack as a whole; what is wrong with single rules was found before.
fn pack(path: &Path, report: &mut Report) -> Result<Option<Content>, Failure> {
    let files = pack_folder::read(path)?;
    if let Some(manifest) = files.iter().find(|file| file.path == MANIFEST_FILE) {
        report.files += 1;
        let shown = path.join(MANIFEST_FILE).to_string_lossy().into_owned();
        if let Ok(text) = std::str::from_utf8(&manifest.bytes) {
            report.texts.insert(shown, text.to_owned());
        }
    }
    let mut add = |severity, problem: Problem| add(report, severity, path, problem);
    match content::of_files(&files, &pack_folder::engine()) {
        Ok(content) => {
            let warnings = content.warnings.iter().cloned();
            warnings.for_each(|warning| add(Severity::Warning, warning));
            return Ok(Some(content));
        }
        Err(Refusal::Manifest(problems) | Refusal::Rules(problems)) => {
            problems
                .into_iter()
                .for_each(|problem| add(Severity::Error, problem));
        }
        Err(refusal @ Refusal::Engine { .. }) => {
            add(Severity::Warning, of_manifest("requires", refusal.to_string()));
        }
        Err(refusal @ Refusal::Archive(_)) => {
            add(Severity::Error, of_manifest("", refusal.to_string()));
        }
    }
    Ok(None)
}

/// Checks a repository: the folders of its packs, its archives, its single rules.
fn repository(root: &Path, report: &mut Report) -> Result<(), Failure> {
    let repository = RepositoryFolder::read(root)?;
    let problems = repository
        .problems
        .iter()
        .cloned()
        .chain(repository.singles_problems());
    for problem in problems {
        add(report, Severity::Error, root, problem);
    }
    let packs = pack_folder::children(&repository_folder::packs(root))?;
    for path in packs.into_iter().filter(|path| pack_folder::is_pack(path)) {
        if let Some(content) = pack(&path, report)? {
            let faults = [
                misnamed(&path, &content),
                outdated(&content, &repository.archives),
            ];
            for problem in faults.into_iter().flatten() {
                add(report, Severity::Error, &path, problem);
            }
        }
    }
    Ok(())
}

/// A folder that is not called as the pack in it is.
fn misnamed(path: &Path, content: &Content) -> Option<Problem> {
    let name = &*content.manifest.name;
    let is_named = path.file_name().is_some_and(|folder| folder == name);
    (!is_named).then(|| of_manifest("name", format!("`{name}` lies in a folder of another name")))
}

/// An archive of the version that the folder has, with other files in it.
fn outdated(content: &Content, archives: &[Archived]) -> Option<Problem> {
    let manifest = &content.manifest;
    let is_same = |archived: &&Archived| {
        let other = &archived.content.manifest;
        other.name == manifest.name && other.version == manifest.version
    };
    let archived = archives.iter().find(is_same)?;
    (archived.content.files != content.files).then(|| {
        let reason = format!("{} is built already, of other files", manifest.version);
        let hint = "raise the version: an archive is never replaced by another one of the same version";
        Problem {
            hint: Some(hint.to_owned()),
            ..of_manifest("version", reason)
        }
    })
}

fn of_manifest(field: &str, reason: String) -> Problem {
    Problem {
        field: field.to_owned(),
        ..repository_folder::whole(MANIFEST_FILE.to_owned(), reason, None)
    }
}

/// Adds a problem of a file below a folder, unless it was found already.
fn add(report: &mut Report, severity: Severity, folder: &Path, problem: Problem) {
    let path = folder.join(&problem.file).to_string_lossy().into_owned();
    let is_known = |finding: &Finding| finding.path == path && finding.reason == problem.reason;
    if report.findings.iter().any(is_known) {
        return;
    }
    let code = if problem.file == MANIFEST_FILE {
        "manifest"
    } else {
        "pack"
    };
    report.findings.push(Finding {
        path,
        line: problem.line.max(1),
        // A field without a place is looked for in the text.
        column: if problem.line == 0 {
            0
        } else {
            problem.column.max(1)
        },
        severity,
        code: code.to_owned(),
        field: problem.field,
        rule_id: None,
        reason: problem.reason,
        hint: problem.hint,
    });
}

//! What a pack holds, checked as a whole: its manifest, its rules, and the files that become its folder.

mod check;

pub use check::{of_archive, of_files, of_singles, pack_of};

use crate::archive;
use rulefile::Diagnostic;
use rules::{Manifest, PackFile, Rule};
use std::{fmt, sync::Arc};

/// The manifest's name in a pack.
pub const MANIFEST_FILE: &str = "manifest.yaml";
/// The folder of the rules in a pack, with its `/`.
pub const RULES_FOLDER: &str = "rules/";
/// The most bytes of a document beside the rules; a larger one is left out.
pub const DOCUMENT_BYTES_MAX: usize = 256 * 1024;
/// The most problems of a pack that are listed.
pub const PROBLEMS_MAX: usize = 1_000;

/// Why something is not a pack that may be installed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The archive cannot be accepted.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The manifest is missing or not valid.
    #[error("the manifest is not valid: {}", listed(.0))]
    Manifest(Vec<Problem>),
    /// A rule file or a rule is not valid.
    #[error("the pack is not valid: {}", listed(.0))]
    Rules(Vec<Problem>),
    /// The pack is for other engines.
    #[error("`{pack}` asks for asset-injector {requires}, and this is {engine}")]
    Engine {
        /// The pack's name and version.
        pack: String,
        /// What it asks for.
        requires: String,
        /// What this engine is.
        engine: String,
    },
}

/// The first problems in words.
fn listed(problems: &[Problem]) -> String {
    const SHOWN: usize = 3;
    let mut shown: Vec<_> = problems.iter().take(SHOWN).map(Problem::to_string).collect();
    if problems.len() > SHOWN {
        shown.push(format!("and {} more", problems.len() - SHOWN));
    }
    shown.join("; ")
}

/// A pack that may be installed.
#[derive(Clone, Debug)]
pub struct Content {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its files, sorted by path: `manifest.yaml`, `rules/**`, and documents beside them.
    pub files: Vec<PackFile>,
    /// Its rules, with effective ids.
    pub rules: Vec<Arc<Rule>>,
    /// SHA-256 of its archive in lower case hexadecimal digits; of a folder, that of the archive built of it.
    pub sha256: String,
    /// What was left out or ignored; nothing that keeps the pack from working.
    pub warnings: Vec<Problem>,
}

/// Something in a file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the pack's folder.
    pub file: String,
    /// 1-based line; 0 for the file as a whole.
    pub line: usize,
    /// 1-based column, in characters; 0 for the file as a whole.
    pub column: usize,
    /// The path of the field in the file; empty for the file as a whole.
    pub field: String,
    /// What is wrong: lower case, no full stop.
    pub reason: String,
    /// What to do about it, where that can be said.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of a file as a whole.
    pub(crate) fn whole(file: &str, reason: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            column: 0,
            field: String::new(),
            reason: reason.into(),
            hint: hint.map(str::to_owned),
        }
    }

    /// A diagnostic of a file.
    pub(crate) fn of(file: &str, diagnostic: Diagnostic) -> Self {
        Self {
            file: file.to_owned(),
            line: diagnostic.line,
            column: diagnostic.column,
            field: diagnostic.field,
            reason: diagnostic.reason,
            hint: diagnostic.hint,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        let field = if self.field.is_empty() { "" } else { " " };
        write!(f, ":{field}{} {}", self.field, self.reason)
    }
}

#[cfg(test)]
mod tests;

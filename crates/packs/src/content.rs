//! What a pack holds, checked as a whole: its manifest, its rules, and the files that become its folder.

use rules::{Manifest, PackFile, Rule};
use std::{fmt, sync::Arc};

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

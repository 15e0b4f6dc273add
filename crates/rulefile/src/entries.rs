//! Many rules at once, entry by entry: what an import takes, within bounds of its own.
//!
//! The same reading as that of a file (`file`), with each entry's outcome kept apart, and checked by several threads.

use crate::{Diagnostic, FILE_BYTES_MAX, Source, file, text::Text, tree::NODES_MAX, workers::Workers};
use rules::Rule;

/// The bounds of one reading.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of the text.
    pub bytes_max: usize,
    /// Values, those that aliases repeat included.
    pub nodes_max: usize,
    /// Entries that should be rules.
    pub entries_max: usize,
    /// Diagnostics that are listed; beyond, they are counted.
    pub diagnostics_max: usize,
}

impl Bounds {
    /// Those of a rule file.
    pub(crate) const FILE: Self = Self {
        bytes_max: FILE_BYTES_MAX,
        nodes_max: NODES_MAX,
        entries_max: NODES_MAX,
        diagnostics_max: crate::DIAGNOSTICS_MAX,
    };

    /// Those of an import of so many bytes.
    pub const fn import(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            nodes_max: 2_000_000,
            entries_max: 200_000,
            diagnostics_max: 10_000,
        }
    }
}

/// An entry that should be a rule, and what became of it.
#[derive(Clone, Debug)]
pub struct ParsedEntry {
    /// Its path: empty where it is the whole text, else such as `[3]` or `rules[3]`.
    pub path: String,
    /// Where it begins: 1-based line.
    pub line: usize,
    /// The effective id, where it is known.
    pub id: Option<String>,
    /// The rule, if it is valid.
    pub rule: Option<Rule>,
    /// Errors where there is no rule, else warnings. Past the bound a refused entry has none.
    pub diagnostics: Vec<Diagnostic>,
}

/// All entries of a text.
#[derive(Clone, Debug, Default)]
pub struct ParsedEntries {
    /// In the order of the text.
    pub entries: Vec<ParsedEntry>,
    /// Errors of the text as a whole; with one there may be fewer entries than it holds.
    pub diagnostics: Vec<Diagnostic>,
    /// Diagnostics beyond those listed, those of entries included.
    pub diagnostics_more: usize,
}

/// How far a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The text is read; it has so many entries.
    Read(usize),
    /// So many entries are checked.
    Checked(usize),
}

/// Parses many rules, checked by so many threads; `progress` is told from them.
pub fn parse_entries(
    bytes: &[u8],
    source: &Source<'_>,
    bounds: &Bounds,
    (threads, progress): (usize, &(dyn Fn(Progress) + Sync)),
) -> ParsedEntries {
    let workers = Workers { threads, progress };
    match Text::decode_within(bytes, bounds.bytes_max) {
        Ok(text) => file::parse_entries(text, source, bounds, &workers),
        Err(diagnostic) => ParsedEntries {
            diagnostics: vec![diagnostic],
            ..ParsedEntries::default()
        },
    }
}

#[cfg(test)]
mod tests;

//! One pattern, parsed.

use crate::{Candidate, Error};
use std::sync::Arc;

/// The longest pattern that is accepted, in bytes after trimming.
pub const PATTERN_BYTES_MAX: usize = 2048;

/// The three pattern languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PatternKind {
    /// One URL.
    Exact,
    /// A whole URL with `*` and `?`.
    Wildcard,
    /// A regular expression, searched for anywhere in the URL.
    Regex,
}

impl PatternKind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Exact, Self::Wildcard, Self::Regex];

    /// The kind's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Wildcard => "wildcard",
            Self::Regex => "regex",
        }
    }
}

/// A parsed pattern; cheap to clone.
#[derive(Clone, Debug)]
pub struct Pattern {
    kind: PatternKind,
    text: Arc<str>,
}

/// Something legal in a pattern that is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// A stable code, such as `never-matches` or `not-a-plain-glob`.
    pub code: &'static str,
    /// What the pattern means and why that is doubtful.
    pub reason: String,
    /// The corrected pattern, where there is one.
    pub suggestion: Option<String>,
}

impl Pattern {
    /// Parses a pattern of the given language.
    ///
    /// # Errors
    ///
    /// When the text is not a pattern of that language or passes a limit.
    pub fn parse(_kind: PatternKind, _text: &str) -> Result<Self, Error> {
        todo!()
    }

    /// The language.
    pub fn kind(&self) -> PatternKind {
        self.kind
    }

    /// The pattern as it was written, trimmed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern matches the URL, with its fragment or without it.
    pub fn is_match(&self, _candidate: &Candidate) -> bool {
        todo!()
    }

    /// Whether a literal that the pattern requires occurs in the URL (always, for a pattern without one).
    ///
    /// What it refuses cannot match; what it lets through is verified, and charged [`Pattern::steps`].
    pub fn may_match(&self, _candidate: &Candidate) -> bool {
        todo!()
    }

    /// What one verification costs at most, in steps; it depends on the pattern and the URL's length only.
    pub fn steps(&self, _candidate: &Candidate) -> u64 {
        todo!()
    }

    /// Whether the pattern lacks a required literal of at least three bytes, so that no index can leave it out.
    pub fn is_residual(&self) -> bool {
        todo!()
    }

    /// What is legal here and probably not meant.
    pub fn lints(&self) -> Vec<Lint> {
        todo!()
    }
}

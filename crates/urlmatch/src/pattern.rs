//! One pattern, parsed.

use crate::{
    Candidate, Error, ErrorKind, Lint,
    candidate::{parse_url, trim},
    lint,
    regex::{self, Regex},
    strategy::Strategy,
    wildcard::{self, Wildcard},
};
use std::sync::Arc;

/// The longest pattern that is accepted, in bytes after trimming.
pub const PATTERN_BYTES_MAX: usize = 2048;

/// The longest normalized form: offsets into it take two bytes.
pub(crate) const NORMALIZED_BYTES_MAX: usize = u16::MAX as usize;

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
///
/// ```
/// # use urlmatch::{Candidate, Pattern, PatternKind};
/// let pattern = Pattern::parse(PatternKind::Wildcard, "*.example.com/blog/*")?;
/// let is_match = |url| Candidate::parse(url).is_ok_and(|candidate| pattern.is_match(&candidate));
/// assert!(is_match("https://www.example.com/blog/1"));
/// assert!(is_match("http://example.com/blog/"));
/// assert!(!is_match("https://evil.test/www.example.com/blog/1"));
/// # Ok::<(), urlmatch::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: Box<str>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// The subject that is matched.
    Exact(Box<str>),
    Wildcard(Wildcard),
    Regex(Box<Regex>),
}

impl Pattern {
    /// Parses a pattern of the given language.
    ///
    /// # Errors
    ///
    /// When the text is not a pattern of that language or passes a limit.
    pub fn parse(kind: PatternKind, text: &str) -> Result<Self, Error> {
        let text = trim(text);
        match Body::parse(kind, text) {
            Ok(body) => Ok(Self(Arc::new(Inner {
                text: text.into(),
                body,
            }))),
            Err(kind) => Err(Error {
                pattern: text.to_owned(),
                kind,
            }),
        }
    }

    /// The language.
    pub fn kind(&self) -> PatternKind {
        match self.0.body {
            Body::Exact(_) => PatternKind::Exact,
            Body::Wildcard(_) => PatternKind::Wildcard,
            Body::Regex(_) => PatternKind::Regex,
        }
    }

    /// The pattern as it was written, trimmed.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether the pattern matches the URL, with its fragment or without it.
    pub fn is_match(&self, candidate: &Candidate) -> bool {
        match &self.0.body {
            Body::Exact(subject) => Strategy::of_exact(subject).admits(candidate),
            Body::Wildcard(wildcard) => wildcard.is_match(candidate),
            Body::Regex(regex) => regex.is_match(candidate),
        }
    }

    /// Whether a literal that the pattern requires occurs in the URL (always, for a pattern without one).
    ///
    /// What it refuses cannot match; what it lets through is verified, and charged [`Pattern::steps`].
    pub fn may_match(&self, candidate: &Candidate) -> bool {
        self.strategy().admits(candidate)
    }

    /// What one verification costs at most, in steps; it depends on the pattern and the URL's length only.
    pub fn steps(&self, candidate: &Candidate) -> u64 {
        steps(candidate, self.steps_per_place())
    }

    /// What one verification costs at most for each place in a URL.
    pub(crate) fn steps_per_place(&self) -> u32 {
        match &self.0.body {
            Body::Exact(_) => 0,
            Body::Wildcard(wildcard) => u32::from(wildcard.stars()) + 1,
            Body::Regex(regex) => regex.states(),
        }
    }

    /// The wildcard that it is, if it is one.
    pub(crate) fn as_wildcard(&self) -> Option<&Wildcard> {
        match &self.0.body {
            Body::Wildcard(wildcard) => Some(wildcard),
            Body::Exact(_) | Body::Regex(_) => None,
        }
    }

    /// Whether the pattern lacks a required literal of at least three bytes, so that no index can leave it out.
    pub fn is_residual(&self) -> bool {
        matches!(self.strategy(), Strategy::Residual)
    }

    /// What is legal here and probably not meant.
    pub fn lints(&self) -> Vec<Lint> {
        match &self.0.body {
            Body::Exact(_) => lint::exact(self.as_str()),
            Body::Wildcard(wildcard) => lint::wildcard(self.as_str(), wildcard),
            Body::Regex(_) => lint::regex(self.as_str()),
        }
    }

    pub(crate) fn strategy(&self) -> Strategy<'_> {
        match &self.0.body {
            Body::Exact(subject) => Strategy::of_exact(subject),
            Body::Wildcard(wildcard) => Strategy::of_wildcard(wildcard),
            Body::Regex(regex) => Strategy::of_literals(regex.literals()),
        }
    }
}

/// What a verification costs, given what it costs for each place.
pub(crate) fn steps(candidate: &Candidate, per_place: u32) -> u64 {
    (candidate.bytes().len() as u64 + 1) * u64::from(per_place)
}

impl Body {
    fn parse(kind: PatternKind, text: &str) -> Result<Self, ErrorKind> {
        if text.is_empty() {
            return Err(ErrorKind::Empty);
        }
        if text.len() > PATTERN_BYTES_MAX {
            return Err(ErrorKind::TooLong { bytes: text.len() });
        }
        match kind {
            PatternKind::Exact => parse_exact(text).map(Self::Exact),
            PatternKind::Wildcard => wildcard::parse(text).map(Self::Wildcard),
            PatternKind::Regex => regex::parse(text)
                .map(|regex| Self::Regex(Box::new(regex)))
                .map_err(ErrorKind::Regex),
        }
    }
}

/// Parses the URL of an exact pattern to the subject that it matches.
fn parse_exact(text: &str) -> Result<Box<str>, ErrorKind> {
    let url = parse_url(text).map_err(ErrorKind::Url)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ErrorKind::Credentials);
    }
    let candidate = Candidate::from_url(&url).map_err(ErrorKind::Url)?;
    if candidate.as_str().len() > NORMALIZED_BYTES_MAX {
        return Err(ErrorKind::TooLong {
            bytes: candidate.as_str().len(),
        });
    }
    Ok(candidate.as_str().into())
}

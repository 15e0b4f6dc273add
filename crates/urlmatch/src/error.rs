//! Why a pattern or a URL is refused.

use std::fmt;

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The pattern as it was given.
    pub pattern: String,
    /// What is wrong with it.
    pub kind: ErrorKind,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nothing is left after trimming.
    Empty,
    /// It is longer than [`crate::PATTERN_BYTES_MAX`] bytes.
    TooLong,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pattern `{}`: {:?}", self.pattern, self.kind)
    }
}

impl std::error::Error for Error {}

/// A URL that cannot be matched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// Longer than [`crate::SUBJECT_BYTES_MAX`] bytes after trimming.
    TooLong,
    /// The WHATWG parser refuses it, for this reason.
    Invalid(String),
    /// A scheme other than `http` and `https`.
    Scheme(String),
    /// No host.
    NoHost,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for UrlError {}

//! A URL, prepared once for matching.

use crate::UrlError;

/// The longest URL that is accepted, in bytes after trimming.
pub const SUBJECT_BYTES_MAX: usize = 8192;

/// A URL in the form that patterns are matched against.
#[derive(Clone, Debug)]
pub struct Candidate {
    subject: Box<str>,
    bare_len: usize,
}

impl Candidate {
    /// Parses a URL as the WHATWG URL standard says and derives the subject.
    ///
    /// # Errors
    ///
    /// When the text is too long, is no URL, has another scheme than `http` or `https`, or no host.
    pub fn parse(_input: &str) -> Result<Self, UrlError> {
        todo!()
    }

    /// The subject: the URL as a browser's `location.href`, without credentials and one final dot of the host.
    pub fn as_str(&self) -> &str {
        &self.subject
    }

    /// The subject without its `#fragment`.
    pub fn without_fragment(&self) -> &str {
        &self.subject[..self.bare_len]
    }
}

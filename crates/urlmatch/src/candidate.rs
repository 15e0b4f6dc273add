//! A URL, prepared once for matching.
//!
//! The subject is always ASCII, and no pattern sees anything but it.

mod canonical;

use crate::UrlError;
use canonical::Canonical;
use url::{Position, Url};

/// The longest URL that is accepted, in bytes after trimming.
pub const SUBJECT_BYTES_MAX: usize = 8192;

/// A URL in the form that patterns are matched against.
///
/// ```
/// # use urlmatch::Candidate;
/// let candidate = Candidate::parse(" HTTPS://user@Example.com.:443/a/../b?q#top ")?;
/// assert_eq!(candidate.as_str(), "https://example.com/b?q#top");
/// assert_eq!(candidate.without_fragment(), "https://example.com/b?q");
/// # Ok::<(), urlmatch::UrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    subject: Box<str>,
    host_start: u32,
    host_end: u32,
    rest_start: u32,
    bare_len: u32,
}

/// Removes the white space that people copy along with a URL or a pattern.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

impl Candidate {
    /// Parses a URL as the WHATWG URL standard says and derives the subject.
    ///
    /// # Errors
    ///
    /// When the text is too long, is no URL, has another scheme than `http` or `https`, or no host.
    pub fn parse(input: &str) -> Result<Self, UrlError> {
        let input = trim(input);
        if input.is_empty() {
            return Err(UrlError::Empty);
        }
        if input.len() > SUBJECT_BYTES_MAX {
            return Err(UrlError::TooLong { bytes: input.len() });
        }
        match canonical::recognize(input) {
            Some(parts) => Ok(Self::from_canonical(input, parts)),
            None => Self::from_url(&parse_url(input)?),
        }
    }

    /// Takes a URL that is its own subject and has no port.
    fn from_canonical(subject: &str, parts: Canonical) -> Self {
        Self {
            subject: subject.into(),
            host_start: offset(parts.host_start),
            host_end: offset(parts.host_end),
            rest_start: offset(parts.host_end),
            bare_len: offset(parts.bare_len),
        }
    }

    /// Derives the subject from a parsed URL.
    pub(crate) fn from_url(url: &Url) -> Result<Self, UrlError> {
        let host = &url[Position::BeforeHost..Position::AfterHost];
        let host = host.strip_suffix('.').unwrap_or(host);
        if host.is_empty() {
            return Err(UrlError::NoHost);
        }
        let port = &url[Position::AfterHost..Position::BeforePath];
        let rest = &url[Position::BeforePath..];
        let subject = [url.scheme(), "://", host, port, rest].concat();
        let host_start = url.scheme().len() + "://".len();
        let host_end = host_start + host.len();
        let bare_len = subject.find('#').unwrap_or(subject.len());
        Ok(Self {
            host_start: offset(host_start),
            host_end: offset(host_end),
            rest_start: offset(host_end + port.len()),
            bare_len: offset(bare_len),
            subject: subject.into_boxed_str(),
        })
    }

    /// The subject: the URL as a browser's `location.href`, without credentials and one final dot of the host.
    pub fn as_str(&self) -> &str {
        &self.subject
    }

    /// The subject without its `#fragment`.
    pub fn without_fragment(&self) -> &str {
        &self.subject[..self.bare_len as usize]
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.subject.as_bytes()
    }

    pub(crate) fn bare_len(&self) -> usize {
        self.bare_len as usize
    }

    pub(crate) fn is_https(&self) -> bool {
        self.host_start as usize == "https://".len()
    }

    /// Everything after the `://`.
    pub(crate) fn after_scheme(&self) -> &[u8] {
        &self.bytes()[self.host_start as usize..]
    }

    /// How much of that is left without the fragment.
    pub(crate) fn bare_after_scheme_len(&self) -> usize {
        self.bare_len() - self.host_start as usize
    }

    pub(crate) fn host(&self) -> &[u8] {
        &self.bytes()[self.host_start as usize..self.host_end as usize]
    }

    /// Where the labels of the host begin, after the scheme.
    pub(crate) fn labels(&self) -> impl Iterator<Item = usize> {
        let after_dot = |(at, &byte): (usize, &u8)| (byte == b'.').then_some(at + 1);
        std::iter::once(0).chain(self.host().iter().enumerate().filter_map(after_dot))
    }

    /// Whether a label of the host begins there, after the scheme.
    pub(crate) fn is_label(&self, at: usize) -> bool {
        at == 0 || self.host().get(at - 1) == Some(&b'.')
    }

    /// Host and port as they are written.
    pub(crate) fn host_and_port(&self) -> &[u8] {
        &self.bytes()[self.host_start as usize..self.rest_start as usize]
    }

    /// The port's digits, if it is not the scheme's default.
    pub(crate) fn port(&self) -> Option<&[u8]> {
        let (start, end) = (self.host_end as usize, self.rest_start as usize);
        (start < end).then(|| &self.bytes()[start + 1..end])
    }

    /// Path, query and fragment, and how much of it is left without the fragment.
    pub(crate) fn rest(&self) -> (&[u8], usize) {
        let start = self.rest_start as usize;
        (&self.bytes()[start..], self.bare_len() - start)
    }
}

/// Parses an `http` or `https` URL.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all other reasons are passed on in the parser's words"
)]
pub(crate) fn parse_url(input: &str) -> Result<Url, UrlError> {
    let url = Url::parse(input).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => UrlError::Relative,
        url::ParseError::EmptyHost => UrlError::NoHost,
        other => UrlError::Invalid(other.to_string()),
    })?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(UrlError::Scheme(other.to_owned())),
    }
}

/// A place in a URL as it is kept.
pub(crate) fn offset(n: usize) -> u32 {
    u32::try_from(n).expect("a URL of 8 KiB stays far below 4 GiB when it is encoded")
}

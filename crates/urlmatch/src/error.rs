//! Why a pattern or a URL is refused.
//!
//! Messages name the thing, say where it stands and what to write instead; users read them as they are.

use std::fmt;

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The pattern as it was given, trimmed.
    pub pattern: String,
    /// What is wrong with it.
    pub kind: ErrorKind,
}

/// What is wrong with a pattern.
///
/// Every `at` counts characters of the trimmed pattern from 1, as an editor's column does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nothing is left after trimming.
    Empty,
    /// It is longer than [`crate::PATTERN_BYTES_MAX`] bytes.
    TooLong {
        /// Its length after trimming.
        bytes: usize,
    },
    /// The URL of an exact pattern is refused.
    Url(UrlError),
    /// The URL of an exact pattern holds a user name or a password.
    Credentials,
    /// A wildcard's scheme that is neither `http`, `https`, `*` nor `http*`.
    Scheme(String),
    /// A wildcard without a host part.
    NoHost,
    /// A `\` that no `*`, `?` or `\` follows.
    Escape {
        /// Where the `\` stands.
        at: usize,
        /// The character after it.
        found: Option<char>,
    },
    /// A host label with other characters than ASCII that also holds `*` or `?`.
    WildcardInLabel(String),
    /// A host label that has no punycode form.
    Label(String),
    /// A `:` after the host that no port follows.
    NoPort,
    /// A regular expression that is refused.
    Regex(RegexError),
}

/// Why a regular expression is refused.
///
/// Every `at` counts characters of the trimmed pattern from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegexError {
    /// It looks around, which no linear-time engine does.
    LookAround {
        /// Where the group begins.
        at: usize,
        /// How it begins, such as `(?=`.
        group: String,
    },
    /// It refers back to a group, which no linear-time engine does.
    BackReference {
        /// Where the reference begins.
        at: usize,
        /// The reference, such as `\1`.
        reference: String,
    },
    /// It asks for Unicode: `\p{…}`, `(?u)` or a class with characters other than ASCII.
    Unicode {
        /// Where.
        at: usize,
        /// What was asked for.
        found: String,
    },
    /// It is nested deeper than [`crate::REGEX_NEST_MAX`].
    TooDeep {
        /// Where the limit is passed.
        at: usize,
    },
    /// It compiles to more than [`crate::REGEX_BYTES_MAX`] bytes.
    TooBig,
    /// It is malformed.
    Syntax {
        /// Where.
        at: usize,
        /// What the parser says.
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pattern `{}`: {}", self.pattern, self.kind)
    }
}

impl std::error::Error for Error {}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong { bytes } => {
                write!(f, "it is {bytes} bytes long; at most {} are allowed", crate::PATTERN_BYTES_MAX)
            }
            Self::Url(error) => error.fmt(f),
            Self::Credentials => f.write_str(
                "it holds a user name or password, which the matched URL never does; write it without what stands before `@`",
            ),
            Self::Scheme(scheme) => {
                write!(f, "the scheme `{scheme}` is not supported; write `http`, `https`, `*` (both) or leave it out")
            }
            Self::NoHost => f.write_str("it has no host part; write `*` there for any host, as in `*/print/*`"),
            Self::Escape { at, found } => escape(f, *at, *found),
            Self::WildcardInLabel(label) => write!(
                f,
                "the host label `{label}` mixes `*` or `?` with characters other than ASCII; write the label out, or use its `xn--` form"
            ),
            Self::Label(label) => write!(f, "the host label `{label}` is not a valid internationalized domain label"),
            Self::NoPort => {
                f.write_str("no port follows the `:`; leave out the colon, or write `:*` for any explicit port")
            }
            Self::Regex(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for RegexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LookAround { at, group } => write!(
                f,
                "look-around `{group}` at character {at} is not supported, since it cannot be matched in linear time; use a second rule or `exclude`"
            ),
            Self::BackReference { at, reference } => write!(
                f,
                "the back-reference `{reference}` at character {at} is not supported, since it cannot be matched in linear time; write the alternatives out"
            ),
            Self::Unicode { at, found } => write!(
                f,
                "`{found}` at character {at} needs Unicode mode, which is off because the matched URL is ASCII; match the punycode or %-encoded form"
            ),
            Self::TooDeep { at } => {
                write!(
                    f,
                    "it is nested deeper than {} at character {at}",
                    crate::REGEX_NEST_MAX
                )
            }
            Self::TooBig => write!(
                f,
                "it compiles to more than {} KiB; use smaller counted repetitions",
                crate::REGEX_BYTES_MAX / 1024
            ),
            Self::Syntax { at, reason } => write!(f, "syntax error at character {at}: {reason}"),
        }
    }
}

fn escape(f: &mut fmt::Formatter<'_>, at: usize, found: Option<char>) -> fmt::Result {
    let found = found.map_or("at its end".to_owned(), |found| format!("before `{found}`"));
    write!(
        f,
        "the `\\` {found} at character {at} escapes nothing; only `\\*`, `\\?` and `\\\\` are escapes"
    )
}

/// A URL that cannot be matched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// Nothing is left after trimming.
    Empty,
    /// Longer than [`crate::SUBJECT_BYTES_MAX`] bytes after trimming.
    TooLong {
        /// Its length after trimming.
        bytes: usize,
    },
    /// It does not begin with a scheme, such as `https://`.
    Relative,
    /// The WHATWG parser refuses it, for this reason.
    Invalid(String),
    /// A scheme other than `http` and `https`.
    Scheme(String),
    /// No host.
    NoHost,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the URL is empty"),
            Self::TooLong { bytes } => {
                write!(
                    f,
                    "the URL is {bytes} bytes long; at most {} are allowed",
                    crate::SUBJECT_BYTES_MAX
                )
            }
            Self::Relative => f.write_str("the URL has no scheme; begin it with `https://` or `http://`"),
            Self::Invalid(reason) => write!(f, "not a valid URL: {reason}"),
            Self::Scheme(scheme) => {
                write!(
                    f,
                    "the URL's scheme `{scheme}` is not supported; only `http` and `https` are"
                )
            }
            Self::NoHost => f.write_str("the URL has no host"),
        }
    }
}

impl std::error::Error for UrlError {}

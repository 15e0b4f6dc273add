//! How one pattern is indexed: what every URL that it matches must contain, and where.
//!
//! This is a function of the pattern alone. [`Strategy::admits`] defines what the index of a set must answer.

use crate::{
    Candidate,
    regex::Literal,
    wildcard::{Schemes, Wildcard},
};

/// The shortest literal that is looked for anywhere in a URL, in bytes.
pub(crate) const LITERAL_BYTES_MIN: usize = 3;

/// What a pattern requires of a URL.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Strategy<'p> {
    /// The URL, with or without its fragment, is one of these schemes followed by this text.
    Whole(Schemes, &'p [u8]),
    /// The URL begins with one of these schemes followed by this text.
    Prefix(Schemes, &'p [u8]),
    /// The URL has one of these schemes, and this text stands at the beginning of its host or after a dot in it; the
    /// first bytes of the text, so many, are a domain and its port.
    Domain(Schemes, &'p [u8], usize),
    /// The text occurs in the URL.
    Contains(&'p [u8]),
    /// One of these occurs in the URL.
    ContainsAny(&'p [Literal]),
    /// Nothing that an index can use.
    Residual,
}

impl<'p> Strategy<'p> {
    /// An exact pattern requires itself.
    pub(crate) fn of_exact(subject: &'p str) -> Self {
        match subject.strip_prefix("https://") {
            Some(after) => Self::Whole(Schemes::Https, after.as_bytes()),
            None => Self::Whole(Schemes::Http, &subject.as_bytes()["http://".len()..]),
        }
    }

    /// A wildcard requires its longest literal; one directly after the scheme, or after `*.` at its beginning, may be
    /// shorter than elsewhere, since where it stands is part of what is looked up.
    pub(crate) fn of_wildcard(wildcard: &'p Wildcard) -> Self {
        let literal = wildcard.literal();
        if wildcard.is_literal() {
            Self::Whole(wildcard.schemes(), literal)
        } else if wildcard.is_anchored() {
            Self::Prefix(wildcard.schemes(), literal)
        } else if wildcard.is_below_domain() {
            Self::Domain(wildcard.schemes(), literal, wildcard.domain_len())
        } else if literal.len() >= LITERAL_BYTES_MIN {
            Self::Contains(literal)
        } else {
            Self::Residual
        }
    }

    pub(crate) fn of_literals(literals: &'p [Literal]) -> Self {
        if literals.is_empty() {
            Self::Residual
        } else {
            Self::ContainsAny(literals)
        }
    }

    /// Whether the URL has what the pattern requires.
    pub(crate) fn admits(self, candidate: &Candidate) -> bool {
        let after_scheme = candidate.after_scheme();
        match self {
            Self::Whole(schemes, text) => {
                let bare = &after_scheme[..candidate.bare_after_scheme_len()];
                schemes.covers(candidate) && (after_scheme == text || bare == text)
            }
            Self::Prefix(schemes, text) => schemes.covers(candidate) && after_scheme.starts_with(text),
            Self::Domain(schemes, text, _) => {
                schemes.covers(candidate)
                    && candidate
                        .labels()
                        .any(|label| after_scheme[label..].starts_with(text))
            }
            Self::Contains(text) => memchr::memmem::find(candidate.bytes(), text).is_some(),
            Self::ContainsAny(literals) => literals
                .iter()
                .any(|literal| literal.occurs_in(candidate.bytes())),
            Self::Residual => true,
        }
    }
}

//! What is legal in a pattern and probably not meant.
//!
//! A finding must be certain or the mistake common: whoever writes `*.example.com/*` must never see one.

mod host;
mod regex;
mod rest;
#[cfg(test)]
mod tests;

use crate::wildcard::{self, Wildcard};
pub(crate) use regex::regex;

/// Something legal in a pattern that is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// A stable code: `never-matches`, `part-never-matches`, `not-a-plain-glob`, `root-page-only`,
    /// `matches-other-hosts`, `matches-everything`, `literal-star`.
    pub code: &'static str,
    /// What the pattern means and why that is doubtful.
    pub reason: String,
    /// The corrected pattern, where there is one.
    pub suggestion: Option<String>,
}

impl Lint {
    fn never_matches(reason: impl Into<String>, suggestion: Option<String>) -> Self {
        Self {
            code: "never-matches",
            reason: format!("it can never match: {}", reason.into()),
            suggestion,
        }
    }

    fn new(code: &'static str, reason: impl Into<String>, suggestion: String) -> Self {
        Self {
            code,
            reason: reason.into(),
            suggestion: Some(suggestion),
        }
    }
}

/// The findings about an exact pattern.
pub(crate) fn exact(text: &str) -> Vec<Lint> {
    let starred = text.contains('*').then(|| Lint {
        code: "literal-star",
        reason: "`*` stands for itself in an exact pattern; give the rule the type `wildcard` if it is to stand for any text".to_owned(),
        suggestion: None,
    });
    starred.into_iter().collect()
}

/// A wildcard as written, cut at its host part, and as parsed.
struct Parts<'p> {
    scheme: &'p str,
    host: &'p str,
    rest: &'p str,
    wildcard: &'p Wildcard,
}

impl Parts<'_> {
    /// The pattern with another host part.
    fn with_host(&self, host: &str) -> Option<String> {
        Some([self.scheme, host, self.rest].concat())
    }
}

/// The findings about a wildcard: what keeps it from ever matching, or else what it means other than it seems.
pub(crate) fn wildcard(text: &str, wildcard: &Wildcard) -> Vec<Lint> {
    let (scheme, host, rest) = wildcard::cut(text).expect("the pattern was parsed");
    let parts = Parts {
        scheme,
        host,
        rest,
        wildcard,
    };
    let never = host::never_matches(&parts)
        .into_iter()
        .chain(rest::never_matches(&parts))
        .collect::<Vec<_>>();
    if !never.is_empty() {
        return never;
    }
    [
        host::question_mark_in_host(&parts),
        host::other_hosts(&parts),
        host::default_port(&parts),
        rest::not_a_plain_glob(&parts),
    ]
    .into_iter()
    .flatten()
    .take(1)
    .collect()
}

/// Writes literal text as a wildcard pattern.
fn escape(text: &str) -> String {
    text.replace('\\', r"\\").replace('*', r"\*").replace('?', r"\?")
}

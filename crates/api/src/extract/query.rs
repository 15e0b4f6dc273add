//! A query string, parameter by parameter: nothing unknown, repeated or malformed is let through.

use super::{known_names, one_of, shortened};
use crate::error::{Error, PROBLEMS_MAX, Problem};
use percent_encoding::percent_decode_str;
use std::{borrow::Cow, ops::RangeInclusive};
use urlmatch::Candidate;

/// One parameter.
struct Parameter<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    /// The value before decoding.
    raw: &'a str,
}

/// A query string, while its parameters are being read.
pub(crate) struct Query<'a> {
    parameters: Vec<Parameter<'a>>,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
    /// Whether some value looks like a URL that nobody percent-encoded.
    has_raw_url: bool,
}

impl<'a> Query<'a> {
    /// Splits and decodes a query string.
    pub(crate) fn parse(query: Option<&'a str>) -> Self {
        let mut parsed = Self {
            parameters: Vec::new(),
            known: Vec::new(),
            problems: Vec::new(),
            has_raw_url: false,
        };
        for pair in query
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
            parsed.has_raw_url |= raw.contains("://");
            match (decode(name), decode(raw)) {
                (Some(name), Some(value)) => parsed.parameters.push(Parameter { name, value, raw }),
                (name, _) => {
                    let name = name.as_deref().map(shortened).unwrap_or_default();
                    let problem = Problem::new(name, "is not percent-encoded UTF-8");
                    parsed
                        .problems
                        .push(problem.hint("write a `%` that stands for itself as `%25`"));
                }
            }
        }
        parsed
    }

    /// Takes a parameter out; more than one of a name is a problem.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<Cow<'a, str>> {
        self.known.push(name);
        let at = self
            .parameters
            .iter()
            .position(|parameter| parameter.name == name)?;
        let value = self.parameters.remove(at).value;
        let before = self.parameters.len();
        self.parameters.retain(|parameter| parameter.name != name);
        if self.parameters.len() < before {
            self.malformed(name, "is given more than once".to_owned());
        }
        Some(value)
    }

    /// Notes that a parameter cannot be used.
    pub(crate) fn malformed(&mut self, name: &str, reason: String) {
        let mut problem = Problem::new(name, reason);
        problem.hint = self.has_raw_url.then(|| ENCODE_HINT.to_owned());
        self.problems.push(problem);
    }

    /// An optional choice.
    pub(crate) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.text(name)?;
        let found = choices
            .iter()
            .find(|(known, _)| *known == value)
            .map(|(_, value)| *value);
        if found.is_none() {
            self.malformed(
                name,
                format!("must be {}, is `{}`", one_of(choices), shortened(&value)),
            );
        }
        found
    }

    /// An optional truth value.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.choice(name, &[("true", true), ("false", false)])
    }

    /// An optional whole number.
    pub(crate) fn number(&mut self, name: &'static str, allowed: RangeInclusive<usize>) -> Option<usize> {
        let value = self.text(name)?;
        let found = value.parse().ok().filter(|number| allowed.contains(number));
        if found.is_none() {
            let (least, most) = allowed.into_inner();
            self.malformed(
                name,
                format!(
                    "must be a number from {least} to {most}, is `{}`",
                    shortened(&value)
                ),
            );
        }
        found
    }

    /// Ends the reading: everything that is wrong with the query string as such.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        for unknown in std::mem::take(&mut self.parameters)
            .into_iter()
            .take(PROBLEMS_MAX)
        {
            let mut hint = known_names(&unknown.name, &self.known);
            if self.has_raw_url && !unknown.raw.contains("://") {
                hint = format!("{ENCODE_HINT}; {hint}");
            }
            self.problems
                .push(Problem::new(shortened(&unknown.name), "is not a parameter of this call").hint(hint));
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid_input(self.problems))
        }
    }
}

/// What to do when a URL was put into the query string as it is.
const ENCODE_HINT: &str = "if this belongs to the URL that is asked about, percent-encode that URL: \
    `?url=https%3A%2F%2Fexample.com%2F%3Fa%3D1%26b%3D2`";

/// The candidate of a required URL parameter.
pub(crate) fn required_url(name: &'static str, value: Option<Cow<'_, str>>) -> Result<Candidate, Error> {
    let problem = |reason: String| Error::validation(vec![Problem::new(name, reason)]);
    let value = value.ok_or_else(|| problem("is required".to_owned()))?;
    Candidate::parse(&value).map_err(|error| problem(error.to_string()))
}

/// Decodes `+` and `%xx`; `None` if that is malformed or no UTF-8.
fn decode(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(raw));
    }
    let escapes = raw.split('%').skip(1);
    let well_formed = |escape: &str| {
        let digits = escape.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !escapes.into_iter().all(well_formed) {
        return None;
    }
    let spaced = raw.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(|decoded| Cow::Owned(decoded.into_owned()))
}

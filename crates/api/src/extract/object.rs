//! A JSON object, field by field: every problem is collected, not only the first.

use super::{known_names, one_of, quoted};
use crate::{
    error::{Error, Problem},
    tree::Tree,
};
use std::borrow::Cow;
use urlmatch::Candidate;

/// A body that is an object, while its fields are being read.
pub(crate) struct Object<'a> {
    fields: Vec<(Cow<'a, str>, Tree<'a>)>,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> Object<'a> {
    /// Parses a body.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let invalid = |reason: String| {
            Error::invalid_input(vec![
                Problem::new("", reason)
                    .hint("send a JSON object such as {\"url\": \"https://example.com/\"}"),
            ])
        };
        match Tree::parse(body) {
            Ok(Tree::Map(fields)) => Ok(Self {
                fields,
                known: Vec::with_capacity(4),
                problems: Vec::new(),
            }),
            Ok(other) => Err(invalid(format!("the body is {}, not an object", other.kind()))),
            Err(error) => Err(invalid(format!("the body is not JSON: {error}"))),
        }
    }

    /// Takes a field out; `null` counts as absent.
    fn take(&mut self, name: &'static str) -> Option<Tree<'a>> {
        self.known.push(name);
        let at = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.swap_remove(at).1).filter(|value| !matches!(value, Tree::Null))
    }

    fn wrong_type(&mut self, field: impl Into<String>, expected: &str, value: &Tree<'_>) {
        self.problems.push(Problem::new(
            field,
            format!("must be {expected}, is {}", value.kind()),
        ));
    }

    fn missing(&mut self, name: &str) {
        self.problems.push(Problem::new(name, "is required"));
    }

    /// A required URL of a page.
    pub(crate) fn url(&mut self, name: &'static str) -> Option<Candidate> {
        match self.take(name) {
            Some(Tree::Text(text)) => Candidate::parse(&text)
                .map_err(|error| self.problems.push(Problem::new(name, error.to_string())))
                .ok(),
            Some(other) => {
                self.wrong_type(name, "a string", &other);
                None
            }
            None => {
                self.missing(name);
                None
            }
        }
    }

    /// A required list of at most `count_max` texts.
    pub(crate) fn texts(&mut self, name: &'static str, count_max: usize) -> Option<Vec<Cow<'a, str>>> {
        match self.take(name) {
            Some(Tree::List(items)) if items.len() > count_max => {
                let reason = format!("has {} entries, more than {count_max}", items.len());
                self.problems.push(Problem::new(name, reason));
                None
            }
            Some(Tree::List(items)) => Some(self.text_items(name, items)),
            Some(other) => {
                self.wrong_type(name, "a list of strings", &other);
                None
            }
            None => {
                self.missing(name);
                None
            }
        }
    }

    fn text_items(&mut self, name: &str, items: Vec<Tree<'a>>) -> Vec<Cow<'a, str>> {
        let mut texts = Vec::with_capacity(items.len());
        for (n, item) in items.into_iter().enumerate() {
            match item {
                Tree::Text(text) => texts.push(text),
                other => self.wrong_type(format!("{name}[{n}]"), "a string", &other),
            }
        }
        texts
    }

    /// An optional choice.
    pub(crate) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        match self.take(name)? {
            Tree::Text(text) => {
                let found = choices
                    .iter()
                    .find(|(known, _)| *known == text)
                    .map(|(_, value)| *value);
                if found.is_none() {
                    let reason = format!("must be {}, is {}", one_of(choices), quoted(&text));
                    self.problems.push(Problem::new(name, reason));
                }
                found
            }
            other => {
                self.wrong_type(name, &one_of(choices), &other);
                None
            }
        }
    }

    /// An optional truth value.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.take(name)? {
            Tree::Bool(value) => Some(value),
            other => {
                self.wrong_type(name, "a boolean", &other);
                None
            }
        }
    }

    /// Ends the reading: what was built from the fields, or everything that is wrong with them.
    pub(crate) fn finish<T>(mut self, built: Option<T>) -> Result<T, Error> {
        for (name, _) in &self.fields {
            let problem = Problem::new(quoted(name).replace('`', ""), "is unknown");
            self.problems.push(problem.hint(known_names(name, &self.known)));
        }
        match built {
            Some(built) if self.problems.is_empty() => Ok(built),
            Some(_) | None => Err(Error::validation(self.problems)),
        }
    }
}

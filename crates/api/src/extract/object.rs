//! A JSON object, field by field: every problem is collected, not only the first.

use super::{known_names, one_of, shortened};
use crate::{
    error::{Error, PROBLEMS_MAX, Problem},
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
        let invalid = |reason: String| Error::invalid_input(vec![Problem::new("", reason)]);
        let tree = Tree::parse(body).map_err(|error| invalid(format!("the body is not JSON: {error}")))?;
        let is_other = |kind: &str| invalid(format!("the body is {kind}, not an object"));
        Ok(Self {
            fields: tree.into_map().map_err(is_other)?,
            known: Vec::new(),
            problems: Vec::new(),
        })
    }

    /// Takes a field out; `null` counts as absent.
    fn take(&mut self, name: &'static str) -> Option<Tree<'a>> {
        self.known.push(name);
        let at = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.swap_remove(at).1).filter(|value| !matches!(value, Tree::Null))
    }

    /// Takes a required field out.
    fn require(&mut self, name: &'static str) -> Option<Tree<'a>> {
        let value = self.take(name);
        if value.is_none() {
            self.problems.push(Problem::new(name, "is required"));
        }
        value
    }

    /// A value of the type that was wanted, or none and a problem.
    fn typed<T>(&mut self, field: &str, wanted: &str, value: Result<T, &'static str>) -> Option<T> {
        let noted = value.map_err(|kind| Problem::new(field, format!("must be {wanted}, is {kind}")));
        noted.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// A required URL of a page.
    pub(crate) fn url(&mut self, name: &'static str) -> Option<Candidate> {
        let value = self.require(name)?;
        let text = self.typed(name, "a string", value.into_text())?;
        let candidate = Candidate::parse(&text).map_err(|error| Problem::new(name, error.to_string()));
        candidate.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// Leaves a field whose part in the call is not known.
    pub(crate) fn pass_over(&mut self, name: &'static str) {
        self.take(name);
    }

    /// The names of the fields that are not taken out yet.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| &**name)
    }

    /// A required text.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<Cow<'a, str>> {
        let value = self.require(name)?;
        self.typed(name, "a string", value.into_text())
    }

    /// A required list of at most `count_max` texts.
    pub(crate) fn texts(&mut self, name: &'static str, count_max: usize) -> Option<Vec<Cow<'a, str>>> {
        let value = self.require(name)?;
        self.list_of_texts(name, count_max, value)
    }

    /// An optional list of at most `count_max` texts.
    pub(crate) fn optional_texts(
        &mut self,
        name: &'static str,
        count_max: usize,
    ) -> Option<Vec<Cow<'a, str>>> {
        let value = self.take(name)?;
        self.list_of_texts(name, count_max, value)
    }

    /// A required object, which is read elsewhere.
    pub(crate) fn object(&mut self, name: &'static str) -> Option<()> {
        let value = self.require(name)?;
        self.typed(name, "an object", value.into_map()).map(drop)
    }

    fn list_of_texts(&mut self, name: &str, count_max: usize, value: Tree<'a>) -> Option<Vec<Cow<'a, str>>> {
        let items = self.typed(name, "a list of strings", value.into_list())?;
        if items.len() > count_max {
            let reason = format!("has {} entries, more than {count_max}", items.len());
            self.problems.push(Problem::new(name, reason));
            return None;
        }
        let items = items.into_iter().enumerate();
        Some(
            items
                .filter_map(|(n, item)| self.typed(&format!("{name}[{n}]"), "a string", item.into_text()))
                .collect(),
        )
    }

    /// An optional choice.
    pub(crate) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.take(name)?;
        self.chosen(name, value, choices)
    }

    /// A required choice.
    pub(crate) fn required_choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let value = self.require(name)?;
        self.chosen(name, value, choices)
    }

    fn chosen<T: Copy>(&mut self, name: &str, value: Tree<'a>, choices: &[(&str, T)]) -> Option<T> {
        let text = self.typed(name, &one_of(choices), value.into_text())?;
        let found = choices
            .iter()
            .find(|(known, _)| *known == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let reason = format!("must be {}, is `{}`", one_of(choices), shortened(&text));
            self.problems.push(Problem::new(name, reason));
        }
        found
    }

    /// An optional truth value.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.take(name)?;
        self.typed(name, "a boolean", value.into_bool())
    }

    /// Ends the reading: what was built from the fields, or everything that is wrong with them.
    pub(crate) fn finish<T>(mut self, built: Option<T>) -> Result<T, Error> {
        for (name, _) in self.fields.iter().take(PROBLEMS_MAX) {
            let problem = Problem::new(shortened(name), "is unknown");
            self.problems.push(problem.hint(known_names(name, &self.known)));
        }
        match built {
            Some(built) if self.problems.is_empty() => Ok(built),
            Some(_) | None => Err(Error::validation(self.problems)),
        }
    }
}

//! What is imported, as one body, and from which file each of its rules comes.

use super::super::input::Input;
use crate::{call::JSON, failure::Failure, rule_files};
use api::JsonValue;
use rules::Value;
use std::path::Path;

/// A body and where its rules come from.
pub(super) struct Body {
    /// Its media type.
    pub(super) media_type: &'static str,
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// The file of each rule and its number there; empty where all are from one file.
    pub(super) places: Vec<Place>,
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file, as it was named.
    pub(super) file: String,
    /// Which of its rules, from 1 on.
    pub(super) number: usize,
}

impl Body {
    /// Reads the files. One is sent as it is, so that the report names its lines; several become one list.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or is one of several and no rule file.
    pub(super) fn read(files: &[String]) -> Result<Self, Failure> {
        if let [file] = files {
            let input = Input::read(Path::new(file))?;
            return Ok(match unnamed(file, &input) {
                Some(rule) => Self::of_list(&Value::List(vec![rule]), Vec::new())?,
                None => Self {
                    media_type: input.media_type(),
                    bytes: input.bytes,
                    places: Vec::new(),
                },
            });
        }
        let (mut rules, mut places) = (Vec::new(), Vec::new());
        for file in files {
            let input = Input::read(Path::new(file))?;
            let value = parsed(file, &input)?;
            if value.get("requires").is_some() {
                check_requires(file, &input)?;
            }
            let found = entries(file, value)?;
            places.extend((1..=found.len()).map(|number| Place {
                file: file.clone(),
                number,
            }));
            rules.extend(found);
        }
        Self::of_list(&Value::List(rules), places)
    }

    fn of_list(rules: &Value, places: Vec<Place>) -> Result<Self, Failure> {
        let printed = serde_json::to_vec(&JsonValue(rules));
        Ok(Self {
            media_type: JSON,
            bytes: printed.map_err(|error| {
                let message = format!("nothing is imported: the rules are no JSON: {error}");
                Failure::new(message, "import the files one by one")
            })?,
            places,
        })
    }
}

/// The rule of a file that holds one without an id, with the id that its file's name gives it.
fn unnamed(file: &str, input: &Input) -> Option<Value> {
    let value = rulefile::parse_value(&input.bytes, input.format).ok()?;
    let is_unnamed =
        matches!(value, Value::Map(_)) && value.get("id").is_none() && value.get("rules").is_none();
    let mut found = is_unnamed.then(|| entries(file, value))?.ok()?;
    found.pop()
}

fn parsed(file: &str, input: &Input) -> Result<Value, Failure> {
    rulefile::parse_value(&input.bytes, input.format).map_err(|diagnostics| {
        let first = diagnostics.first();
        let place = first.map_or_else(String::new, |first| {
            format!(":{}:{}: {}", first.line, first.column, first.reason)
        });
        let hint = first.and_then(|first| first.hint.clone());
        Failure::new(
            format!("nothing is imported: {file}{place}"),
            hint.unwrap_or_else(|| format!("`asset-injector check {file}` shows all that is wrong with it")),
        )
    })
}

/// Refuses a file that asks for a newer engine: once its rules are in a list, nothing says so any more.
fn check_requires(file: &str, input: &Input) -> Result<(), Failure> {
    let source = rulefile::Source {
        format: input.format,
        space: rules::IdSpace::Local,
        default_id: None,
    };
    let diagnostics = rulefile::parse(&input.bytes, &source).diagnostics;
    match diagnostics
        .iter()
        .find(|found| found.code == rulefile::Code::TooNew)
    {
        None => Ok(()),
        Some(found) => Err(Failure::new(
            format!(
                "nothing is imported: {file}:{}:{}: {}",
                found.line, found.column, found.reason
            ),
            "leave it out, or use a newer asset-injector",
        )),
    }
}

/// The rules of a file: one, a list, or those under `rules`.
fn entries(file: &str, mut value: Value) -> Result<Vec<Value>, Failure> {
    match &mut value {
        // A file that holds only comments holds no rules.
        Value::Null => Ok(Vec::new()),
        Value::List(items) => Ok(std::mem::take(items)),
        Value::Map(fields) => match fields.iter_mut().find(|(name, _)| name == "rules") {
            Some((_, Value::List(items))) => Ok(std::mem::take(items)),
            Some(_) | None => Ok(vec![Value::Map(named(file, std::mem::take(fields)))]),
        },
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => Err(Failure::new(
            format!("nothing is imported: {file} holds no rules"),
            "a rule file holds one rule, a list of rules, or a mapping with `rules`",
        )),
    }
}

/// The fields of a single rule with an id.
fn named(file: &str, mut fields: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let has_id = fields.iter().any(|(name, _)| name == "id");
    if let Some(id) = rule_files::id_of(Path::new(file)).filter(|_| !has_id) {
        fields.push(("id".to_owned(), Value::Text(id)));
    }
    fields
}

//! What is imported, as one body, and from which file each of its rules comes.

use super::super::input::Input;
use crate::{call::JSON, failure::Failure, rule_files};
use rules::Value;
use serde_json::{Number, Value as Json};
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
                Some(rule) => Self::of_list(vec![rule], Vec::new()),
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
        Ok(Self::of_list(rules, places))
    }

    fn of_list(rules: Vec<Json>, places: Vec<Place>) -> Self {
        Self {
            media_type: JSON,
            bytes: Json::Array(rules).to_string().into_bytes(),
            places,
        }
    }
}

/// The rule of a file that holds one without an id, with the id that its file's name gives it.
fn unnamed(file: &str, input: &Input) -> Option<Json> {
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
fn entries(file: &str, value: Value) -> Result<Vec<Json>, Failure> {
    match value {
        // A file that holds only comments holds no rules.
        Value::Null => Ok(Vec::new()),
        Value::List(items) => Ok(items.iter().map(json).collect()),
        Value::Map(_) => match value.get("rules") {
            Some(Value::List(items)) => Ok(items.iter().map(json).collect()),
            Some(_) | None => Ok(vec![named(file, json(&value))]),
        },
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => Err(Failure::new(
            format!("nothing is imported: {file} holds no rules"),
            "a rule file holds one rule, a list of rules, or a mapping with `rules`",
        )),
    }
}

/// A single rule with an id.
fn named(file: &str, mut rule: Json) -> Json {
    if let (Json::Object(fields), Some(id)) = (&mut rule, rule_files::id_of(Path::new(file))) {
        fields.entry("id").or_insert_with(|| id.into());
    }
    rule
}

/// A whole number; of one that has more than 64 bits the nearest float, as in most readers of JSON.
#[expect(clippy::cast_precision_loss, reason = "the nearest one is what is wanted")]
fn integer(value: i128) -> Json {
    Number::from_i128(value).map_or_else(|| Json::from(value as f64), Json::Number)
}

/// Plain data as JSON; a number that JSON cannot hold is refused by every rule, so it becomes null.
fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::from(*value),
        Value::Integer(value) => integer(*value),
        Value::Float(value) => Json::from(*value),
        Value::Text(text) => Json::from(text.as_str()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), json(value)));
            Json::Object(entries.collect())
        }
    }
}

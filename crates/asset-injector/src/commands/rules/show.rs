//! One rule for people: its fields, then its assets.

use crate::{
    call::Answer,
    output::{self, FAINT, Format, STRONG, styled},
};
use serde_json::{Value, value::RawValue};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// The fields in the order in which they are shown; others follow.
const ORDER: [&str; 14] = [
    "type",
    "pattern",
    "exclude",
    "priority",
    "description",
    "tags",
    "tests",
    "author",
    "modified_by",
    "expires_at",
    "base_version",
    "created_at",
    "updated_at",
    "state",
];

/// What is shown in another place, or said by another field.
const ELSEWHERE: [&str; 6] = ["id", "css", "js", "source", "enabled", "shadowed_by"];

/// Prints the rule that is answered, with its tag where that is known.
pub(super) fn rule(stream: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(answer.data_text()).unwrap_or_default();
    let rule = &answer.value()["data"];
    writeln!(
        stream,
        "{}",
        styled(STRONG, rule["id"].as_str().unwrap_or_default())
    )?;
    for name in ORDER {
        if let Some(value) = rule.get(name) {
            line(stream, name, &text(name, value))?;
        }
    }
    let is_other = |name: &str| !ORDER.contains(&name) && !ELSEWHERE.contains(&name);
    for (name, raw) in fields.iter().filter(|(name, _)| is_other(name)) {
        // As it came, with every digit of its numbers; a text without its quotes.
        line(stream, name, rule[name].as_str().unwrap_or(raw.get()))?;
    }
    line(stream, "source", &source(&rule["source"]))?;
    if let Some(tag) = answer.header("etag") {
        line(stream, "tag", tag)?;
    }
    for name in ["css", "js"] {
        let asset = rule[name].as_str().unwrap_or_default();
        if !asset.is_empty() {
            writeln!(stream, "\n{}\n{}", styled(STRONG, name), asset.trim_end())?;
        }
    }
    Ok(())
}

/// Prints what was done to the rule that is answered: a line for people, the rule for programs.
pub(super) fn done(stream: &mut dyn Write, format: Format, what: &str, answer: &Answer) -> io::Result<()> {
    match format {
        Format::Json => output::json_text(stream, answer.data_text()),
        Format::Human => {
            let rule = &answer.value()["data"];
            let id = rule["id"].as_str().unwrap_or_default();
            let source = styled(FAINT, source(&rule["source"]));
            writeln!(stream, "{what} {} {source}", styled(STRONG, id))
        }
    }
}

/// Where a rule comes from, in a few words.
pub(super) fn source(source: &Value) -> String {
    let text = |name: &str| source[name].as_str().map(str::to_owned);
    let pack = text("pack_name").map(|pack| match text("pack_version") {
        Some(version) => format!("{pack} {version}"),
        None => pack,
    });
    let parts = [text("type"), pack, text("file"), text("source_url")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn line(stream: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(stream, "  {} {value}", styled(FAINT, format!("{name:<12}")))
}

fn text(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if name == "tests" => join(items, test),
        Value::Array(items) => join(items, |item| text(name, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn join(items: &[Value], text: impl FnMut(&Value) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn test(test: &Value) -> String {
    let url = test["url"].as_str().unwrap_or_default();
    match test["matches"].as_bool() {
        Some(false) => format!("not {url}"),
        Some(true) | None => url.to_owned(),
    }
}

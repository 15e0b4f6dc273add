//! How each field is written as plain data; absent and empty ones are left out.

use crate::{RuleTest, Timestamp, Value};

pub(super) fn text(text: Option<&str>) -> Option<Value> {
    text.map(|text| Value::Text(text.to_owned()))
}

pub(super) fn code(code: &str) -> Option<Value> {
    text(Some(code).filter(|code| !code.is_empty()))
}

pub(super) fn time(time: Option<Timestamp>) -> Option<Value> {
    time.map(|time| Value::Text(time.to_string()))
}

pub(super) fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Value> {
    list(texts.map(|text| Value::Text(text.to_owned())))
}

pub(super) fn list(entries: impl Iterator<Item = Value>) -> Option<Value> {
    let entries: Vec<_> = entries.collect();
    (!entries.is_empty()).then_some(Value::List(entries))
}

pub(super) fn write_test(test: &RuleTest) -> Value {
    let url = ("url".to_owned(), Value::Text(test.url.clone()));
    let matches = ("matches".to_owned(), Value::Bool(test.matches));
    Value::Map(vec![url, matches])
}

//! The parts of JSON: everything stands in brackets.

use super::{Form, Pair, Part};
use crate::json::STRICT;
use jsonc_parser::{
    CollectOptions,
    ast::Value,
    common::{Range, Ranged as _},
};

pub(super) fn parts(text: &str) -> Option<Part> {
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &STRICT).ok()?;
    Some(part(&parsed.value?, text))
}

/// Depth is bounded, since the text was parsed within bounds.
fn part(value: &Value<'_>, text: &str) -> Part {
    let form = match value {
        Value::Array(array) => Form::List {
            is_flow: true,
            items: array.elements.iter().map(|item| part(item, text)).collect(),
        },
        Value::Object(object) => {
            let pair = |key: Range, value: &Value<'_>| {
                let after = &text[key.end..];
                let blanks = after.len() - after.trim_start().len();
                Pair {
                    key: scalar(key),
                    colon: after[blanks..].starts_with(':').then_some(key.end + blanks),
                    value: part(value, text),
                }
            };
            let properties = object.properties.iter();
            Form::Map {
                is_flow: true,
                pairs: properties
                    .map(|property| pair(property.name.range(), &property.value))
                    .collect(),
            }
        }
        Value::StringLit(_) | Value::NumberLit(_) | Value::BooleanLit(_) | Value::NullKeyword(_) => {
            Form::Scalar
        }
    };
    let range = value.range();
    Part::new(range.start..range.end, form)
}

fn scalar(range: Range) -> Part {
    Part::new(range.start..range.end, Form::Scalar)
}

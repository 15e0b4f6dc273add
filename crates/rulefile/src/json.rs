//! JSON text to a tree: as strict as `serde_json`, with places and duplicate keys.

mod count;

use crate::{
    diagnostic::Fault,
    node::{Content, Entry, Node},
    text::Text,
    tree::{DEPTH_MAX, Faults, Tree, refuse_duplicates},
};
use count::Count;
use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{ObjectProp, ObjectPropName, Value},
    common::Ranged as _,
};
use serde::de::DeserializeSeed as _;

/// The strict language: no comments, no trailing commas, nothing of JSON5.
pub(crate) const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Parses JSON; the error is the one that ended it.
pub(crate) fn parse(text: Text<'_>, depth_max: usize, nodes_max: usize) -> Result<Tree, Fault> {
    check_strictly(text, nodes_max)?;
    let parsed = jsonc_parser::parse_to_ast(text.str, &CollectOptions::default(), &STRICT)
        .map_err(|error| Fault::syntax(error.range().start, error.kind().to_string().to_lowercase()))?;
    let mut builder = Builder {
        depth_max,
        nodes_max,
        nodes: 0,
        faults: Faults::default(),
    };
    let root = parsed.value.map(|value| builder.node(value, 0)).transpose()?;
    Ok(Tree {
        root,
        faults: builder.faults,
    })
}

/// The one word on what is JSON and what is not. It builds nothing, so that what passes the bounds costs nothing.
fn check_strictly(text: Text<'_>, nodes_max: usize) -> Result<(), Fault> {
    let count = Count::up_to(nodes_max);
    let mut reader = serde_json::Deserializer::from_str(text.str);
    let checked = (&count).deserialize(&mut reader).and_then(|()| reader.end());
    let Err(error) = checked else {
        return Ok(());
    };
    let offset = text
        .lines()
        .offset(error.line(), error.column().saturating_sub(1));
    if count.is_passed() {
        return Err(too_many(offset, nodes_max));
    }
    let message = error.to_string();
    if message.starts_with("recursion limit") {
        return Err(too_deep(offset));
    }
    let place = format!(" at line {} column {}", error.line(), error.column());
    let reason = message.strip_suffix(&place).unwrap_or(&message);
    Err(Fault::syntax(offset, reason.replacen("EOF", "the file ends", 1)))
}

fn too_deep(offset: usize) -> Fault {
    Fault::bound(offset, format!("nested deeper than {DEPTH_MAX} levels"))
}

fn too_many(offset: usize, nodes_max: usize) -> Fault {
    Fault::bound(offset, format!("the file holds more than {nodes_max} values"))
}

struct Builder {
    depth_max: usize,
    nodes_max: usize,
    nodes: usize,
    faults: Faults,
}

impl Builder {
    /// Recursion is bounded by the strict check, which refuses more than 128 levels.
    fn node(&mut self, value: Value<'_>, depth: usize) -> Result<Node, Fault> {
        let start = value.range().start;
        self.nodes += 1;
        if self.nodes > self.nodes_max {
            return Err(too_many(start, self.nodes_max));
        }
        if depth >= self.depth_max && matches!(value, Value::Array(_) | Value::Object(_)) {
            return Err(too_deep(start));
        }
        let content = match value {
            Value::NullKeyword(_) => Content::Null,
            Value::BooleanLit(literal) => Content::Bool(literal.value),
            Value::NumberLit(literal) => number(literal.value),
            Value::StringLit(literal) => Content::Text(literal.value.into_owned()),
            Value::Array(array) => {
                let items = array.elements.into_iter().map(|item| self.node(item, depth + 1));
                Content::List(items.collect::<Result<_, _>>()?)
            }
            Value::Object(object) => {
                let entries = object
                    .properties
                    .into_iter()
                    .map(|property| self.entry(property, depth + 1));
                let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
                refuse_duplicates(&mut entries, &mut self.faults);
                Content::Map(entries)
            }
        };
        Ok(Node { start, content })
    }

    fn entry(&mut self, property: ObjectProp<'_>, depth: usize) -> Result<Entry, Fault> {
        let key = match property.name {
            ObjectPropName::String(name) => name.value.into_owned(),
            ObjectPropName::Word(name) => name.value.to_owned(),
        };
        let value = self.node(property.value, depth)?;
        Ok(Entry {
            key,
            key_start: property.range.start,
            value,
        })
    }
}

/// A number of the strict grammar; a whole number beyond 128 bits becomes the nearest float.
fn number(text: &str) -> Content {
    text.parse().map_or_else(
        |_| Content::Float(text.parse().expect("checked by the strict parser")),
        Content::Integer,
    )
}

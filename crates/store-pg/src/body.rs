//! A rule's fields as the text of a column, and back, without a loss.
//!
//! The text is JSON, which people and other programs can read. What JSON's numbers cannot carry everywhere stands in
//! a mapping of one entry: `{"$integer": "…"}` beyond 64 bits, `{"$float": "…"}` for every number that is not whole.
//! A key of the data that begins with `$` gets another one.

use rules::Value;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap as _, SerializeSeq as _},
};
use std::{borrow::Cow, fmt};

const INTEGER: &str = "$integer";
const FLOAT: &str = "$float";

/// The text of a value.
pub(crate) fn encode(value: &Value) -> String {
    serde_json::to_string(&Shape(Cow::Borrowed(value))).expect("text can always be extended")
}

/// The value of a text.
///
/// # Errors
///
/// When it is not such a text, with the place.
pub(crate) fn decode(text: &str) -> Result<Value, String> {
    let shape: Shape<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(shape.0.into_owned())
}

/// A value in the shape of JSON.
struct Shape<'v>(Cow<'v, Value>);

impl Serialize for Shape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of = |value| Shape(Cow::Borrowed(value));
        match &*self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(is) => serializer.serialize_bool(*is),
            Value::Integer(number) => match i64::try_from(*number) {
                Ok(number) => serializer.serialize_i64(number),
                Err(_) => tagged(serializer, INTEGER, &number.to_string()),
            },
            Value::Float(number) => tagged(serializer, FLOAT, &format!("{number:?}")),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items
                    .iter()
                    .try_for_each(|item| list.serialize_element(&of(item)))?;
                list.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    match key.starts_with('$') {
                        true => map.serialize_entry(&format!("${key}"), &of(value))?,
                        false => map.serialize_entry(key, &of(value))?,
                    }
                }
                map.end()
            }
        }
    }
}

fn tagged<S: Serializer>(serializer: S, tag: &str, text: &str) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, text)?;
    map.end()
}

impl<'de> Deserialize<'de> for Shape<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(AnyValue)
            .map(|value| Self(Cow::Owned(value)))
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Bool(is))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Integer(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Shape(item)) = items.next_element()? {
            list.push(item.into_owned());
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map: Vec<(String, Value)> = Vec::new();
        while let Some((key, Shape(value))) = entries.next_entry::<String, Shape<'_>>()? {
            map.push((key, value.into_owned()));
        }
        number(&map).map_err(A::Error::custom)?.map_or_else(
            || {
                map.iter_mut().for_each(|(key, _)| {
                    if key.starts_with('$') {
                        key.remove(0);
                    }
                });
                Ok(Value::Map(map))
            },
            Ok,
        )
    }
}

/// The number that a mapping stands for, if it stands for one.
fn number(map: &[(String, Value)]) -> Result<Option<Value>, String> {
    let [(tag, Value::Text(text))] = map else {
        return Ok(None);
    };
    let parsed = match tag.as_str() {
        INTEGER => text.parse().ok().map(Value::Integer),
        FLOAT => text.parse().ok().map(Value::Float),
        _ => return Ok(None),
    };
    match parsed {
        Some(number) => Ok(Some(number)),
        None => Err(format!("`{text}` is no number")),
    }
}

#[cfg(test)]
mod tests;

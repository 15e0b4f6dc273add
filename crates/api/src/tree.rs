//! A JSON body as plain data: within the depth bound, no key twice, texts borrowed where they can be.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, collections::HashSet, fmt};

/// How deep arrays and objects may be nested.
const DEPTH_MAX: usize = 64;

/// A tree of plain data.
#[derive(Debug)]
pub(crate) enum Tree<'a> {
    Null,
    Bool(bool),
    Number,
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Map(Vec<(Cow<'a, str>, Self)>),
}

impl<'a> Tree<'a> {
    /// Parses a body; an error says what is wrong, and where.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, serde_json::Error> {
        let mut input = serde_json::Deserializer::from_slice(bytes);
        let tree = Nested { left: DEPTH_MAX }.deserialize(&mut input)?;
        input.end()?;
        Ok(tree)
    }

    /// The text; or what the value is instead.
    pub(crate) fn into_text(self) -> Result<Cow<'a, str>, &'static str> {
        let kind = self.kind();
        if let Self::Text(text) = self {
            Ok(text)
        } else {
            Err(kind)
        }
    }

    /// The truth value; or what the value is instead.
    pub(crate) fn into_bool(self) -> Result<bool, &'static str> {
        if let Self::Bool(value) = self {
            Ok(value)
        } else {
            Err(self.kind())
        }
    }

    /// The items; or what the value is instead.
    pub(crate) fn into_list(self) -> Result<Vec<Self>, &'static str> {
        let kind = self.kind();
        if let Self::List(items) = self {
            Ok(items)
        } else {
            Err(kind)
        }
    }

    /// The fields; or what the value is instead.
    pub(crate) fn into_map(self) -> Result<Vec<(Cow<'a, str>, Self)>, &'static str> {
        let kind = self.kind();
        if let Self::Map(fields) = self {
            Ok(fields)
        } else {
            Err(kind)
        }
    }

    /// What a person calls this kind of value.
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

/// Reads a value that may be nested `left` levels more.
#[derive(Clone, Copy)]
struct Nested {
    left: usize,
}

impl Nested {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1);
        left.map(|left| Self { left })
            .ok_or_else(|| E::custom(format!("nested deeper than {DEPTH_MAX}")))
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Tree<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut map = Vec::new();
        let mut keys = Keys::default();
        while let Some(key) = entries.next_key_seed(Key)? {
            if !keys.insert(&map, &key) {
                return Err(A::Error::custom(format!("the key `{key}` is written twice")));
            }
            map.push((key, entries.next_value_seed(inner)?));
        }
        Ok(Tree::Map(map))
    }
}

/// The keys of one object. Few are compared one by one, many by a set: the cost stays linear.
#[derive(Default)]
struct Keys(HashSet<String>);

impl Keys {
    /// From how many keys on a set is cheaper.
    const FEW: usize = 16;

    /// Takes note of a key; false if the object has it already.
    fn insert(&mut self, map: &[(Cow<'_, str>, Tree<'_>)], key: &str) -> bool {
        if map.len() < Self::FEW {
            return map.iter().all(|(earlier, _)| earlier != key);
        }
        if self.0.is_empty() {
            self.0.extend(map.iter().map(|(earlier, _)| earlier.to_string()));
        }
        self.0.insert(key.to_owned())
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}

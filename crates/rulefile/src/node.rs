//! Plain data with places: what YAML and JSON become before anything is checked.
//!
//! Depth is bounded when a tree is built, so that walking it may recurse.

use rules::Value;

/// A value and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Byte offset in the text.
    pub(crate) start: usize,
    pub(crate) content: Content,
}

/// The value of a node.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Something that was refused, and reported, while the tree was built.
    Refused,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Byte offset of the key.
    pub(crate) key_start: usize,
    pub(crate) value: Node,
}

/// What a tree costs: bounded, since aliases multiply it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    pub(crate) nodes: usize,
    pub(crate) bytes: usize,
    /// Levels of lists and mappings.
    pub(crate) depth: usize,
}

/// What a path inside a tree leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The field is there: where its key and its value begin; an empty value begins at its key.
    Field { key: usize, value: usize },
    /// An entry of a list is there.
    Item(usize),
    /// The field is missing from what begins here.
    MissingFrom(usize),
}

impl Node {
    /// The value under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Content::Map(entries) = &self.content else {
            return None;
        };
        entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The same data without places; `None` when a part of it was refused.
    pub(crate) fn to_value(&self) -> Option<Value> {
        Some(match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Integer(value) => Value::Integer(*value),
            Content::Float(value) => Value::Float(*value),
            Content::Text(text) => Value::Text(text.clone()),
            Content::List(items) => Value::List(items.iter().map(Self::to_value).collect::<Option<_>>()?),
            Content::Map(entries) => {
                let pairs = entries
                    .iter()
                    .map(|entry| Some((entry.key.clone(), entry.value.to_value()?)));
                Value::Map(pairs.collect::<Option<_>>()?)
            }
            Content::Refused => return None,
        })
    }

    /// Number of nodes, bytes of text and depth.
    pub(crate) fn weight(&self) -> Weight {
        let mut weight = Weight {
            nodes: 1,
            ..Weight::default()
        };
        match &self.content {
            Content::Text(text) => weight.bytes = text.len(),
            Content::List(items) => items.iter().for_each(|item| weight.add_child(item)),
            Content::Map(entries) => entries.iter().for_each(|entry| {
                weight.bytes += entry.key.len();
                weight.add_child(&entry.value);
            }),
            Content::Null | Content::Bool(_) | Content::Integer(_) | Content::Float(_) | Content::Refused => {
            }
        }
        if matches!(self.content, Content::List(_) | Content::Map(_)) {
            weight.depth += 1;
        }
        weight
    }

    /// Follows a path such as `tests[3].url`; a key may itself hold dots and brackets.
    pub(crate) fn find(&self, path: &str) -> Found {
        match &self.content {
            Content::Map(entries) => {
                let fitting = entries
                    .iter()
                    .filter_map(|entry| Some((entry, rest_after(path, &entry.key)?)));
                let Some((entry, rest)) = fitting.max_by_key(|(entry, _)| entry.key.len()) else {
                    return Found::MissingFrom(self.start);
                };
                if rest.is_empty() {
                    let is_empty = matches!(entry.value.content, Content::Null);
                    let value = if is_empty {
                        entry.key_start
                    } else {
                        entry.value.start
                    };
                    return Found::Field {
                        key: entry.key_start,
                        value,
                    };
                }
                entry.value.find(rest.strip_prefix('.').unwrap_or(rest))
            }
            Content::List(items) => {
                let index = path.strip_prefix('[').and_then(|rest| rest.split_once(']'));
                let item =
                    index.and_then(|(index, rest)| Some((items.get(index.parse::<usize>().ok()?)?, rest)));
                match item {
                    Some((item, "")) => Found::Item(item.start),
                    Some((item, rest)) => item.find(rest.strip_prefix('.').unwrap_or(rest)),
                    None => Found::MissingFrom(self.start),
                }
            }
            Content::Null
            | Content::Bool(_)
            | Content::Integer(_)
            | Content::Float(_)
            | Content::Text(_)
            | Content::Refused => Found::MissingFrom(self.start),
        }
    }
}

/// What follows a key in a path, when the path begins with that key.
fn rest_after<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(key)?;
    (rest.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
}

impl Weight {
    fn add_child(&mut self, child: &Node) {
        let child = child.weight();
        self.nodes += child.nodes;
        self.bytes += child.bytes;
        self.depth = self.depth.max(child.depth);
    }
}

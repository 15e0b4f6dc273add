//! A YAML document with the line of each value.

use granit_parser::{Event, Parser};

/// A value.
#[derive(Debug)]
pub(super) struct Node {
    /// The line of its key; of an entry of a list, its own.
    pub(super) line: usize,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Reads the one document of a text. Anchors, aliases and tags are refused: what a job does stands in the job.
pub(super) fn parse(text: &str) -> Option<Node> {
    let [root] = <[Node; 1]>::try_from(documents(text)?).ok()?;
    Some(root)
}

/// Reads all documents of a text, in the same way.
pub(super) fn documents(text: &str) -> Option<Vec<Node>> {
    let mut events = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        events.push((event, span.start.line()));
    }
    let mut values = events.into_iter().filter(|(event, _)| is_value(event)).peekable();
    let mut documents = Vec::new();
    while values.peek().is_some() {
        documents.push(node(&mut values)?);
    }
    Some(documents)
}

fn is_value(event: &Event<'_>) -> bool {
    !matches!(
        event,
        Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Comment(..)
    )
}

/// The next value; `None` at the end of what holds it as well.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the parser's events are non-exhaustive"
)]
fn node<'a>(events: &mut impl Iterator<Item = (Event<'a>, usize)>) -> Option<Node> {
    let (event, line) = events.next()?;
    let value = match event {
        Event::Scalar(text, _, 0, None) => Value::Text(text.into_owned()),
        Event::SequenceStart(_, 0, None) => Value::List(std::iter::from_fn(|| node(events)).collect()),
        Event::MappingStart(_, 0, None) => {
            let mut entries = Vec::new();
            while let Some(key) = node(events) {
                let value = node(events)?;
                let line = key.line;
                entries.push((key.text()?.to_owned(), Node { line, ..value }));
            }
            Value::Map(entries)
        }
        _ => return None,
    };
    Some(Node { line, value })
}

impl Node {
    /// The value of this key of a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let found = self.entries().iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value)
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The entries of a list.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Text(_) | Value::Map(_) => &[],
        }
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Text(_) | Value::List(_) => &[],
        }
    }

    /// Whether it is a mapping, even an empty one.
    pub(super) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// The words that it holds: itself, its entries, or its keys, as `on` and `needs` are written.
    pub(super) fn words(&self) -> Vec<&str> {
        let keys = self.entries().iter().map(|(key, _)| key.as_str());
        let items = self.items().iter().filter_map(Self::text);
        self.text().into_iter().chain(items).chain(keys).collect()
    }
}

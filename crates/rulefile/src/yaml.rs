//! YAML text to a tree: events of the parser become nodes, within bounds.
//!
//! Nothing here recurses: the parser is a state machine, and open collections stand on a stack.
//! What can be refused alone (an alias without anchor, a tag, a key that comes twice) is reported and
//! parsing goes on, so that one bad rule does not hide the others; the rest ends the file.

mod complaint;

use crate::{
    core_schema,
    diagnostic::Fault,
    node::{Content, Entry, Node, Weight},
    text::Text,
    tree::{Faults, REPEATED_BYTES_MAX, Tree, refuse_duplicates},
};
use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use std::{borrow::Cow, collections::HashMap};

/// Parses one YAML document; the error is the one that ended it.
pub(crate) fn parse(text: Text<'_>, depth_max: usize, nodes_max: usize) -> Result<Tree, Fault> {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: depth_max,
        block_nesting_limit: depth_max,
    };
    let mut builder = Builder::new(depth_max, nodes_max);
    for event in Parser::new_from_str_with_options(text.str, options) {
        let (event, span) = event.map_err(|error| complaint::of(&error, text))?;
        builder.event(event, span)?;
    }
    Ok(Tree {
        root: builder.root,
        faults: builder.faults,
    })
}

/// A collection whose end has not come yet.
struct Open {
    start: usize,
    /// 0: none.
    anchor: usize,
    /// Where its tag stands, if it has one.
    tag: Option<usize>,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<Key> },
}

/// A key whose value has not come yet.
struct Key {
    text: String,
    start: usize,
    refused: Option<Fault>,
}

struct Builder {
    depth_max: usize,
    nodes_max: usize,
    stack: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, (Node, Weight)>,
    documents: usize,
    nodes: usize,
    repeated_bytes: usize,
    faults: Faults,
}

impl Builder {
    fn new(depth_max: usize, nodes_max: usize) -> Self {
        Self {
            depth_max,
            nodes_max,
            stack: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            documents: 0,
            nodes: 0,
            repeated_bytes: 0,
            faults: Faults::default(),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the parser's events are non-exhaustive"
    )]
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let start = span.start.byte_offset().unwrap_or_default();
        match event {
            Event::DocumentStart(..) => self.document(start)?,
            Event::Scalar(text, style, anchor, tag) => {
                let node = match tag_place(tag.as_ref(), span) {
                    Some(place) => self.faults.refuse(complaint::tag(place)),
                    None => Node {
                        start,
                        content: scalar(&text, style),
                    },
                };
                let is_merge_key = style == ScalarStyle::Plain && text == "<<";
                self.value(node, anchor, is_merge_key)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(
                    start,
                    anchor,
                    tag_place(tag.as_ref(), span),
                    Items::List(Vec::new()),
                )?;
            }
            Event::MappingStart(_, anchor, tag) => {
                let items = Items::Map {
                    entries: Vec::new(),
                    key: None,
                };
                self.open(start, anchor, tag_place(tag.as_ref(), span), items)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Alias(anchor) => self.alias(anchor, start)?,
            Event::UnresolvedAlias(name) => {
                let node = self.faults.refuse(complaint::unknown_alias(start, &name));
                self.value(node, 0, false)?;
            }
            // Begin and end of the stream, end of the document, and what was not asked for.
            _ => {}
        }
        Ok(())
    }

    fn document(&mut self, start: usize) -> Result<(), Fault> {
        self.documents += 1;
        if self.documents > 1 {
            let fault = Fault::syntax(start, "a second document begins here: one document a file");
            return Err(fault.hint("make the rules one list, without `---` between them"));
        }
        Ok(())
    }

    fn open(&mut self, start: usize, anchor: usize, tag: Option<usize>, items: Items) -> Result<(), Fault> {
        if self.stack.len() >= self.depth_max {
            return Err(complaint::too_deep(start));
        }
        self.stack.push(Open {
            start,
            anchor,
            tag,
            items,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let open = self.stack.pop().expect("the parser closes what it opened");
        let content = match open.items {
            Items::List(items) => Content::List(items),
            Items::Map { mut entries, .. } => {
                refuse_duplicates(&mut entries, &mut self.faults);
                Content::Map(entries)
            }
        };
        let node = match open.tag {
            Some(place) => self.faults.refuse(complaint::tag(place)),
            None => Node {
                start: open.start,
                content,
            },
        };
        self.value(node, open.anchor, false)
    }

    /// Repeats an anchored value where its alias stands.
    fn alias(&mut self, anchor: usize, start: usize) -> Result<(), Fault> {
        let Some((node, weight)) = self.anchors.get(&anchor) else {
            let node = self.faults.refuse(complaint::alias_of_itself(start));
            return self.value(node, 0, false);
        };
        if self.stack.len() + weight.depth > self.depth_max {
            return Err(complaint::too_deep(start));
        }
        let (node, weight) = (
            Node {
                start,
                content: node.content.clone(),
            },
            *weight,
        );
        self.repeat(weight, start)?;
        self.value(node, 0, false)
    }

    /// Charges for a copy.
    fn repeat(&mut self, weight: Weight, start: usize) -> Result<(), Fault> {
        self.nodes += weight.nodes;
        self.repeated_bytes += weight.bytes;
        if self.repeated_bytes > REPEATED_BYTES_MAX {
            return Err(complaint::too_much_repeated(start));
        }
        self.check_nodes(start)
    }

    fn check_nodes(&self, start: usize) -> Result<(), Fault> {
        if self.nodes > self.nodes_max {
            Err(complaint::too_many_nodes(start, self.nodes_max))
        } else {
            Ok(())
        }
    }

    /// Puts a finished value where it belongs.
    fn value(&mut self, node: Node, anchor: usize, is_merge_key: bool) -> Result<(), Fault> {
        self.nodes += 1;
        self.check_nodes(node.start)?;
        if anchor != 0 {
            let weight = node.weight();
            self.repeat(weight, node.start)?;
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        match self.stack.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { entries, key }) => match key.take() {
                None => *key = Some(as_key(node, is_merge_key)),
                Some(Key { text, start, refused }) => {
                    let value = refused.map_or(node, |fault| self.faults.refuse(fault));
                    entries.push(Entry {
                        key: text,
                        key_start: start,
                        value,
                    });
                }
            },
        }
        Ok(())
    }
}

/// Where the tag of a node stands; any tag is refused.
fn tag_place(tag: Option<&Cow<'_, Tag>>, span: Span) -> Option<usize> {
    tag?;
    span.tag_start().unwrap_or(span.start).byte_offset()
}

fn scalar(text: &str, style: ScalarStyle) -> Content {
    if style == ScalarStyle::Plain {
        core_schema::resolve(text)
    } else {
        Content::Text(text.to_owned())
    }
}

/// A node as the key of an entry; numbers and truth values stand for their text.
fn as_key(node: Node, is_merge_key: bool) -> Key {
    let start = node.start;
    let key = |text: String| Key {
        text,
        start,
        refused: None,
    };
    let refused = |reason: &str| Key {
        text: String::new(),
        start,
        refused: Some(Fault::syntax(start, reason)),
    };
    if is_merge_key {
        let fault = Fault::syntax(start, "merge keys are not supported").hint("write the fields out");
        return Key {
            text: "<<".to_owned(),
            start,
            refused: Some(fault),
        };
    }
    match node.content {
        Content::Text(text) => key(text),
        Content::Integer(value) => key(value.to_string()),
        Content::Float(value) => key(value.to_string()),
        Content::Bool(value) => key(value.to_string()),
        Content::Null => refused("a key is missing"),
        Content::List(_) | Content::Map(_) => refused("a key must be text"),
        // Reported already.
        Content::Refused => Key {
            text: String::new(),
            start,
            refused: None,
        },
    }
}

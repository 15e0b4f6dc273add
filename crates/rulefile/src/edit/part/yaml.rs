//! The parts of YAML, from the parser's events.
//!
//! What the parser does not say is looked up in the text: where a block scalar begins and its content ends, where
//! the colon of a key stands, and the dash of an entry that holds nothing.

use super::{Form, Mark, Pair, Part};
use crate::{edit::page::Page, tree::FILE_DEPTH_MAX};
use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag};
use std::{borrow::Cow, ops::Range};

pub(super) fn parts(page: &Page<'_>) -> Option<Part> {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: FILE_DEPTH_MAX,
        block_nesting_limit: FILE_DEPTH_MAX,
    };
    let mut builder = Builder {
        page,
        open: Vec::new(),
        root: None,
        done: 0,
    };
    for event in Parser::new_from_str_with_options(page.text, options) {
        let (event, span) = event.ok()?;
        builder.event(event, span)?;
    }
    builder.root
}

/// A collection whose end has not come yet.
struct Open {
    part: Part,
    /// A key whose value has not come yet.
    key: Option<Part>,
}

struct Builder<'p> {
    page: &'p Page<'p>,
    open: Vec<Open>,
    root: Option<Part>,
    /// Where the last value ended.
    done: usize,
}

impl Builder<'_> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the parser's events are non-exhaustive"
    )]
    fn event(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let range = span.start.byte_offset()?..span.end.byte_offset()?;
        match event {
            Event::Scalar(_, style, anchor, tag) => {
                let mut part = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => self.block(range, span.indent),
                    ScalarStyle::Plain if range.is_empty() => Part::new(self.nothing(range), Form::Scalar),
                    _ => Part::new(range, Form::Scalar),
                };
                part.mark = tag_mark(tag.as_ref(), span).or(anchor_mark(anchor, part.range.start));
                self.value(part);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let is_flow = style == StructureStyle::Flow;
                let items = Vec::new();
                self.start(
                    range,
                    Form::List { is_flow, items },
                    anchor,
                    tag_mark(tag.as_ref(), span),
                );
            }
            Event::MappingStart(style, anchor, tag) => {
                let is_flow = style == StructureStyle::Flow;
                let pairs = Vec::new();
                self.start(
                    range,
                    Form::Map { is_flow, pairs },
                    anchor,
                    tag_mark(tag.as_ref(), span),
                );
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { mut part, .. } = self.open.pop()?;
                part.range.end = end_of(&part, range);
                self.value(part);
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let mut part = Part::new(range, Form::Scalar);
                part.mark = anchor_mark(1, part.range.start);
                self.value(part);
            }
            _ => {}
        }
        Some(())
    }

    fn start(&mut self, mut range: Range<usize>, form: Form, anchor: usize, tag: Option<Mark>) {
        if matches!(form, Form::List { is_flow: false, .. }) && self.is_after_key() {
            // Where its dashes stand in the column of the key, the parser begins it after the first one.
            range.start = indicator(self.page, self.done, &['-']).unwrap_or(range.start);
        }
        // So that the dash of an entry without a value is looked for from the first dash on.
        self.done = range.start;
        let mut part = Part::new(range, form);
        part.mark = tag.or(anchor_mark(anchor, part.range.start));
        self.open.push(Open { part, key: None });
    }

    fn is_after_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.key.is_some())
    }

    /// Puts a finished part where it belongs.
    fn value(&mut self, mut part: Part) {
        self.done = self.done.max(part.range.end);
        let Some(Open { part: parent, key }) = self.open.last_mut() else {
            self.root = Some(part);
            return;
        };
        match &mut parent.form {
            Form::List { items, .. } => items.push(part),
            Form::Map { is_flow, pairs } => match key.take() {
                None => *key = Some(part),
                Some(key) => {
                    let colon = colon(self.page.text, key.range.end, *is_flow);
                    if part.range.is_empty() {
                        let end = colon.map_or(key.range.end, |colon| colon + 1);
                        part.range = end..end;
                        self.done = end;
                    }
                    pairs.push(Pair {
                        key,
                        colon,
                        value: part,
                    });
                }
            },
            Form::Scalar | Form::Block { .. } => {}
        }
    }

    /// Where nothing stands: after the dash of an entry, else where the parser says.
    fn nothing(&self, range: Range<usize>) -> Range<usize> {
        let is_entry = |open: &Open| matches!(open.part.form, Form::List { is_flow: false, .. });
        let list = self.open.last().filter(|open| is_entry(open));
        match list.and_then(|_| indicator(self.page, self.done, &['-'])) {
            Some(dash) => dash + 1..dash + 1,
            None => range,
        }
    }

    /// A block scalar, whose span begins with its text.
    fn block(&self, span: Range<usize>, indent: Option<usize>) -> Part {
        let page = self.page;
        let Some(start) = indicator(page, self.done, &['|', '>']) else {
            // Behind an anchor or a tag, with which it is not rewritten.
            return Part::new(span, Form::Scalar);
        };
        let header = page.after_on_line(start);
        let keeps_end = header
            .split(' ')
            .next()
            .is_some_and(|header| header.contains('+'));
        let body = page.next_line(start);
        // The span ends where the next thing begins.
        let before = page.before_on_line(span.end);
        let is_blank = before.bytes().all(|byte| byte == b' ');
        let mut end = if is_blank {
            page.line_start(span.end)
        } else {
            span.end
        };
        if end <= body {
            end = page.line_end(start);
        } else {
            end = if is_blank {
                page.end_of_line_before(end)
            } else {
                end
            };
            let indent = indent.unwrap_or(usize::MAX);
            while !keeps_end && end >= body && is_empty_line(page.before_on_line(end), indent) {
                end = page.end_of_line_before(page.line_start(end));
            }
        }
        let indent = indent.unwrap_or_default();
        Part::new(start..end, Form::Block { indent, keeps_end })
    }
}

fn is_empty_line(line: &str, indent: usize) -> bool {
    line.len() <= indent && line.bytes().all(|byte| byte == b' ')
}

/// Where a collection ends: with its bracket, or with the last thing in it.
fn end_of(part: &Part, span: Range<usize>) -> usize {
    let last = match &part.form {
        Form::List {
            is_flow: false,
            items,
        } => items.last().map(|item| item.range.end),
        Form::Map {
            is_flow: false,
            pairs,
        } => pairs.last().map(|pair| pair.range().end),
        // A pair in a list in brackets has none of its own.
        Form::Map { is_flow: true, pairs } if span.is_empty() => pairs.last().map(|pair| pair.range().end),
        Form::Scalar | Form::Block { .. } | Form::List { .. } | Form::Map { .. } => None,
    };
    last.unwrap_or(span.end).max(part.range.start)
}

fn tag_mark(tag: Option<&Cow<'_, Tag>>, span: Span) -> Option<Mark> {
    tag?;
    let offset = span.tag_start().unwrap_or(span.start).byte_offset()?;
    Some(Mark { offset, is_tag: true })
}

/// The mark of an anchor, by its number; 0: none.
fn anchor_mark(anchor: usize, offset: usize) -> Option<Mark> {
    (anchor != 0).then_some(Mark {
        offset,
        is_tag: false,
    })
}

/// The colon after a key, with nothing but blanks before it.
fn colon(text: &str, key_end: usize, is_flow: bool) -> Option<usize> {
    let after = &text[key_end..];
    let rest = if is_flow {
        after.trim_start_matches([' ', '\t', '\n', '\r'])
    } else {
        after.trim_start_matches([' ', '\t'])
    };
    rest.starts_with(':').then_some(text.len() - rest.len())
}

/// The next one of these, with nothing before it but blanks, comments, dashes and colons.
fn indicator(page: &Page<'_>, from: usize, wanted: &[char]) -> Option<usize> {
    let mut at = from;
    loop {
        at = page.next_visible(at);
        match page.text[at..].chars().next()? {
            found if wanted.contains(&found) => return Some(at),
            '#' => at = page.next_line(at),
            ':' | '-' | '?' => at += 1,
            _ => return None,
        }
    }
}

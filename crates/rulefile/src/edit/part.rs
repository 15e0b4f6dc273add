//! Where the parts of a file begin and end: the same tree as that of the values, with ranges in place of them.

mod json;
mod yaml;

use super::page::Page;
use crate::Format;
use std::ops::Range;

/// Something that a value cannot be rewritten with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Where it stands.
    pub(super) offset: usize,
    /// A tag, else an anchor or alias.
    pub(super) is_tag: bool,
}

/// A value's place.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Without what ends the last line. Nothing written has an empty range, where it could be written.
    pub(super) range: Range<usize>,
    pub(super) mark: Option<Mark>,
    pub(super) form: Form,
}

/// How a value is written.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// On one or more lines, without an indentation that means something; or an alias, or nothing.
    Scalar,
    /// A block scalar; its range begins with `|` or `>`.
    Block {
        indent: usize,
        keeps_end: bool,
    },
    List {
        is_flow: bool,
        items: Vec<Part>,
    },
    Map {
        is_flow: bool,
        pairs: Vec<Pair>,
    },
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) key: Part,
    /// The colon, where it directly follows the key.
    pub(super) colon: Option<usize>,
    pub(super) value: Part,
}

impl Pair {
    /// Key and value.
    pub(super) fn range(&self) -> Range<usize> {
        self.key.range.start..self.value.range.end.max(self.key.range.end)
    }
}

impl Part {
    fn new(range: Range<usize>, form: Form) -> Self {
        Self {
            range,
            mark: None,
            form,
        }
    }

    /// The first mark of this value or anything in it.
    pub(super) fn first_mark(&self) -> Option<Mark> {
        self.mark.or_else(|| match &self.form {
            Form::Scalar | Form::Block { .. } => None,
            Form::List { items, .. } => items.iter().find_map(Self::first_mark),
            Form::Map { pairs, .. } => pairs
                .iter()
                .find_map(|pair| pair.key.first_mark().or_else(|| pair.value.first_mark())),
        })
    }

    /// Whether it is a list or mapping in brackets.
    pub(super) fn is_flow(&self) -> bool {
        matches!(
            self.form,
            Form::List { is_flow: true, .. } | Form::Map { is_flow: true, .. }
        )
    }

    /// Whether it is a list or mapping that lines and columns make.
    pub(super) fn is_block_collection(&self) -> bool {
        matches!(
            self.form,
            Form::List { is_flow: false, .. } | Form::Map { is_flow: false, .. }
        )
    }

    /// Whether empty lines below belong to its text.
    pub(super) fn keeps_end(&self) -> bool {
        match &self.form {
            Form::Scalar => false,
            Form::Block { keeps_end, .. } => *keeps_end,
            Form::List { items, .. } => items.last().is_some_and(Self::keeps_end),
            Form::Map { pairs, .. } => pairs.last().is_some_and(|pair| pair.value.keeps_end()),
        }
    }
}

/// The parts of a text that was parsed before; nothing where it holds no value.
pub(super) fn parts(page: &Page<'_>) -> Option<Part> {
    match page.format {
        Format::Yaml => yaml::parts(page),
        Format::Json => json::parts(page.text),
    }
}

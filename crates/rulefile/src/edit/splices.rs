//! Pieces of a text that are replaced, all at once; every other byte stays.

use std::ops::Range;

/// Replacements, in any order, which must not overlap.
#[derive(Debug, Default)]
pub(super) struct Splices {
    list: Vec<(Range<usize>, String)>,
}

impl Splices {
    /// Replaces a piece; an empty range inserts.
    pub(super) fn push(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.list.push((range, text.into()));
    }

    /// Takes a piece out.
    pub(super) fn cut(&mut self, range: Range<usize>) {
        self.push(range, "");
    }

    /// Takes over what others replace.
    pub(super) fn extend(&mut self, others: Self) {
        self.list.extend(others.list);
    }

    /// Puts the pieces in order; nothing where two of them disagree.
    pub(super) fn ordered(mut self) -> Option<Ordered> {
        // What is inserted where something else begins comes before it, in the order in which it was said.
        self.list
            .sort_by_key(|(range, _)| (range.start, !range.is_empty()));
        let mut list: Vec<(Range<usize>, String)> = Vec::with_capacity(self.list.len());
        for (range, text) in self.list {
            match list.last_mut() {
                Some((last, last_text)) if range.start < last.end => {
                    if !(text.is_empty() && last_text.is_empty()) {
                        return None;
                    }
                    last.end = last.end.max(range.end);
                }
                _ => list.push((range, text)),
            }
        }
        let mut shift = 0;
        let list = list.into_iter().map(|(range, text)| {
            shift += text.len().cast_signed() - range.len().cast_signed();
            Splice { range, text, shift }
        });
        Some(Ordered { list: list.collect() })
    }
}

#[derive(Debug)]
struct Splice {
    range: Range<usize>,
    text: String,
    /// How far everything behind it moves.
    shift: isize,
}

/// Replacements in the order of the text.
#[derive(Debug)]
pub(super) struct Ordered {
    list: Vec<Splice>,
}

impl Ordered {
    /// The text with every piece replaced.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        let added: usize = self.list.iter().map(|splice| splice.text.len()).sum();
        let mut out = String::with_capacity(text.len() + added);
        let mut done = 0;
        for splice in &self.list {
            out.push_str(text.get(done..splice.range.start)?);
            out.push_str(&splice.text);
            done = splice.range.end;
        }
        out.push_str(text.get(done..)?);
        Some(out)
    }

    /// Where a byte of the old text stands in the new one; nothing where it was replaced.
    pub(super) fn moved(&self, offset: usize) -> Option<usize> {
        let before = self.list.partition_point(|splice| splice.range.start <= offset);
        match before.checked_sub(1).map(|last| &self.list[last]) {
            None => Some(offset),
            Some(last) if offset < last.range.end => None,
            Some(last) => offset.checked_add_signed(last.shift),
        }
    }
}

//! The text of a file as lines and columns, and the style that it is written in.

use crate::{Format, print::Layout};

/// The text that is edited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'t> {
    /// Without a byte order mark.
    pub(super) text: &'t str,
    pub(super) format: Format,
    /// How the file's lines end.
    pub(super) line_end: &'static str,
    pub(super) layout: Layout,
    /// How far the lines of JSON are indented, each level.
    pub(super) json_step: &'t str,
}

impl<'t> Page<'t> {
    /// A page whose lines end as the first one does.
    pub(super) fn new(text: &'t str, format: Format) -> Self {
        let end = text.find(['\n', '\r']).map(|at| &text[at..]);
        let line_end = match end {
            Some(rest) if rest.starts_with("\r\n") => "\r\n",
            Some(rest) if rest.starts_with('\r') => "\r",
            Some(_) | None => "\n",
        };
        Self {
            text,
            format,
            line_end,
            layout: Layout::default(),
            json_step: indentation(text).unwrap_or("  "),
        }
    }

    /// Where the line of a byte begins.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
    }

    /// Where the line of a byte ends, before what ends it.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.text[at..]
            .find(['\n', '\r'])
            .map_or(self.text.len(), |end| at + end)
    }

    /// Where the next line begins.
    pub(super) fn next_line(&self, at: usize) -> usize {
        let end = self.line_end(at);
        let rest = &self.text[end..];
        end + if rest.starts_with("\r\n") {
            2
        } else {
            rest.len().min(1)
        }
    }

    /// Where the line before ends; `at` is the beginning of a line that is not the first.
    pub(super) fn end_of_line_before(&self, at: usize) -> usize {
        let before = &self.text[..at];
        let before = before.strip_suffix('\n').unwrap_or(before);
        before.strip_suffix('\r').unwrap_or(before).len()
    }

    /// What stands before a byte on its line.
    pub(super) fn before_on_line(&self, at: usize) -> &'t str {
        &self.text[self.line_start(at)..at]
    }

    /// What stands after a byte on its line.
    pub(super) fn after_on_line(&self, at: usize) -> &'t str {
        &self.text[at..self.line_end(at)]
    }

    /// Whether nothing but spaces stands before a byte on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.before_on_line(at).bytes().all(|byte| byte == b' ')
    }

    /// The column of a byte, where what stands before it on its line is one byte a column.
    pub(super) fn column(&self, at: usize) -> Option<usize> {
        let before = self.before_on_line(at);
        (before.is_ascii() && !before.contains('\t')).then_some(before.len())
    }

    /// Whether the line after that of a byte is there and blank.
    pub(super) fn blank_follows(&self, at: usize) -> bool {
        let next = self.next_line(at);
        next < self.text.len() && self.after_on_line(next).trim().is_empty()
    }

    /// The first byte from there on that is neither blank nor the end of a line.
    pub(super) fn next_visible(&self, at: usize) -> usize {
        self.text[at..]
            .find(|c: char| !matches!(c, ' ' | '\t' | '\n' | '\r'))
            .map_or(self.text.len(), |visible| at + visible)
    }

    /// Printed lines with the file's own ends.
    pub(super) fn lines(&self, printed: &str) -> String {
        if self.line_end == "\n" {
            printed.to_owned()
        } else {
            printed.replace('\n', self.line_end)
        }
    }
}

/// What the first indented line begins with.
fn indentation(text: &str) -> Option<&str> {
    text.split(['\n', '\r']).find_map(|line| {
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        (blanks > 0 && blanks < line.len()).then(|| &line[..blanks])
    })
}

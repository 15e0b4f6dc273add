//! What stands in brackets: entries of lists and mappings between commas, and values on one line.

use super::{page::Page, splices::Splices};
use crate::{Format, print};
use rules::Value;
use std::{fmt::Write as _, ops::Range};

/// Takes entries out, each with one comma; nothing where that would leave none, or is not plain to see.
pub(super) fn remove(
    page: &Page<'_>,
    entries: &[Range<usize>],
    removed: &[bool],
    splices: &mut Splices,
) -> Option<()> {
    let last_kept = removed.iter().rposition(|removed| !removed)?;
    for n in (0..entries.len()).filter(|&n| removed[n]) {
        let entry = entries[n].clone();
        if n < last_kept {
            let (comma, is_plain) = comma(page.text, entry.end..entries[n + 1].start)?;
            let end = if is_plain { entries[n + 1].start } else { comma + 1 };
            splices.cut(entry.start..end);
        } else {
            let before = entries[n - 1].end;
            let (comma, is_plain) = comma(page.text, before..entry.start)?;
            if is_plain {
                splices.cut(before..entry.end);
            } else {
                splices.cut(comma..comma + 1);
                splices.cut(entry);
            }
        }
    }
    Some(())
}

/// The comma between two entries, and whether nothing but blanks stands beside it.
fn comma(text: &str, gap: Range<usize>) -> Option<(usize, bool)> {
    let mut found = None;
    let mut is_plain = true;
    let mut chars = text.get(gap.clone())?.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ',' if found.is_none() => found = Some(gap.start + at),
            '#' => {
                is_plain = false;
                chars.find(|(_, c)| matches!(c, '\n' | '\r'));
            }
            c if c.is_ascii_whitespace() => {}
            _ => return None,
        }
    }
    Some((found?, is_plain))
}

/// What separates a new entry from the one before it, in the way of those that are there.
pub(super) fn separator(page: &Page<'_>, entries: &[Range<usize>]) -> String {
    let Some(last) = entries.last() else {
        return String::new();
    };
    let before = &page.text[..last.start];
    let blanks = &before[before.trim_end_matches([' ', '\t', '\n', '\r']).len()..];
    let is_compact = page.format == Format::Json && entries.len() > 1 && blanks.is_empty();
    if blanks.contains(['\n', '\r']) || is_compact {
        format!(",{blanks}")
    } else {
        ", ".to_owned()
    }
}

/// A key and its value for a mapping in brackets.
pub(super) fn field(page: &Page<'_>, key: &str, value: &Value, colon: &str) -> String {
    let mut flow = Flow::new(page, None);
    flow.text(key);
    flow.out.push_str(colon);
    flow.value(value);
    flow.out
}

/// A value on one line, as it may stand in brackets.
pub(super) fn line(page: &Page<'_>, value: &Value) -> String {
    let mut flow = Flow::new(page, None);
    flow.value(value);
    flow.out
}

/// A value on several lines; `indent` is what its own line begins with.
pub(super) fn lines(page: &Page<'_>, value: &Value, indent: &str) -> String {
    let mut flow = Flow::new(page, Some(indent));
    flow.value(value);
    flow.out
}

struct Flow<'a> {
    page: &'a Page<'a>,
    out: String,
    /// What the first line begins with; `None`: everything on one line.
    indent: Option<&'a str>,
    depth: usize,
}

impl<'a> Flow<'a> {
    fn new(page: &'a Page<'a>, indent: Option<&'a str>) -> Self {
        Self {
            page,
            out: String::new(),
            indent,
            depth: 0,
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Integer(value) => {
                let _ = write!(self.out, "{value}");
            }
            // JSON has no infinity: what is printed then does not parse, and is refused for that.
            Value::Float(value) => self.out.push_str(&print::float(*value)),
            Value::Text(text) => self.text(text),
            Value::List(items) => self.entries(['[', ']'], items.iter().map(|item| (None, item))),
            Value::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (Some(key.as_str()), value));
                self.entries(['{', '}'], entries);
            }
        }
    }

    fn entries<'v>(
        &mut self,
        brackets: [char; 2],
        entries: impl Iterator<Item = (Option<&'v str>, &'v Value)>,
    ) {
        self.out.push(brackets[0]);
        self.depth += 1;
        let mut count = 0;
        for (key, value) in entries {
            if count > 0 {
                self.out.push_str(if self.indent.is_some() { "," } else { ", " });
            }
            count += 1;
            self.begin_line();
            if let Some(key) = key {
                self.text(key);
                self.out.push_str(": ");
            }
            self.value(value);
        }
        self.depth -= 1;
        if count > 0 {
            self.begin_line();
        }
        self.out.push(brackets[1]);
    }

    fn begin_line(&mut self) {
        if let Some(indent) = self.indent {
            self.out.push_str(self.page.line_end);
            self.out.push_str(indent);
            (0..self.depth).for_each(|_| self.out.push_str(self.page.json_step));
        }
    }

    fn text(&mut self, text: &str) {
        match self.page.format {
            Format::Yaml => self.out.push_str(&print::scalar(text)),
            Format::Json => {
                let _ = write!(self.out, "{}", serde_json::Value::from(text));
            }
        }
    }
}

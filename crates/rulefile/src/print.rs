//! Rules as YAML that parses to equal rules.
//!
//! One rule is a mapping, several are a list. Text of several lines is a block scalar where that can hold
//! it; what could be read in two ways, by this or by an older YAML, is quoted.

use crate::{core_schema, node::Content};
use rules::{Rule, Value};
use std::fmt::Write as _;

/// The most characters of a key that stands before its `:` on one line; YAML allows 1024.
const SIMPLE_KEY_CHARS_MAX: usize = 1000;

/// Words that YAML 1.1 reads as truth values.
const OLD_TRUTH: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];

/// How far things stand to the right of what they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Columns from a key to the mapping or block of text below it.
    pub(crate) step: usize,
    /// Columns from a key to the dashes of the list below it.
    pub(crate) list_step: usize,
    /// Whether a block may end with empty lines that belong to its text.
    pub(crate) keeps_ends: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            step: 2,
            list_step: 2,
            keeps_ends: true,
        }
    }
}

/// Columns of a dash and the blank after it.
const DASH: usize = 2;

/// Prints rules as one YAML file that parses to equal rules.
pub fn print(rules: &[&Rule]) -> String {
    let mut printer = Printer::new(Layout::default());
    match rules {
        [] => printer.out.push_str("[]\n"),
        [rule] => printer.out = mapping(&rule.to_value(), 0, Layout::default()),
        rules => {
            for (n, rule) in rules.iter().enumerate() {
                // An empty line after a block that keeps its line ends would be one more of them.
                if n > 0 && !printer.out.ends_with("\n\n") {
                    printer.out.push('\n');
                }
                printer.out.push('-');
                printer.after_dash(&rule.to_value(), DASH);
            }
        }
    }
    printer.out
}

/// The lines of a mapping whose keys stand in this column; the first line has begun already.
pub(crate) fn mapping(value: &Value, column: usize, layout: Layout) -> String {
    let mut printer = Printer::new(layout);
    if let Value::Map(entries) = value {
        printer.entries(entries, column);
    }
    printer.out
}

/// A key whose column this is, with its value.
pub(crate) fn field(key: &str, value: &Value, column: usize, layout: Layout) -> String {
    let mut printer = Printer::new(layout);
    printer.entry(key, value, column);
    printer.out
}

/// What follows a key of this column and its colon.
pub(crate) fn after_colon(value: &Value, column: usize, layout: Layout) -> String {
    let mut printer = Printer::new(layout);
    printer.after_colon(value, column);
    printer.out
}

/// What follows a dash of this column.
pub(crate) fn after_dash(value: &Value, column: usize, layout: Layout) -> String {
    let mut printer = Printer::new(layout);
    printer.after_dash(value, column + DASH);
    printer.out
}

struct Printer {
    out: String,
    layout: Layout,
}

impl Printer {
    fn new(layout: Layout) -> Self {
        Self {
            out: String::new(),
            layout,
        }
    }

    /// What follows a key and its colon, up to the end of the line or block; the column is that of the key.
    fn after_colon(&mut self, value: &Value, column: usize) {
        let Layout { step, list_step, .. } = self.layout;
        match value {
            Value::Map(entries) if !entries.is_empty() => {
                self.out.push('\n');
                self.indent(column + step);
                self.entries(entries, column + step);
            }
            Value::List(items) if !items.is_empty() => {
                self.out.push('\n');
                for item in items {
                    self.indent(column + list_step);
                    self.out.push('-');
                    self.after_dash(item, column + list_step + DASH);
                }
            }
            Value::Text(text) if self.is_block(text) => self.block(text, column + step),
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Map(_) => self.line(value),
        }
    }

    /// What follows the dash of an entry; the column is that of what follows.
    fn after_dash(&mut self, value: &Value, column: usize) {
        match value {
            Value::Map(entries) if !entries.is_empty() => {
                self.out.push(' ');
                self.entries(entries, column);
            }
            Value::List(items) if !items.is_empty() => {
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        self.indent(column);
                        self.out.push('-');
                    } else {
                        self.out.push_str(" -");
                    }
                    self.after_dash(item, column + DASH);
                }
            }
            Value::Text(text) if self.is_block(text) => self.block(text, column),
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Map(_) => self.line(value),
        }
    }

    /// The entries of a mapping; the line of the first one has begun already.
    fn entries(&mut self, entries: &[(String, Value)], column: usize) {
        for (n, (key, value)) in entries.iter().enumerate() {
            if n > 0 {
                self.indent(column);
            }
            self.entry(key, value, column);
        }
    }

    fn entry(&mut self, key: &str, value: &Value, column: usize) {
        let key = scalar(key);
        if key.chars().count() > SIMPLE_KEY_CHARS_MAX {
            let _ = writeln!(self.out, "? {key}");
            self.indent(column);
        } else {
            self.out.push_str(&key);
        }
        self.out.push(':');
        self.after_colon(value, column);
    }

    fn is_block(&self, text: &str) -> bool {
        is_block(text) && (self.layout.keeps_ends || !text.ends_with("\n\n"))
    }

    /// A value that fits on the rest of the line.
    fn line(&mut self, value: &Value) {
        self.out.push(' ');
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Integer(value) => {
                let _ = write!(self.out, "{value}");
            }
            Value::Float(value) => self.out.push_str(&float(*value)),
            Value::Text(text) => self.out.push_str(&scalar(text)),
            Value::List(_) => self.out.push_str("[]"),
            Value::Map(_) => self.out.push_str("{}"),
        }
        self.out.push('\n');
    }

    /// A literal block; the text was found fit for one.
    fn block(&mut self, text: &str, column: usize) {
        let chomping = match text.strip_suffix('\n') {
            None => "|-",
            Some(body) if body.ends_with('\n') => "|+",
            Some(_) => "|",
        };
        let _ = writeln!(self.out, " {chomping}");
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.indent(column);
            }
            self.out.push_str(line);
        }
        if !text.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn indent(&mut self, column: usize) {
        (0..column).for_each(|_| self.out.push(' '));
    }
}

/// Whether a block scalar gives back exactly this text of several lines.
fn is_block(text: &str) -> bool {
    let begins_with_content = |text: &str| text.chars().next().is_some_and(|first| !first.is_whitespace());
    let last = text.trim_end_matches('\n').rsplit('\n').next().unwrap_or("");
    text.contains('\n')
        && begins_with_content(text)
        && !last.trim().is_empty()
        && text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
}

/// Characters that stand in YAML as they are, on any line.
fn is_printable(c: char) -> bool {
    let is_break = matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}');
    let is_outside = matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    !c.is_control() && !is_break && !is_outside
}

/// Text on one line: plain where it can mean nothing else, else quoted.
pub(crate) fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().all(is_printable) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        double_quoted(text)
    }
}

fn is_plain(text: &str) -> bool {
    let is_allowed = |c: char| c.is_alphanumeric() || " _-./:@%+~=;()$^".contains(c);
    let begins = text.starts_with(|first: char| first.is_alphabetic() || matches!(first, '/' | '_'));
    begins
        && text.chars().all(|c| is_allowed(c) && is_printable(c))
        && !text.contains(": ")
        && !text.ends_with([' ', ':'])
        && !OLD_TRUTH.contains(&text.to_ascii_lowercase().as_str())
        && matches!(core_schema::resolve(text), Content::Text(_))
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(out, "\\x{code:02x}"),
                    code @ ..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

pub(crate) fn float(value: f64) -> String {
    if value.is_nan() {
        ".nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { ".inf" } else { "-.inf" }.to_owned()
    } else {
        format!("{value:?}")
    }
}

#[cfg(test)]
mod tests;

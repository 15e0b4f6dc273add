//! JSON in the one style: two spaces, keys in their order, literals as they are written.

use crate::{json::STRICT, text::Text};
use jsonc_parser::{
    CollectOptions,
    ast::Value,
    common::{Range, Ranged as _},
};

/// Prints a text that was parsed before.
pub(super) fn print(text: Text<'_>) -> String {
    let parsed = jsonc_parser::parse_to_ast(text.str, &CollectOptions::default(), &STRICT).ok();
    let Some(value) = parsed.and_then(|parsed| parsed.value) else {
        return text.str.to_owned();
    };
    let mut printer = Printer {
        text: text.str,
        out: String::with_capacity(text.str.len()),
    };
    printer.value(&value, 0);
    printer.out.push('\n');
    printer.out
}

struct Printer<'t> {
    text: &'t str,
    out: String,
}

impl Printer<'_> {
    /// Depth is bounded, since the text was parsed within bounds.
    fn value(&mut self, value: &Value<'_>, depth: usize) {
        match value {
            Value::Object(object) if !object.properties.is_empty() => {
                self.out.push('{');
                for (n, property) in object.properties.iter().enumerate() {
                    self.line(n, depth + 1);
                    self.literal(property.name.range());
                    self.out.push_str(": ");
                    self.value(&property.value, depth + 1);
                }
                self.close('}', depth);
            }
            Value::Array(array) if !array.elements.is_empty() => {
                self.out.push('[');
                for (n, element) in array.elements.iter().enumerate() {
                    self.line(n, depth + 1);
                    self.value(element, depth + 1);
                }
                self.close(']', depth);
            }
            Value::Object(_) => self.out.push_str("{}"),
            Value::Array(_) => self.out.push_str("[]"),
            Value::StringLit(_) | Value::NumberLit(_) | Value::BooleanLit(_) | Value::NullKeyword(_) => {
                self.literal(value.range());
            }
        }
    }

    /// Begins the line of an entry.
    fn line(&mut self, n: usize, depth: usize) {
        if n > 0 {
            self.out.push(',');
        }
        self.indent(depth);
    }

    fn close(&mut self, bracket: char, depth: usize) {
        self.indent(depth);
        self.out.push(bracket);
    }

    fn indent(&mut self, depth: usize) {
        self.out.push('\n');
        (0..depth).for_each(|_| self.out.push_str("  "));
    }

    fn literal(&mut self, range: Range) {
        self.out.push_str(&self.text[range.start..range.end]);
    }
}

//! JSON on many lines, however large and deep it is, and with every digit of its numbers.

/// A JSON text with each entry on a line of its own, two blanks deeper than what holds it.
pub(super) fn indented(text: &str) -> String {
    let mut printer = Printer {
        out: String::with_capacity(text.len() * 2),
        depth: 0,
    };
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string(rest),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after.trim_start();
        printer.put(token, rest);
    }
    printer.out
}

/// How many bytes a text in quotes takes, which stands at the beginning.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    let ends = |(_, byte): &(usize, u8)| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    };
    // The first byte is the quote that begins it.
    let mut inside = text.bytes().enumerate().skip(1);
    inside.find(ends).map_or(text.len(), |(at, _)| at + 1)
}

struct Printer {
    out: String,
    depth: usize,
}

impl Printer {
    /// Prints what comes next, before the rest.
    fn put(&mut self, token: &str, rest: &str) {
        match token {
            "}" | "]" => {
                // One that is empty stays on its line.
                if !self.out.ends_with(['{', '[']) {
                    self.depth = self.depth.saturating_sub(1);
                    self.line();
                }
                self.out.push_str(token);
            }
            "{" | "[" => {
                self.out.push_str(token);
                if !rest.starts_with(['}', ']']) {
                    self.depth += 1;
                    self.line();
                }
            }
            "," => {
                self.out.push_str(token);
                self.line();
            }
            ":" => self.out.push_str(": "),
            literal => self.out.push_str(literal),
        }
    }

    fn line(&mut self) {
        self.out.push('\n');
        (0..self.depth).for_each(|_| self.out.push_str("  "));
    }
}

#[cfg(test)]
mod tests {
    use super::indented;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn each_entry_has_a_line() {
        let text = r#" {"a" :[1e400,-0,[],{ }] ,"b":"[{\"x\\\\\":,\\","c\\":{"d":null}} "#;
        let expected = r#"{
  "a": [
    1e400,
    -0,
    [],
    {}
  ],
  "b": "[{\"x\\\\\":,\\",
  "c\\": {
    "d": null
  }
}"#;
        assert_eq!(indented(text), expected);
    }

    /// As deep as nobody parses.
    #[test]
    fn depth_has_no_bound() {
        let text = "[".repeat(5_000) + &"]".repeat(5_000);
        assert_eq!(indented(&text).lines().count(), 9_999);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
            "[\\\\\"{}\\[\\],: ]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[\\\\\"{},:a]{0,4}", inner, 0..5).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Feature: asset-injector, Property: JSON of any size is printed in the same form
        #[test]
        fn it_is_what_others_print(value in any_json()) {
            prop_assert_eq!(indented(&value.to_string()), format!("{value:#}"));
            prop_assert_eq!(indented(&format!("{value:#}")), format!("{value:#}"));
        }
    }
}

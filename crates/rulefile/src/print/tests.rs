//! Printing and parsing are inverse.

use crate::{Format, Source, format, parse, print};
use proptest::prelude::*;
use rules::{IdSpace, Rule, Value, check};

fn rule(fields: Vec<(&str, Value)>) -> Rule {
    let mut all = vec![
        ("id", text("a")),
        ("type", text("wildcard")),
        ("pattern", text("*")),
    ];
    all.retain(|(name, _)| fields.iter().all(|(field, _)| field != name));
    all.extend(fields);
    let draft = Value::Map(
        all.into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    );
    check(&draft, &IdSpace::Local, None).unwrap().rule
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Prints, parses, and compares all fields; the print is in the one style already.
#[track_caller]
fn round_trip(rules: &[Rule]) -> String {
    let printed = print(&rules.iter().collect::<Vec<_>>());
    let source = Source {
        format: Format::Yaml,
        space: IdSpace::Local,
        default_id: None,
    };
    let file = parse(printed.as_bytes(), &source);
    assert_eq!(file.diagnostics, [], "{printed}");
    let values = |rules: &mut dyn Iterator<Item = &Rule>| rules.map(Rule::to_value).collect::<Vec<_>>();
    let parsed = values(&mut file.rules.iter().map(|parsed| &parsed.rule));
    assert_eq!(parsed, values(&mut rules.iter()), "{printed}");
    printed
}

#[test]
fn code_of_several_lines_is_a_block() {
    let printed = round_trip(&[rule(vec![
        ("css", text("a {\n  b: c;\n\n}\n")),
        ("js", text("one()\ntwo()")),
    ])]);
    let expected =
        "id: a\ntype: wildcard\npattern: '*'\ncss: |\n  a {\n    b: c;\n\n  }\njs: |-\n  one()\n  two()\n";
    assert_eq!(printed, expected);
}

#[test]
fn several_rules_are_a_list() {
    let tests = Value::List(vec![Value::Map(vec![(
        "url".to_owned(),
        text("https://example.com/"),
    )])]);
    let one = rule(vec![
        ("css", text("a {}\n\n")),
        ("tests", tests),
        ("tags", Value::List(vec![text("x")])),
    ]);
    let printed = round_trip(&[one, rule(vec![("id", text("b")), ("css", text("a{}"))])]);
    assert!(printed.starts_with("- id: a\n  type: wildcard\n"), "{printed}");
    assert_eq!(print(&[]), "[]\n");
}

#[test]
fn what_a_block_cannot_hold_is_double_quoted() {
    let lines = [
        " a\nb",
        "a\r\nb",
        "\na",
        "a\u{2028}\nb",
        "a\u{7f}\nb",
        "\ta\nb",
        "a\n  ",
        "a\n \n",
        "\u{feff}a\nb",
        "a\u{85}\nb",
    ];
    for code in lines {
        let css = format!("/*{code}*/");
        for css in [css.as_str(), code] {
            let Ok(checked) = check(
                &Value::Map(vec![
                    ("id".to_owned(), text("a")),
                    ("type".to_owned(), text("wildcard")),
                    ("pattern".to_owned(), text("*")),
                    ("css".to_owned(), text(css)),
                ]),
                &IdSpace::Local,
                None,
            ) else {
                continue;
            };
            round_trip(&[checked.rule]);
        }
    }
    let printed = round_trip(&[rule(vec![("css", text("/* a\r\n\u{2028} */"))])]);
    assert!(printed.contains(r#"css: "/* a\r\n\u2028 */""#), "{printed}");
}

#[test]
fn text_that_means_something_else_unquoted_is_quoted() {
    for word in [
        "yes",
        "null",
        "true",
        "1",
        "1.5",
        "~",
        "0x1",
        "- a",
        "a: b",
        "a #b",
        "#a",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'",
        "\"",
        "{",
        "a,b",
        "?",
        "-",
        "---",
        ".inf",
        "=",
        "2026-01-01",
        "on",
        "N",
    ] {
        round_trip(&[rule(vec![
            ("css", text("a{}")),
            ("description", text(word)),
            ("tags", Value::List(vec![text(word)])),
        ])]);
    }
}

#[test]
fn deep_and_odd_extensions_come_back() {
    let map = |entries: Vec<(&str, Value)>| {
        Value::Map(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    };
    let long = "\u{2028}".repeat(200);
    let odd = map(vec![
        ("", Value::Null),
        (
            "<<",
            Value::List(vec![
                Value::List(vec![Value::List(vec![]), map(vec![])]),
                map(vec![("a", Value::Null), ("b", text("x\ny"))]),
            ]),
        ),
        (&long, map(vec![("x", Value::Float(-0.0))])),
        ("a: b", Value::Float(1e300)),
        ("multi\nline", text("z\n")),
    ]);
    let mut deep = Value::Integer(1);
    for _ in 0..62 {
        deep = Value::List(vec![deep]);
    }
    let one = rule(vec![("css", text("a{}")), ("x-odd", odd), ("x-deep", deep)]);
    let two = rule(vec![
        ("id", text("b")),
        ("css", text("a{}")),
        ("x-inf", Value::Float(f64::NEG_INFINITY)),
    ]);
    round_trip(&[one, two]);
}

/// Text with the characters that YAML treats in their own way.
fn any_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        ' ', '\n', '\n', '\t', '\r', '#', ':', '-', '?', '*', '&', '!', '|', '>', '\'', '"', '%', '@', '`',
        '{', '}', '[', ']', ',', '\\', '<', '=', '~', '.', '0', '9', 'e', 'n', 'y', '\u{85}', '\u{2028}',
        '\u{feff}', '\u{7f}', '\u{1}', 'ä', '🎵', '\u{fffe}',
    ]);
    prop::collection::vec(prop_oneof![3 => special, 2 => prop::char::range('a', 'f')], 0..24)
        .prop_map(|chars| chars.into_iter().collect())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Float),
        any_text().prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List);
        let map = prop::collection::btree_map(any_text(), inner, 0..4);
        prop_oneof![list, map.prop_map(|map| Value::Map(map.into_iter().collect()))]
    })
}

prop_compose! {
    fn any_rule()(
        id in "[a-z0-9][a-zA-Z0-9._-]{0,8}",
        css in any_text(),
        js in any_text(),
        description in any_text(),
        author in any_text(),
        tags in prop::collection::vec(any_text(), 0..3),
        priority in prop::option::of(0..=10_000_i128),
        expires in prop::option::of(0..4_000_000_000_000_i64),
        extension in any_value(),
        exclude in prop::collection::vec("[a-z]{1,5}\\.example/[a-z*?]{0,5}", 0..3),
    ) -> Option<Rule> {
        let quoted = |code: &str| format!("/* {} */", code.replace("*/", ""));
        let mut fields = vec![
            ("id", text(&id)),
            ("css", text(&quoted(&css))),
            ("js", text(&quoted(&js))),
            ("description", text(&description)),
            ("author", text(&author)),
            ("tags", Value::List(tags.iter().map(|tag| text(tag)).collect())),
            ("exclude", Value::List(exclude.iter().map(|pattern| text(pattern)).collect())),
            ("x-any", extension),
        ];
        fields.extend(priority.map(|priority| ("priority", Value::Integer(priority))));
        fields.extend(expires.map(|at| ("expires_at", text(&rules::Timestamp::from_millis(at).to_string()))));
        fields.extend([("type", text("wildcard")), ("pattern", text("*.example.com/*"))]);
        let draft = Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        check(&draft, &IdSpace::Local, None).ok().map(|checked| checked.rule)
    }
}

proptest! {
    /// Feature: asset-injector, Property: parsing what was printed gives equal rules
    #[test]
    fn printing_and_parsing_are_inverse(rules in prop::collection::vec(any_rule(), 0..4)) {
        let mut seen = std::collections::HashSet::new();
        let rules: Vec<Rule> = rules.into_iter().flatten().filter(|rule| seen.insert(rule.id().clone())).collect();
        round_trip(&rules);
    }

    /// Feature: asset-injector, Property: formatting twice changes nothing and keeps the values
    #[test]
    fn formatting_keeps_printed_rules(rules in prop::collection::vec(any_rule(), 1..3)) {
        let rules: Vec<Rule> = rules.into_iter().flatten().collect();
        let printed = print(&rules.iter().collect::<Vec<_>>());
        let once = format(printed.as_bytes(), Format::Yaml).unwrap();
        prop_assert_eq!(&format(once.as_bytes(), Format::Yaml).unwrap(), &once);
        let values = |text: &str| format!("{:?}", crate::parse_value(text.as_bytes(), Format::Yaml));
        prop_assert_eq!(values(&printed), values(&once));
    }

    /// Feature: asset-injector, Property: JSON means in a rule file what it means to every JSON parser
    #[test]
    fn json_is_read_as_serde_json_reads_it(value in any_value()) {
        let plain = to_json(&value);
        let text = serde_json::to_string_pretty(&plain).unwrap();
        let read = crate::parse_value(text.as_bytes(), Format::Json).unwrap();
        prop_assert_eq!(to_json(&read), plain);
        let styled = format(text.as_bytes(), Format::Json).unwrap();
        prop_assert_eq!(styled.trim_end(), text);
    }

    /// Feature: asset-injector, Property: no bytes make the parser or the formatter panic
    #[test]
    fn no_text_makes_anything_panic(text in any_text(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        for format in [Format::Yaml, Format::Json] {
            for bytes in [text.as_bytes(), &bytes] {
                let source = Source { format, space: IdSpace::Local, default_id: Some("x") };
                let _ = parse(bytes, &source);
                let _ = crate::format(bytes, format);
            }
        }
    }
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Integer(value) => {
            serde_json::Number::from_i128(*value).map_or_else(|| (*value as f64).into(), Into::into)
        }
        // Infinity has no JSON; a float that is whole is told from an integer by serde_json, as by us.
        Value::Float(value) => {
            serde_json::Number::from_f64(*value).map_or(serde_json::Value::Null, Into::into)
        }
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), to_json(value)))
            .collect(),
    }
}

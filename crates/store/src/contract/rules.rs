//! Rules that are hard to keep: odd characters, long texts, ids at their limits, many at once.

use super::{
    Harness,
    samples::{put, put_if, remove_if, rule, rule_of, text},
    subject::Subject,
};
use crate::Expected;
use rules::{Layer, Value, limits};

/// Texts that formats of any kind stumble over.
pub(super) const HOSTILE: &[&str] = &[
    " leading and trailing blanks ",
    "\ttab first",
    "\n\nempty lines first",
    "two\r\nlines\rof\nevery\n\rkind\r",
    "ends\n\n\n",
    "  indented\n    more\n less\n",
    "line\u{2028}separator\u{2029}and\u{85}next",
    "bell\u{7} escape\u{1b} delete\u{7f} c1\u{9b}",
    "\u{feff}byte order mark",
    "{{ not: a mapping }}",
    "- not\n- a\n- list",
    "--- \n...\n",
    "# no comment",
    "'single' \"double\" \\ back\\slash",
    "&anchor *alias !tag %directive @at `tick",
    "yes",
    "null",
    "1e3",
    "0x1F",
    "2026-11-23",
    "key: value: other",
    "\u{1f525} astral, e\u{301} combining, \u{202e}right to left",
    "trailing backslash\\",
    "${HOME} $(id) %s ' OR 1=1 --",
];

fn list(entries: &[&str]) -> Value {
    Value::List(entries.iter().map(|entry| text(entry)).collect())
}

/// Every field that a rule may have, as it was.
pub fn every_field_of_a_rule_lasts<H: Harness>(harness: &H) {
    let test = |url: &str, matches: bool| {
        let fields = [("url", text(url)), ("matches", Value::Bool(matches))];
        Value::Map(fields.map(|(name, value)| (name.to_owned(), value)).to_vec())
    };
    let nested = Value::List(vec![
        Value::Null,
        Value::Bool(true),
        Value::Integer(i64::MIN.into()),
        Value::Integer(u64::MAX.into()),
        Value::Float(0.1),
        Value::Float(f64::NAN),
        Value::List(Vec::new()),
        Value::Map(vec![("k: v".to_owned(), text("")), (String::new(), text("x"))]),
    ]);
    let full = rule_of(
        "cookies:full",
        vec![
            ("type", text("wildcard")),
            ("pattern", text("https://example.com/*")),
            ("css", text("a {\n  b: c;\n}\n")),
            ("js", text("one();\ntwo();\n")),
            ("priority", Value::Integer(7)),
            ("exclude", list(&["https://example.com/no/*", "*#*"])),
            (
                "tests",
                Value::List(vec![
                    test("https://example.com/a", true),
                    test("https://example.com/no/a", false),
                ]),
            ),
            ("description", text("what it is for")),
            ("author", text("who")),
            ("modified_by", text("who else")),
            ("tags", list(&["one", "no", "1"])),
            ("expires_at", text("2030-01-01T00:00:00Z")),
            ("base_version", text("1.2.3")),
            ("created_at", text("2026-11-23T12:00:00.123Z")),
            ("updated_at", text("2026-11-23T12:00:01Z")),
            ("x-nested", nested),
            ("x-", text("")),
        ],
    );
    let mut store = Subject::new(harness);
    store.done(&[put_if(Layer::Override, &full, Expected::Nothing), put(&full)]);
    store.reopen();
    let contents = store.agree();
    assert_eq!(contents.problems, []);
    let found = contents.rules[0].rule.clone();
    store.done(&[remove_if(Layer::Override, "cookies:full", Expected::Rule(found))]);
}

/// No text is changed by being kept.
pub fn hostile_contents_last<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let mut edits = Vec::new();
    for (n, hostile) in HOSTILE.iter().enumerate() {
        let fields = vec![
            ("css", text(&format!("/*{hostile}*/"))),
            ("js", text(&format!("/*{hostile}*/\n"))),
            ("description", text(hostile)),
            ("tags", list(&[hostile])),
            ("x-text", text(hostile)),
        ];
        edits.push(put(&rule_of(&format!("hostile-{n}"), fields)));
    }
    let long = "/*\r\u{2028}\u{1}*/".repeat(limits::ASSET_BYTES_MAX / 9);
    let fields = vec![("css", text(&long)), ("js", text(&long.replace('\r', "\n")))];
    edits.push(put(&rule_of("long", fields)));
    store.done(&edits);
    store.reopen();
    store.agree();
    for edit in &edits {
        store.done(std::slice::from_ref(edit));
    }
}

/// The longest ids, the shortest, and those that look like something else.
pub fn ids_at_their_limits_last<H: Harness>(harness: &H) {
    let longest = "x".repeat(limits::ID_BYTES_MAX);
    let pack = "p".repeat(limits::PACK_NAME_BYTES_MAX);
    let of_pack = format!("{pack}:{longest}");
    let ids = [
        longest.as_str(),
        &of_pack,
        "0",
        "a",
        "1.0",
        "true",
        "null",
        "a.rule.yaml",
        "a.rule",
        "a..b",
        "a-",
        "CON",
        "0-a:0",
        "0-a:1e3",
        "singles:No",
    ];
    let mut store = Subject::new(harness);
    store.done(&ids.map(|id| put(&rule(id, "a{}"))));
    let of_packs: Vec<_> = ids.into_iter().filter(|id| id.contains(':')).collect();
    let over = |id: &&str| put_if(Layer::Override, &rule(id, "b{}"), Expected::Nothing);
    store.done(&of_packs.iter().map(over).collect::<Vec<_>>());
    store.reopen();
    assert_eq!(store.agree().problems, []);
    for id in ids {
        store.done(&[put(&rule(id, "c{}"))]);
    }
    store.done(&ids.map(|id| remove_if(Layer::Local, id, Expected::Anything)));
}

/// A thousand rules are one change.
pub fn many_rules_are_written_at_once<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let before = store.load().revision;
    let edits: Vec<_> = (0..1_000)
        .map(|n| {
            let rule = rule(&format!("many-{n}"), "a{}");
            put_if(Layer::Local, &rule, Expected::Nothing)
        })
        .collect();
    let after = store.done(&edits);
    assert!(after > before);
    assert_eq!(store.load().rules.len(), 1_000);
}

//! The schema against the checks: what one accepts the other accepts, as far as shapes, types and bounds go.

use super::*;
use crate::{Format, Source, parse};
use jsonschema::Validator;
use rules::{IdSpace, Value as Plain};

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    assert!(
        jsonschema::draft7::meta::is_valid(&schema),
        "the schema is one of draft-07"
    );
    jsonschema::draft7::new(&schema).unwrap()
}

fn to_json(value: &Plain) -> Value {
    match value {
        Plain::Null => Value::Null,
        Plain::Bool(value) => json!(value),
        Plain::Integer(value) => json!(value),
        Plain::Float(value) => json!(value),
        Plain::Text(text) => json!(text),
        Plain::List(items) => items.iter().map(to_json).collect(),
        Plain::Map(entries) => Value::Object(entries.iter().map(|(k, v)| (k.clone(), to_json(v))).collect()),
    }
}

/// Compares the verdicts on a text in YAML.
#[track_caller]
fn check(text: &str, expected: bool) {
    let value = crate::parse_value(text.as_bytes(), Format::Yaml).unwrap();
    let by_schema = validator().is_valid(&to_json(&value));
    let source = Source {
        format: Format::Yaml,
        space: IdSpace::Local,
        default_id: Some("from-path"),
    };
    let file = parse(text.as_bytes(), &source);
    let by_checks = file
        .diagnostics
        .iter()
        .all(|problem| problem.severity == crate::Severity::Warning);
    assert_eq!(
        (by_schema, by_checks),
        (expected, expected),
        "(schema, checks) on:\n{text}\n{:?}",
        file.diagnostics
    );
}

const RULE: &str = "type: wildcard\npattern: example.com/*\ncss: 'a{}'\n";

#[test]
fn good_files_are_good_to_both() {
    check("", true);
    check("[]", true);
    check("rules:\n", true);
    check(RULE, true);
    for field in [
        "id: a.b_c-d",
        "id: pack:a",
        "js: 'return 1'",
        "css: ''\njs: '1'",
        "priority: 0",
        "priority: 10000",
        "priority:",
        "exclude: ['example.com/x']",
        "tests: [{url: 'https://example.com/a'}, {url: 'https://example.org/', matches: false}]",
        "description: d\nauthor: e\nmodified_by: f",
        "tags: [a, b]",
        "expires_at: 2027-01-31T00:00:00Z\ncreated_at: '2026-01-31T00:00:00+01:00'\nupdated_at: 2026-02-01T00:00:00.5Z",
        "x-anything: {a: [1, 2.5, null]}",
        "enabled: true\nstate: active\nsource: {type: local}",
    ] {
        let rule = RULE.replace(
            "css: 'a{}'\n",
            if field.contains("css") { "" } else { "css: 'a{}'\n" },
        );
        check(&format!("{rule}{field}\n"), true);
    }
    let entry = "{id: a, type: exact, pattern: 'https://example.com/', css: 'a{}'}";
    check(&format!("[{entry}, {}]", entry.replace("id: a", "id: b")), true);
    check(
        &format!("x-a: 1\nrequires: {{asset-injector: '>=0.0.1'}}\nrules: [{entry}]\n"),
        true,
    );
}

#[test]
fn bad_files_are_bad_to_both() {
    for text in [
        "7",
        "text",
        "[7]",
        "{}",
        "rules: 7",
        "requires: {asset-injector: '>=0.0.1'}",
        "rules: []\nother: 1",
    ] {
        check(text, false);
    }
    check("requires: {asset-injector: 1.4}\nrules: []", false);
    check("requires: {engine: '1'}\nrules: []", false);
    check("type: wildcard\ncss: 'a{}'\n", false);
    check("pattern: example.com\ncss: 'a{}'\n", false);
    check("type: wildcard\npattern: example.com\n", false);
    check("type: wildcard\npattern: example.com\ncss: ''\njs: ''\n", false);
    for (field, value) in [
        ("id", "7"),
        ("id", "-a"),
        ("id", "a/b"),
        ("id", "[a]"),
        ("priorty", "5"),
        ("match", "x"),
        ("js", "1"),
        ("priority", "-1"),
        ("priority", "10001"),
        ("priority", "1.5"),
        ("priority", "'5'"),
        ("exclude", "example.com"),
        ("exclude", "[1]"),
        ("tests", "{url: 'https://example.com/'}"),
        ("tests", "[{matches: true}]"),
        ("tests", "[{url: 'https://example.com/', match: true}]"),
        ("tests", "[{url: 'https://example.com/', matches: 'yes'}]"),
        ("description", "1.0"),
        ("author", "[me]"),
        ("modified_by", "true"),
        ("tags", "[1]"),
        ("tags", "print"),
        ("expires_at", "2027"),
    ] {
        check(&format!("{RULE}{field}: {value}\n"), false);
    }
    check(&RULE.replace("wildcard", "glob"), false);
    check(
        &format!(
            "{RULE}description: {}\n",
            "x".repeat(limits::METADATA_BYTES_MAX + 1)
        ),
        false,
    );
    check(
        &format!("{RULE}tags: [{}]\n", vec!["t"; limits::TAGS_MAX + 1].join(", ")),
        false,
    );
    check(
        &format!("{RULE}js: '//{}'\n", "x".repeat(limits::ASSET_BYTES_MAX)),
        false,
    );
    let entry = "{type: exact, pattern: 'https://example.com/', css: 'a{}'}";
    check(&format!("[{entry}, {entry}]"), false);
}

#[test]
fn every_field_of_a_rule_is_described() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let properties = schema["definitions"]["rule"]["properties"].as_object().unwrap();
    assert_eq!(properties.len(), FIELDS.len());
    for (name, property) in properties {
        assert!(
            property["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{name}"
        );
        let is_described = property["readOnly"] == json!(true) || property.get("type").is_some();
        assert!(
            is_described,
            "`{name}` is of a kind that the schema does not know"
        );
    }
}

/// The rule files of the examples, which a reader's first command serves.
fn examples() -> Vec<std::path::PathBuf> {
    let mut folders = vec![concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/rules").into()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir::<std::path::PathBuf>(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files.retain(|path: &std::path::PathBuf| path.to_string_lossy().ends_with(".rule.yaml"));
    files
}

#[test]
fn the_examples_are_good_and_formatting_keeps_them() {
    let files = examples();
    assert!(files.len() >= 15, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        check(&text, true);
        let value = |text: &str| crate::parse_value(text.as_bytes(), Format::Yaml).unwrap();
        let once = crate::format(text.as_bytes(), Format::Yaml).unwrap();
        assert_eq!(value(&once), value(&text), "{}", path.display());
        assert_eq!(
            crate::format(once.as_bytes(), Format::Yaml).unwrap(),
            once,
            "{}",
            path.display()
        );
    }
}

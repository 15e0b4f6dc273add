//! Manifests: what is wrong with one and where, what comes back from its print, and the schema beside the checks.

use super::*;
use proptest::prelude::*;
use rules::{Dependency, Requirement, limits};
use semver::Version;

const WHOLE: &str = "name: print-basics
version: 1.2.3-rc.1
description: For print
author: Ann
license: MIT
homepage: https://example.com/
tags: [print, banners]
dependencies:
  - {name: other, version: '^1.2'}
requires: {asset-injector: '>=0.1'}
x-note: {any: [1]}
";

const SHORT: &str = "name: p\nversion: 1.0.0\ndescription: d\nauthor: a\n";

/// What is wrong with a text: line, column, field, reason.
fn wrong(text: &str) -> Vec<String> {
    let found = parse(text.as_bytes()).unwrap_err();
    let shown = |d: Diagnostic| format!("{}:{} {}: {}", d.line, d.column, d.field, d.reason);
    found.into_iter().map(shown).collect()
}

#[test]
fn a_whole_manifest_is_read() {
    let manifest = parse(WHOLE.as_bytes()).unwrap();
    assert_eq!(&*manifest.name, "print-basics");
    assert_eq!(manifest.version, Version::parse("1.2.3-rc.1").unwrap());
    assert_eq!(manifest.license.as_deref(), Some("MIT"));
    assert_eq!(manifest.tags, ["print", "banners"]);
    assert_eq!(manifest.dependencies[0].requirement.as_str(), "^1.2");
    assert_eq!(manifest.requires.unwrap().as_str(), ">=0.1");
}

#[test]
fn everything_that_is_wrong_is_named_with_its_place() {
    let bad = |line: &str| wrong(&format!("{SHORT}{line}\n"));
    assert_eq!(
        wrong("{}"),
        [
            "1:1 name: is missing",
            "1:1 version: is missing",
            "1:1 description: is missing",
            "1:1 author: is missing"
        ]
    );
    assert_eq!(wrong("[]"), ["1:1 : the file is not a mapping of fields"]);
    assert_eq!(wrong(""), ["1:1 : the file is not a mapping of fields"]);
    assert_eq!(bad("tags: print"), ["5:7 tags: is text where a list is wanted"]);
    assert_eq!(
        bad("tags: [a, 7]"),
        ["5:11 tags[1]: is a number where text is wanted"]
    );
    assert_eq!(bad("license: ''"), ["5:10 license: is empty"]);
    assert_eq!(
        bad("name: q"),
        ["5:1 : key `name` is written twice, first on line 1"]
    );
    assert_eq!(
        bad("dependencies: [{name: b}, x, {name: B, version: '1', as: c}]"),
        [
            "5:16 dependencies[0].version: is missing",
            "5:27 dependencies[1]: is text where a mapping such as `{name: other, version: '^1.2'}` is wanted",
            "5:37 dependencies[2].name: 'B' cannot stand in a pack's name, which holds a-z, 0-9 and - only",
            "5:54 dependencies[2].as: is not a field here",
        ]
    );
    assert_eq!(
        bad("requires: {asset-injektor: '1'}"),
        ["5:12 requires.asset-injektor: is not a field here"]
    );
    assert_eq!(
        bad("requires: {asset-injector: newest}").len(),
        1,
        "a requirement that is none"
    );
}

#[test]
fn hints_say_what_to_do() {
    let hint = |text: &str| parse(text.as_bytes()).unwrap_err()[0].hint.clone().unwrap();
    assert_eq!(hint(&SHORT.replace("1.0.0", "1.0")), "put it in quotes");
    assert_eq!(
        hint(&SHORT.replace("1.0.0", "'1.0'")),
        "versions look like `1.2.3`"
    );
    assert_eq!(hint(&format!("{SHORT}licence: MIT\n")), "did you mean `license`?");
}

#[test]
fn names_with_another_meaning_are_no_packs() {
    for name in [
        "available",
        "updates",
        "install",
        "update",
        "sync",
        "singles",
        "local",
        "A",
        "a_b",
    ] {
        let text = SHORT.replace("name: p", &format!("name: {name}"));
        assert_eq!(parse(text.as_bytes()).unwrap_err()[0].field, "name", "{name}");
    }
}

#[test]
fn everything_has_a_bound() {
    let long = |bytes: usize| "x".repeat(bytes);
    let list = |entries: usize, entry: &str| {
        let entries: Vec<_> = (0..entries).map(|n| entry.replace('#', &n.to_string())).collect();
        format!("[{}]", entries.join(", "))
    };
    let dependency = "{name: p-#, version: '1.0.0'}";
    for (fits, passes) in [
        (
            format!("license: {}", long(limits::METADATA_BYTES_MAX)),
            format!("license: {}", long(limits::METADATA_BYTES_MAX + 1)),
        ),
        (
            format!("tags: {}", list(limits::TAGS_MAX, "t#")),
            format!("tags: {}", list(limits::TAGS_MAX + 1, "t#")),
        ),
        (
            format!("tags: [{}]", long(limits::TAG_BYTES_MAX)),
            format!("tags: [{}]", long(limits::TAG_BYTES_MAX + 1)),
        ),
        (
            format!("dependencies: {}", list(DEPENDENCIES_MAX, dependency)),
            format!("dependencies: {}", list(DEPENDENCIES_MAX + 1, dependency)),
        ),
    ] {
        parse(format!("{SHORT}{fits}\n").as_bytes()).unwrap();
        assert_eq!(wrong(&format!("{SHORT}{passes}\n")).len(), 1, "{passes}");
    }
    let huge = format!("{SHORT}# {}\n", long(BYTES_MAX));
    assert_eq!(wrong(&huge).len(), 1);
    assert_eq!(wrong(&format!("{SHORT}x-a: {}\n", "[".repeat(50))).len(), 1);
}

#[test]
fn the_schema_accepts_what_the_checks_accept() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let to_json = |text: &str| -> serde_json::Value {
        fn plain(value: &Value) -> serde_json::Value {
            match value {
                Value::Null => serde_json::Value::Null,
                Value::Bool(value) => (*value).into(),
                Value::Integer(value) => serde_json::json!(value),
                Value::Float(value) => (*value).into(),
                Value::Text(text) => text.as_str().into(),
                Value::List(items) => items.iter().map(plain).collect(),
                Value::Map(entries) => {
                    serde_json::Value::Object(entries.iter().map(|(k, v)| (k.clone(), plain(v))).collect())
                }
            }
        }
        plain(&crate::parse_value(text.as_bytes(), Format::Yaml).unwrap())
    };
    let with = |line: &str| format!("{SHORT}{line}\n");
    for text in [
        WHOLE.to_owned(),
        SHORT.to_owned(),
        with("tags:"),
        with("homepage: null"),
        with("requires: {}"),
        "{}".to_owned(),
        SHORT.replace("1.0.0", "1.0"),
        SHORT.replace("1.0.0", "01.0.0"),
        SHORT.replace("1.0.0", "1.0.0-a..b"),
        SHORT.replace("1.0.0", "1.0.0+b.01"),
        SHORT.replace("name: p", "name: P"),
        SHORT.replace("author: a", "author: ''"),
        with("licence: MIT"),
        with("tags: [1]"),
        with("tags: x"),
        with("dependencies: [{name: b}]"),
        with("dependencies: [{name: b, version: '1', as: c}]"),
        with("requires: {engine: '1'}"),
        with("requires: '1'"),
    ] {
        let by_schema = validator.is_valid(&to_json(&text));
        assert_eq!(by_schema, parse(text.as_bytes()).is_ok(), "{text}");
    }
}

fn words() -> impl Strategy<Value = String> {
    "\\PC{0,20}[^\\s\\pC]|[a-z:#'\"\n -]{0,12}[a-z]".prop_map(|text| text.trim().to_owned())
}

fn requirements() -> impl Strategy<Value = Requirement> {
    let texts = ["1.2.3", ">=1.4", "^1.2, <1.9", "~2.0.1", "*"];
    prop::sample::select(texts.to_vec()).prop_map(|text| Requirement::parse(text).unwrap())
}

prop_compose! {
    fn manifests()(
        name in "[a-z]{7,9}[a-z0-9-]{0,9}",
        version in "[1-9]{1,3}\\.0\\.[1-9](-rc\\.[1-9])?(\\+b[0-9]{1,3})?",
        (description, author) in (words(), words()),
        (license, homepage) in (prop::option::of(words()), prop::option::of(words())),
        tags in prop::collection::vec(words(), 0..4),
        dependencies in prop::collection::btree_map("q[a-z]{9,10}", requirements(), 0..4),
        requires in prop::option::of(requirements()),
    ) -> Manifest {
        let dependency = |(name, requirement)| Dependency { name, requirement };
        Manifest {
            name: name.into(),
            version: Version::parse(&version).unwrap(),
            description, author, license, homepage, tags,
            dependencies: dependencies.into_iter().map(dependency).collect(),
            requires,
        }
    }
}

proptest! {
    /// Feature: asset-injector, Property: a manifest that is printed is read back as it was
    #[test]
    fn a_manifest_comes_back_from_its_print(manifest in manifests()) {
        prop_assert_eq!(parse(print(&manifest).as_bytes()), Ok(manifest));
    }
}

//! Every field, every byte.

use crate::fixtures::{archive, bytes, memory, read, refused, take, unpacked};
use backup::{Saved, compare};
use rules::{Layer, PackFile, Value};
use std::sync::Arc;
use store::{
    Edit, Expected, NewPack,
    contract::{pack, rule_of},
};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn put(layer: Layer, id: &str, fields: Vec<(&str, Value)>) -> Edit {
    Edit::Put {
        layer,
        rule: rule_of(id, fields),
        replaces: Expected::Anything,
    }
}

#[test]
fn every_field_of_a_rule_is_saved() {
    let nested = Value::Map(vec![
        ("largest".to_owned(), Value::Integer(i128::MAX)),
        ("smallest".to_owned(), Value::Integer(i128::MIN)),
        (
            "floats".to_owned(),
            Value::List(
                [1.0, -0.0, 1e300, f64::MIN_POSITIVE, f64::INFINITY, f64::NAN]
                    .map(Value::Float)
                    .to_vec(),
            ),
        ),
        ("\u{feff}: \r\n".to_owned(), text("\u{2028}\u{85}\t 'no: #")),
        (String::new(), Value::List(vec![Value::Null, Value::Bool(true)])),
    ]);
    let fields = vec![
        ("js", text("one();\r\ntwo();\n\n")),
        ("css", text("")),
        ("priority", Value::Integer(7)),
        ("description", text("what it is for")),
        ("author", text("who")),
        ("modified_by", text("who else")),
        ("expires_at", text("2030-01-01T00:00:00Z")),
        ("base_version", text("1.2.3")),
        ("created_at", text("2026-11-23T12:00:00.123Z")),
        ("updated_at", text("2026-11-23T12:00:01Z")),
        ("x-nested", nested),
    ];
    let edits = [Layer::Local, Layer::Override].map(|layer| put(layer, "cookies:Full", fields.clone()));
    let saved = take(&memory(&edits));
    let again = read(&bytes(&saved)).unwrap();
    let values = |saved: &backup::Saved| -> Vec<Value> {
        let rules = saved.contents.rules.iter();
        rules.map(|sourced| sourced.rule.to_value()).collect()
    };
    assert_eq!(values(&again), values(&saved));
    assert_eq!(values(&again).len(), 2);
    assert!(compare(&saved, &again).is_equal());
}

/// Also where it is no text: a pack that was put there by hand may hold a picture.
#[test]
fn every_byte_of_a_pack_is_saved() {
    let mut new = NewPack::clone(&pack("cookies", "1.0.0", &[("a", "a{}")]));
    let odd: [(&str, Vec<u8>); 3] = [
        ("a.png", (0..=255).collect()),
        ("empty.txt", Vec::new()),
        ("notes.txt", "\u{feff}one\r\n\0two".into()),
    ];
    new.files.extend(odd.map(|(path, bytes)| PackFile {
        path: path.to_owned(),
        bytes,
    }));
    let saved = take(&memory(&[Edit::Install(Arc::new(new.clone()))]));
    let again = read(&bytes(&saved)).unwrap();
    assert!(compare(&saved, &again).is_equal());
    new.files.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(again.files["cookies"], new.files);
    assert_eq!(again.contents.packs["cookies"], new.pack);
    assert_eq!(again.contents.rules[0].origin.layer, Layer::Community);
    assert!(again.contents.rules[0].origin.trusted);
}

/// The format is what was promised to those who keep archives: what changes this text needs a new version.
#[test]
fn an_archive_is_lines_of_json() {
    let mut shop = NewPack::clone(&pack("shop", "1.0.0", &[("a", "a{}")]));
    shop.pack.source = None;
    let edits = [
        Edit::Install(Arc::new(shop)),
        put(Layer::Local, "banner", vec![("css", text("a{}"))]),
        Edit::Disable(rules::RuleId::parse("x").unwrap()),
        Edit::Pin(rules::RuleId::parse("shop:a").unwrap(), Layer::Community),
    ];
    let archive = bytes(&take(&memory(&edits)));
    let text = unpacked(&archive);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..7],
        [
            r#"{"archive":{"format":"asset-injector-backup","version":1,"revision":0,"pack_files":true}}"#,
            r#"{"pack":{"name":"shop","rules":1}}"#,
            r#"{"file":{"pack":"shop","path":"manifest.yaml","text":"name: shop\nversion: \"1.0.0\"\ndescription: for a test\nauthor: Ann\n"}}"#,
            r#"{"file":{"pack":"shop","path":"rules/a.rule.json","text":"{\"id\": \"a\", \"type\": \"exact\", \"pattern\": \"https://example.com/\", \"css\": \"a{}\"}"}}"#,
            r#"{"rule":{"layer":"local","text":"id: banner\ntype: exact\npattern: https://example.com/\ncss: 'a{}'\n"}}"#,
            r#"{"disabled":"x"}"#,
            r#"{"pin":{"id":"shop:a","layer":"community"}}"#,
        ]
    );
    assert!(
        lines[7].starts_with(r#"{"end":{"lines":7,"sha256":""#),
        "{}",
        lines[7]
    );
    assert_eq!(lines.len(), 8);
}

/// Who knows only the first version reads an archive that says no store, and refuses one that does by its version.
#[test]
fn an_archive_has_the_lowest_version_that_holds_it() {
    let head = |saved: &Saved| unpacked(&bytes(saved)).lines().next().unwrap().to_owned();
    let saved = |store: Option<&str>| Saved {
        store: store.map(str::to_owned),
        ..Saved::default()
    };
    let first =
        r#"{"archive":{"format":"asset-injector-backup","version":1,"revision":0,"pack_files":false}}"#;
    assert_eq!(head(&saved(None)), first);
    let second = r#"{"archive":{"format":"asset-injector-backup","version":2,"revision":0,"store":"one","pack_files":false}}"#;
    assert_eq!(head(&saved(Some("one"))), second);
    for head in [first, second, &first.replace("\"version\":1", "\"version\":2")] {
        let read = read(&archive(&[head])).unwrap();
        assert_eq!(read.store.as_deref(), head.contains("store").then_some("one"));
    }
    let impossible = second.replace("\"version\":2", "\"version\":1");
    let reason = "it is damaged: line 1: version 1 of the format has no field `store`";
    assert_eq!(refused(&archive(&[&impossible])), reason);
}

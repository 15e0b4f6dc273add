//! The bounds of a draft: bytes, numbers of entries, and problems.

use super::{accept, list, map, problems, refuse, text};
use crate::{IdSpace, Value, check, limits};

#[test]
fn so_many_problems_are_listed_and_the_others_counted() {
    let unknown: Vec<_> = (0..100_000).map(|n| (format!("u{n}"), Value::Null)).collect();
    let found = problems(check(&Value::Map(unknown), &IdSpace::Local, Some("a")).unwrap_err());
    assert_eq!(found.len(), limits::VIOLATIONS_MAX + 1);
    assert_eq!(found[0], "type: is missing");
    assert_eq!(found[limits::VIOLATIONS_MAX], ": has 99903 further problems");
}

#[test]
fn white_space_around_ids_patterns_urls_and_metadata_is_trimmed() {
    let around = |inner: &str| text(format!("\u{feff}\u{2003}\t {inner}\u{85}\n\u{feff}"));
    let test = map(&[("url", around("https://example.com/"))]);
    let rule = accept(&[
        ("id", around("a")),
        ("type", around("wildcard")),
        ("pattern", around("example.com/*")),
        ("description", around("d")),
        ("tags", Value::List(vec![around("t")])),
        ("exclude", Value::List(vec![around("example.com/x")])),
        ("tests", Value::List(vec![test])),
        ("expires_at", around("2030-01-01T00:00:00Z")),
        ("css", text(" a{} ")),
        ("js", text("\t1 ")),
    ])
    .rule;
    assert_eq!(
        (rule.id().as_str(), rule.pattern().as_str()),
        ("a", "example.com/*")
    );
    assert_eq!((rule.description(), &*rule.tags()[0]), (Some("d"), "t"));
    assert_eq!(
        (rule.exclude()[0].as_str(), &*rule.tests()[0].url),
        ("example.com/x", "https://example.com/")
    );
    assert_eq!(
        (&*rule.assets().css, &*rule.assets().js),
        (" a{} ", "\t1 "),
        "code is kept byte for byte"
    );
}

#[test]
fn limits_count_bytes_after_trimming() {
    let umlauts = |count: usize| text(format!("  {}  ", "ä".repeat(count)));
    for (field, bytes) in [
        ("description", limits::METADATA_BYTES_MAX),
        ("author", 1024),
        ("modified_by", 1024),
    ] {
        accept(&[(field, umlauts(bytes / 2))]);
        let found = refuse(&[(field, umlauts(bytes / 2 + 1))]);
        assert_eq!(
            found,
            [format!("{field}: has {} bytes, {bytes} are allowed", bytes + 2)]
        );
    }
    accept(&[("tags", Value::List(vec![umlauts(32); limits::TAGS_MAX]))]);
    assert_eq!(
        refuse(&[("tags", Value::List(vec![umlauts(33)]))]),
        ["tags[0]: has 66 bytes, 64 are allowed"]
    );
    assert_eq!(
        refuse(&[("tags", list(&["t"; 33]))]),
        ["tags: has 33 entries, 32 are allowed"]
    );
    accept(&[("exclude", list(&["a.test/"; limits::EXCLUDES_MAX]))]);
    assert_eq!(
        refuse(&[("exclude", list(&["a.test/"; 65]))]),
        ["exclude: has 65 entries, 64 are allowed"]
    );
    let test = map(&[("url", text("https://example.com/"))]);
    accept(&[("tests", Value::List(vec![test.clone(); limits::TESTS_MAX]))]);
    assert_eq!(
        refuse(&[("tests", Value::List(vec![test; 65]))]),
        ["tests: has 65 entries, 64 are allowed"]
    );
    accept(&[("pattern", text(format!(" example.com/{} ", "a".repeat(2036))))]);
    assert!(
        refuse(&[("pattern", text(format!("example.com/{}", "a".repeat(2037))))])[0].starts_with("pattern: ")
    );
}

#[test]
fn css_and_js_hold_100_kib_each() {
    let css = |bytes: usize| text(" ".repeat(bytes));
    accept(&[("css", css(102_400)), ("js", css(102_400))]);
    assert_eq!(
        refuse(&[("css", css(102_401))]),
        ["css: has 102401 bytes, 102400 are allowed"]
    );
    assert_eq!(
        refuse(&[("js", css(102_401))]),
        ["js: has 102401 bytes, 102400 are allowed"]
    );
}

#[test]
fn u_0000_is_refused_everywhere() {
    for field in [
        "id",
        "type",
        "pattern",
        "css",
        "js",
        "description",
        "author",
        "base_version",
        "x-mine",
    ] {
        let found = refuse(&[(field, text("a\0b"))]);
        assert!(
            found[0].starts_with(&format!("{field}: holds the character U+0000")),
            "{found:?}"
        );
    }
    assert!(refuse(&[("tags", list(&["a", "\0"]))])[0].starts_with("tags[1]: holds the character U+0000"));
    assert!(refuse(&[("x-a", Value::List(vec![map(&[("k\0", Value::Null)])]))])[0].contains("U+0000"));
}

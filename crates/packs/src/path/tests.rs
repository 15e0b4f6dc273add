//! Paths that are safe, and those that are not.

use super::*;

#[test]
fn plain_paths_are_taken() {
    for path in [
        "manifest.yaml",
        "rules/a/b.rule.yaml",
        "rules/Müller und Söhne.rule.yaml",
        ".hidden",
        "a..b",
        "console",
        "com10",
        "lpt",
    ] {
        assert_eq!(check(path), Ok(()), "{path}");
    }
}

#[test]
fn everything_else_is_not() {
    for path in [
        "",
        "/etc/passwd",
        "..",
        "../a",
        "a/../b",
        "a/..",
        ".",
        "a/./b",
        "a//b",
        "a/",
        "//a",
        "a\\b",
        "C:/a",
        "a:b",
        "a\0b",
        "a\nb",
        "a\u{7f}",
        "a\u{202e}b",
        "a.",
        "a ",
        " a",
        "a./b",
        "CON",
        "con.txt",
        "nul.tar.gz",
        "a/Com1",
        "LPT9.rule.yaml",
        "com¹",
        "conin$",
        "a*",
        "a?",
        "a|b",
        "aux .txt",
    ] {
        assert!(check(path).is_err(), "{path:?}");
    }
    assert!(check(&"a".repeat(PART_BYTES_MAX)).is_ok());
    assert!(check(&"a".repeat(PART_BYTES_MAX + 1)).is_err());
    let parts = |count, length| vec!["a".repeat(length); count].join("/");
    assert!(check(&parts(4, PATH_BYTES_MAX / 4 - 1)).is_ok());
    assert!(check(&parts(4, PATH_BYTES_MAX / 4)).is_err());
    assert!(check(&parts(PARTS_MAX, 1)).is_ok());
    assert!(check(&parts(PARTS_MAX + 1, 1)).is_err());
}

#[test]
fn names_that_some_system_takes_for_one_fold_alike() {
    for (one, other) in [
        ("a/B.yaml", "A/b.YAML"),
        ("\u{e9}", "e\u{301}"),
        ("\u{c9}", "e\u{301}"),
        ("\u{212a}", "k"),
        ("ﬁ", "FI"),
        ("ſ", "S"),
        ("σ", "ς"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} {other}");
    }
    assert_ne!(fold("a/b"), fold("a.b"));
    assert_ne!(fold("e"), fold("é"));
}

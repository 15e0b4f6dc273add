//! Each finding once, and patterns about which nothing must be said.

use crate::{Pattern, PatternKind};

fn check(kind: PatternKind, text: &str, expected: &[(&str, Option<&str>)]) {
    let lints = Pattern::parse(kind, text).unwrap().lints();
    let found: Vec<_> = lints
        .iter()
        .map(|lint| (lint.code, lint.suggestion.as_deref()))
        .collect();
    assert_eq!(found, expected, "{kind:?} {text}: {lints:?}");
    for (_, suggestion) in expected {
        if let Some(suggestion) = suggestion {
            let corrected = Pattern::parse(kind, suggestion).unwrap();
            assert_eq!(
                corrected.lints(),
                [],
                "the correction of {text} is doubtful itself"
            );
        }
    }
}

fn never(kind: PatternKind, text: &str, suggestion: Option<&str>) {
    check(kind, text, &[("never-matches", suggestion)]);
}

#[test]
fn wildcards_that_can_never_match() {
    for (text, suggestion) in [
        ("https://example.com?x=*", Some(r"https://example.com/\?x=*")),
        ("example.com#top", Some("example.com/#top")),
        (
            "https://example.com#/cart/*",
            Some("https://example.com/#/cart/*"),
        ),
        ("https://user@example.com/*", Some("https://example.com/*")),
        ("a:b@example.com:3000/*", Some("example.com:3000/*")),
        ("::1/*", Some("[::1]/*")),
        ("exa mple.com/*", None),
        ("%65xample.com/*", None),
        (r"example.com\\*/a", None),
        ("example.com:http/*", None),
        ("example.com:99999/*", None),
        ("example.com:08080/*", Some("example.com:8080/*")),
        ("http://0x7f.1:3000/*", Some("http://127.0.0.1:3000/*")),
        ("[0:0:0:0:0:0:0:1]/*", Some("[::1]/*")),
        ("[::1/*", None),
        ("example.com/a/../b", Some("example.com/b")),
        ("example.com/a/../b/*", Some("example.com/b/*")),
        ("example.com/./b?c", Some("example.com/b?c")),
        ("example.com/{id}/*", Some("example.com/%7Bid%7D/*")),
        (r"example.com/a\\b/*", Some("example.com/a/b/*")),
        (r"example.com/\?q='a'", Some(r"example.com/\?q=%27a%27")),
    ] {
        never(PatternKind::Wildcard, text, suggestion);
    }
}

#[test]
fn wildcards_that_mean_something_else() {
    for (text, code, suggestion) in [
        ("example.com?page", "not-a-plain-glob", r"example.com/\?page"),
        ("example.com", "root-page-only", "example.com/*"),
        (
            "https://*.example.com:8080",
            "root-page-only",
            "https://*.example.com:8080/*",
        ),
        ("*/print/*", "not-a-plain-glob", "*/*/print/*"),
        ("*/index.html", "not-a-plain-glob", "*/*/index.html"),
        ("*example.com/*", "matches-other-hosts", "*.example.com/*"),
        ("www.example.com*/a", "matches-other-hosts", "www.example.com/a"),
        ("example.com:443/*", "not-a-plain-glob", "https://example.com/*"),
        ("*://example.com:80/*", "not-a-plain-glob", "http://example.com/*"),
    ] {
        check(PatternKind::Wildcard, text, &[(code, Some(suggestion))]);
    }
}

#[test]
fn regexes_and_exact_patterns() {
    never(PatternKind::Regex, "bücher", None);
    never(
        PatternKind::Regex,
        r"^example\.com/",
        Some(r"^https?://example\.com/"),
    );
    never(
        PatternKind::Regex,
        r"^(www\.)?example\.com/",
        Some(r"^https?://(www\.)?example\.com/"),
    );
    check(
        PatternKind::Regex,
        "https://example.com/*",
        &[("not-a-plain-glob", Some("https://example.com/"))],
    );
    check(PatternKind::Regex, "(a|b)*", &[("matches-everything", None)]);
    check(
        PatternKind::Exact,
        "https://example.com/*",
        &[("literal-star", None)],
    );
}

#[test]
fn sound_patterns_raise_nothing() {
    for text in [
        "*",
        "*://*/*",
        "*.example.com/*",
        "https://example.com*",
        "example.com/*",
        "https://example.com/",
        "www.?.test/*",
        "example.*/*",
        "*/*",
        "*://*/print/*",
        "*/*/print/*",
        "localhost:3000/*",
        "[::1]:*/*",
        "*.bücher.example/*",
        "example.com/#/cart*",
        "example.com/search?q=*",
        "example.com/*/../*",
        "example.com/a/..*",
        "https://example.com:80/*",
        "*cdn*/*",
        "127.0.0.1/*",
        "example.com./*",
        "a_b.test/*",
        "*:8080/*",
        "example.com:8*/*",
        "example.com/a%20b/*",
    ] {
        check(PatternKind::Wildcard, text, &[]);
    }
    for text in [
        r"^https?://",
        "^h",
        "^.*example",
        r"^(?i)HTTPS://",
        "^",
        r"\.pdf$",
        r"/(a|b)/\d+",
        "(?:^https://a|b)",
    ] {
        check(PatternKind::Regex, text, &[]);
    }
    check(PatternKind::Exact, "https://example.com/a?b#c", &[]);
}

/// Whatever a finding says can never match must not match any URL of the table.
#[test]
fn what_never_matches_matches_no_case() {
    for (kind, text, url) in crate::tests::matching_cases() {
        let lints = Pattern::parse(kind, text).unwrap().lints();
        assert!(
            lints.iter().all(|lint| lint.code != "never-matches"),
            "{text} matches {url}: {lints:?}"
        );
    }
}

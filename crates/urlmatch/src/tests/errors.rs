//! Refused patterns: kind, place and words, since users read them.

use crate::{ErrorKind, PATTERN_BYTES_MAX, Pattern, PatternKind, REGEX_NEST_MAX, RegexError, UrlError};
use PatternKind::{Exact, Regex, Wildcard};

fn kind(kind: PatternKind, text: &str) -> ErrorKind {
    let error = Pattern::parse(kind, text)
        .err()
        .unwrap_or_else(|| panic!("{text} should be refused"));
    assert!(
        error
            .to_string()
            .starts_with(&format!("pattern `{}`: ", error.pattern)),
        "{error}"
    );
    error.kind
}

fn says(pattern_kind: PatternKind, text: &str, expected: &str) {
    let message = kind(pattern_kind, text).to_string();
    assert!(message.contains(expected), "{text}: {message}");
}

#[test]
fn a_pattern_has_1_to_2048_bytes_after_trimming() {
    for pattern_kind in PatternKind::ALL {
        assert_eq!(kind(pattern_kind, " \u{feff}\n"), ErrorKind::Empty);
        // As a comment, since a regular expression has a limit on what it compiles to as well.
        let start = if pattern_kind == Regex {
            "(?x)example.com/  # "
        } else {
            "https://example.com/"
        };
        let long = format!("{start}{}", "a".repeat(PATTERN_BYTES_MAX - 20));
        assert!(Pattern::parse(pattern_kind, &format!(" {long}\n")).is_ok());
        assert_eq!(
            kind(pattern_kind, &format!("{long}a")),
            ErrorKind::TooLong {
                bytes: PATTERN_BYTES_MAX + 1
            }
        );
    }
}

#[test]
fn an_exact_pattern_is_an_http_url_without_user_name() {
    assert_eq!(kind(Exact, "example.com"), ErrorKind::Url(UrlError::Relative));
    assert_eq!(
        kind(Exact, "ftp://example.com/"),
        ErrorKind::Url(UrlError::Scheme("ftp".into()))
    );
    assert_eq!(kind(Exact, "https://user@example.com/"), ErrorKind::Credentials);
    assert_eq!(
        kind(Exact, "https://:secret@example.com/"),
        ErrorKind::Credentials
    );
    assert_eq!(kind(Exact, "https://"), ErrorKind::Url(UrlError::NoHost));
    says(Exact, "https://exa mple.com/", "not a valid URL: ");
    says(Exact, "*.example.com/*", "begin it with `https://` or `http://`");
}

#[test]
fn another_scheme_is_refused() {
    for scheme in ["ftp", "h*", "https*", "http?", "", "file", r"\*", "example.com"] {
        assert_eq!(
            kind(Wildcard, &format!("{scheme}://example.com/*")),
            ErrorKind::Scheme(scheme.into())
        );
    }
    says(
        Wildcard,
        "ftp://example.com/",
        "the scheme `ftp` is not supported; write `http`, `https`, `*` (both)",
    );
}

#[test]
fn a_backslash_before_anything_else_is_an_error() {
    assert_eq!(
        kind(Wildcard, r"example.com/\d"),
        ErrorKind::Escape {
            at: 13,
            found: Some('d')
        }
    );
    assert_eq!(
        kind(Wildcard, r"bü\cher.example/"),
        ErrorKind::Escape {
            at: 3,
            found: Some('c')
        }
    );
    assert_eq!(
        kind(Wildcard, r"example.com\/a"),
        ErrorKind::Escape {
            at: 12,
            found: Some('/')
        }
    );
    assert_eq!(
        kind(Wildcard, r"example.com/\"),
        ErrorKind::Escape { at: 13, found: None }
    );
    says(
        Wildcard,
        r"example.com/\d",
        r"the `\` before `d` at character 13 escapes nothing",
    );
}

#[test]
fn a_host_part_is_there_and_has_a_port_after_its_colon() {
    assert_eq!(kind(Wildcard, "/print/*"), ErrorKind::NoHost);
    assert_eq!(kind(Wildcard, "https:///a"), ErrorKind::NoHost);
    assert_eq!(kind(Wildcard, ":8080/a"), ErrorKind::NoHost);
    assert_eq!(kind(Wildcard, "."), ErrorKind::NoHost);
    assert_eq!(kind(Wildcard, "example.com:/*"), ErrorKind::NoPort);
}

#[test]
fn a_label_other_than_ascii_holds_no_wildcard() {
    assert_eq!(
        kind(Wildcard, "*bücher.example/*"),
        ErrorKind::WildcardInLabel("*bücher".into())
    );
    assert_eq!(
        kind(Wildcard, "b?ücher.example/*"),
        ErrorKind::WildcardInLabel("b?ücher".into())
    );
    assert!(matches!(
        kind(Wildcard, "a\u{200b}\u{ffff}b.example/*"),
        ErrorKind::Label(_)
    ));
    says(Wildcard, "*bücher.example/*", "use its `xn--` form");
}

#[test]
fn look_around_and_back_references_are_refused_with_position_and_reason() {
    for (text, at, group) in [
        ("a(?=b)", 2, "(?="),
        ("ü(?!b)", 2, "(?!"),
        ("(?<=a)b", 1, "(?<="),
        ("x(?<!a)", 2, "(?<!"),
    ] {
        let expected = RegexError::LookAround {
            at,
            group: group.into(),
        };
        assert_eq!(kind(Regex, text), ErrorKind::Regex(expected));
    }
    let expected = RegexError::BackReference {
        at: 4,
        reference: r"\1".into(),
    };
    assert_eq!(kind(Regex, r"(a)\1"), ErrorKind::Regex(expected));
    says(
        Regex,
        "a(?=b)",
        "look-around `(?=` at character 2 is not supported, since it cannot be matched in linear time",
    );
}

#[test]
fn unicode_is_refused() {
    for (text, at, found) in [
        (r"a\p{Greek}", 2, r"\p{Greek}"),
        (r"\pL", 1, r"\pL"),
        ("(?u)a", 1, "(?u)"),
        ("a(?iu:b)", 4, "iu"),
        ("[ü]", 2, "ü"),
    ] {
        let expected = RegexError::Unicode {
            at,
            found: found.into(),
        };
        assert_eq!(kind(Regex, text), ErrorKind::Regex(expected), "{text}");
    }
}

#[test]
fn compiled_size_and_nesting_are_bounded() {
    assert_eq!(
        kind(Regex, "[a-z]{1,1000}{1,1000}"),
        ErrorKind::Regex(RegexError::TooBig)
    );
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Pattern::parse(Regex, &nested(REGEX_NEST_MAX as usize)).is_ok());
    assert!(matches!(
        kind(Regex, &nested(REGEX_NEST_MAX as usize + 1)),
        ErrorKind::Regex(RegexError::TooDeep { .. })
    ));
    says(Regex, "[a-z]{1,1000}{1,1000}", "compiles to more than 64 KiB");
}

#[test]
fn malformed_regexes_say_where() {
    let at = |text: &str| {
        let ErrorKind::Regex(RegexError::Syntax { at, reason }) = kind(Regex, text) else {
            panic!("{text}")
        };
        (at, reason)
    };
    assert_eq!(at("a(b").0, 2);
    assert_eq!(at("*.example.com/*").0, 1);
    assert_eq!(at("ü[z-a]").0, 3);
    assert!(at("a(b").1.contains("unclosed group"));
}

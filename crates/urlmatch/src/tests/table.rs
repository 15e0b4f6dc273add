//! One table of (kind, pattern, URL, expected), run on the pattern alone, on a set of all of them, and on the oracle.

use super::oracle;
use crate::{Candidate, Pattern, PatternKind, PatternSetBuilder, Scratch};
use PatternKind::{Exact, Regex, Wildcard};

type Case = (PatternKind, &'static str, &'static str, bool);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // The subject: lower-case scheme and host, no credentials, no default port, no final dot, a path.
    (Exact, "https://example.com/", "https://example.com", true),
    (Exact, "HTTPS://EXAMPLE.com", "https://example.com/", true),
    (Exact, "https://example.com/", "https://user:secret@example.com/", true),
    (Exact, "https://example.com/", "https://example.com:443/", true),
    (Exact, "https://example.com/", "https://example.com./", true),
    (Exact, "https://example.com/", "https://example.com../", false),
    (Exact, "https://example.com./", "https://example.com/", true),
    (Exact, "https://example.com/", "https://example.com:8443/", false),
    (Exact, "https://example.com/", "http://example.com/", false),
    (Exact, "https://example.com/b", "https://example.com/a/../b", true),
    (Exact, "https://example.com/a/../b", "https://example.com/b", true),
    (Exact, "https://example.com/a/b", "https:\\\\example.com\\a\\b", true),
    (Exact, "https://example.com/ab", "https://example.com/a\tb\n", true),
    (Exact, "https://xn--bcher-kva.example/", "https://BÜCHER.example/", true),
    (Exact, "https://bücher.example/", "https://xn--bcher-kva.example/", true),
    (Exact, "http://[::1]:8080/", "http://[0:0:0:0:0:0:0:1]:8080", true),
    (Exact, "http://127.0.0.1/", "http://0x7f.1/", true),
    // Nothing else is normalized.
    (Exact, "https://example.com/~a", "https://example.com/%7ea", false),
    (Exact, "https://example.com/%7ea", "https://example.com/%7Ea", false),
    (Exact, "https://example.com/a", "https://example.com/a/", false),
    (Exact, "https://example.com/", "https://example.com/?", false),
    (Exact, "https://example.com/A", "https://example.com/a", false),
    (Exact, "https://example.com/?q=A", "https://example.com/?q=a", false),
    (Exact, "https://example.com/\u{e9}", "https://example.com/%C3%A9", true),
    // A fragment is optional.
    (Exact, "https://example.com/", "https://example.com/#top", true),
    (Exact, "https://example.com/#top", "https://example.com/#top", true),
    (Exact, "https://example.com/#top", "https://example.com/", false),
    (Exact, "https://example.com/#top", "https://example.com/#Top", false),
    (Exact, "https://example.com/#", "https://example.com/#", true),
    (Wildcard, "example.com/#/cart", "https://example.com/#/cart", true),
    (Wildcard, "example.com/#/cart*", "https://example.com/#/cart/2", true),
    (Wildcard, "example.com/", "https://example.com/#/cart", true),
    (Wildcard, "example.com/*#x", "https://example.com/a#x", true),
    (Wildcard, "example.com/*a", "https://example.com/a#xb", true),
    (Wildcard, "example.com/*b", "https://example.com/a#xb", true),
    (Wildcard, "example.com/*x", "https://example.com/a#xb", false),
    (Regex, "/a$", "https://example.com/a#b", true),
    (Regex, "#b$", "https://example.com/a#b", true),
    // The whole subject must match; `*` is any run, `?` exactly one, a backslash escapes.
    (Wildcard, "https://example.com/a*", "https://example.com/a", true),
    (Wildcard, "https://example.com/a*c", "https://example.com/abbbc", true),
    (Wildcard, "https://example.com/a*c", "https://example.com/abbbcd", false),
    (Wildcard, "https://example.com/a?c", "https://example.com/abc", true),
    (Wildcard, "https://example.com/a?c", "https://example.com/ac", false),
    (Wildcard, "https://example.com/a?c", "https://example.com/a/c", true),
    (Wildcard, "https://example.com/?", "https://example.com/", false),
    (Wildcard, "https://example.com/a**b", "https://example.com/a-b", true),
    (Wildcard, r"https://example.com/a\?b", "https://example.com/a?b", true),
    (Wildcard, r"https://example.com/a\?b", "https://example.com/acb", false),
    (Wildcard, r"https://example.com/a\*b", "https://example.com/a*b", true),
    (Wildcard, r"https://example.com/a\*b", "https://example.com/axb", false),
    (Wildcard, r"https://example.com/?x=\\", r"https://example.com/?x=\", true),
    (Wildcard, "https://example.com/*a?c*e?g*", "https://example.com/abcdefg", true),
    (Wildcard, "https://example.com/*a?c*e?g*", "https://example.com/abefg", false),
    (Wildcard, "https://example.com/*ab*ab", "https://example.com/ab", false),
    (Wildcard, "https://example.com/*ab*ab", "https://example.com/abab", true),
    (Wildcard, "https://example.com/*ab*ab#*", "https://example.com/abab#", true),
    // Scheme.
    (Wildcard, "http://example.com/*", "https://example.com/", false),
    (Wildcard, "HTTPS://example.com/*", "https://example.com/", true),
    (Wildcard, "*://example.com/*", "http://example.com/", true),
    (Wildcard, "http*://example.com/*", "https://example.com/", true),
    (Wildcard, "example.com/*", "http://example.com/x", true),
    (Wildcard, "example.com/*", "https://example.com/x", true),
    (Wildcard, "example.com/?u=http://a.test/", "https://example.com/?u=http://a.test/", true),
    // Host part.
    (Wildcard, "https://*.example.com/*", "https://evil.test/x.example.com/", false),
    (Wildcard, "https://*.example.com/*", "https://evil.test/?x.example.com/", false),
    (Wildcard, "https://*.example.com/*", "https://evil.test/#x.example.com/", false),
    (Wildcard, "https://*.example.com/*", "https://a.b.example.com/", true),
    (Wildcard, "https://*.example.com/*", "https://example.com/", true),
    (Wildcard, "https://*.example.com/*", "https://notexample.com/", false),
    (Wildcard, "https://good.test/*", "https://evil.test/https://good.test/", false),
    (Wildcard, "good.test/*", "https://good.test@evil.test/", false),
    (Wildcard, "good.test/*", "https://evil.test@good.test/", true),
    (Wildcard, "good.test/*", "https://evil.test\\@good.test/", false),
    (Wildcard, "good.test/*", "https://good.test.evil.test/", false),
    (Wildcard, "good.test/*", "https://good.test./x", true),
    (Wildcard, "*good.test/*", "https://evilgood.test/x", true),
    (Wildcard, "www.*.test/*", "https://www.a.b.test/x", true),
    (Wildcard, "www.?.test/*", "https://www.a.test/x", true),
    (Wildcard, "www.?.test/*", "https://www.ab.test/x", false),
    (Wildcard, r"\*.example.com/*", "https://a.example.com/", false),
    (Wildcard, r"\*.example.com/*", "https://*.example.com/", true),
    (Wildcard, "EXAMPLE.com./A", "https://example.com/A", true),
    (Wildcard, "EXAMPLE.com./A", "https://example.com/a", false),
    (Wildcard, "*.bücher.example/*", "https://a.xn--bcher-kva.example/", true),
    (Wildcard, "bücher。example/*", "https://xn--bcher-kva.example/", true),
    (Wildcard, "中国*", "https://xn--fiqs8s/x", true),
    (Wildcard, "[::1]:*/*", "http://[::1]:3000/x", true),
    (Wildcard, "[::1]/*", "http://[::1]:3000/x", false),
    (Wildcard, "[::1]*", "http://[::1]/x", true),
    (Wildcard, "[*]/*", "http://[::1]/x", true),
    // Port.
    (Wildcard, "example.com/*", "https://example.com:8443/", false),
    (Wildcard, "*/*", "https://example.com:8443/", true),
    (Wildcard, "example.com:8443/*", "https://example.com:8443/", true),
    (Wildcard, "example.com:8443/*", "https://example.com/", false),
    (Wildcard, "example.com:*/*", "https://example.com:8443/", true),
    (Wildcard, "example.com:*/*", "https://example.com/", false),
    (Wildcard, "example.com:8?43/*", "https://example.com:8443/", true),
    (Wildcard, "https://example.com:443/*", "https://example.com/", true),
    (Wildcard, "http://example.com:443/*", "http://example.com:443/", true),
    (Wildcard, "http://example.com:80/*", "http://example.com/", true),
    (Wildcard, "example.com:443/*", "https://example.com/", false),
    (Wildcard, "example.com:443/*", "http://example.com:443/", true),
    (Wildcard, "localhost:3000/*", "http://localhost:3000/x", true),
    (Wildcard, "*:3000/*", "http://localhost:3000/x", true),
    (Wildcard, "*:3000/*", "http://localhost/x", false),
    (Wildcard, "exam*/*", "http://example:3000/x", false),
    // Rest.
    (Wildcard, "example.com", "https://example.com/", true),
    (Wildcard, "example.com", "https://example.com/x", false),
    (Wildcard, "https://example.com*", "https://example.com/x", true),
    (Wildcard, "https://example.com*", "https://example.com.evil.test/", false),
    (Wildcard, "https://example.com**", "https://example.com/x", true),
    (Wildcard, "example.com:3000*", "https://example.com:3000/x", true),
    (Wildcard, "example.*", "https://example.org/", true),
    (Wildcard, "example.*", "https://example.org/x", false),
    (Wildcard, "*", "https://example.com:81/x?y#z", true),
    (Wildcard, "**", "http://[::1]/", true),
    (Wildcard, "https://*", "https://example.com:81/x", true),
    (Wildcard, "https://*", "http://example.com/x", false),
    (Wildcard, "*/print/*", "https://example.com/print/1", true),
    (Wildcard, "*/print/*", "https://example.com/a/print/1", false),
    (Wildcard, "*/*/print/*", "https://example.com/a/print/1", true),
    (Wildcard, "example.com/ü \"<>", "https://example.com/%C3%BC%20%22%3C%3E", true),
    (Wildcard, "example.com/%7e", "https://example.com/%7e", true),
    (Wildcard, "example.com/%7e", "https://example.com/~", false),
    (Wildcard, "example.com/A*", "https://example.com/a", false),
    // Patterns that can never match.
    (Wildcard, "https://example.com?x=*", "https://example.com/?x=1", false),
    (Wildcard, "user@example.com/*", "https://user@example.com/", false),
    // Regular expressions: unanchored, ASCII.
    (Regex, "example", "https://www.example.com/", true),
    (Regex, "^example", "https://example.com/", false),
    (Regex, r"^https://[^/]*\.example\.com/", "https://evil.test/https://a.example.com/", false),
    (Regex, r"(?i)/PRINT/", "https://example.com/a/print/1", true),
    (Regex, r"/(blog|news)/\d{4}", "https://example.com/news/2024", true),
    (Regex, r"/(blog|news)/\d{4}", "https://example.com/shop/2024", false),
    (Regex, r"^https?://([a-z]+\.)*example\.(com|org)/", "http://a.b.example.org/", true),
    (Regex, r"/a\b", "https://example.com/a-b", true),
    (Regex, r"", "https://example.com/", true),
    (Regex, r"\?id=\d+$", "https://example.com/?id=12#x", true),
    (Regex, "ü", "https://example.com/ü", false),
    (Regex, "x{0}", "https://example.com/", true),
];

fn cases() -> impl Iterator<Item = (&'static Case, Pattern, Candidate)> {
    CASES
        .iter()
        .filter(|(_, pattern, ..)| !pattern.is_empty())
        .map(|case| {
            let (kind, pattern, url, _) = case;
            let pattern = Pattern::parse(*kind, pattern).unwrap_or_else(|error| panic!("{error}"));
            let candidate = Candidate::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            (case, pattern, candidate)
        })
}

pub(super) fn matching_cases() -> impl Iterator<Item = (PatternKind, &'static str, &'static str)> {
    CASES
        .iter()
        .filter(|case| case.3 && !case.1.is_empty())
        .map(|case| (case.0, case.1, case.2))
}

#[test]
fn each_pattern_alone() {
    for (case, pattern, candidate) in cases() {
        assert_eq!(pattern.is_match(&candidate), case.3, "{case:?}");
        assert!(
            !case.3 || pattern.may_match(&candidate),
            "{case:?} is refused by its own literal"
        );
    }
}

#[test]
fn the_oracle() {
    for (case, _, candidate) in cases() {
        assert_eq!(oracle::is_match(case.0, case.1, &candidate), case.3, "{case:?}");
    }
}

#[test]
fn each_pattern_in_a_set_of_its_own() {
    for (case, pattern, candidate) in cases() {
        let mut builder = PatternSetBuilder::new();
        builder.add(pattern.clone());
        let set = builder.build();
        let mut scratch = Scratch::default();
        let is_candidate = set.candidates(&candidate, &mut scratch).next().is_some();
        assert_eq!(is_candidate, pattern.may_match(&candidate), "{case:?}");
        assert!(is_candidate || !case.3, "{case:?} is not found");
    }
}

#[test]
fn the_whole_set() {
    let mut builder = PatternSetBuilder::new();
    for (_, pattern, _) in cases() {
        builder.add(pattern);
    }
    let set = builder.build();
    let mut scratch = Scratch::default();
    for (index, (case, _, candidate)) in (0_u32..).zip(cases()) {
        let mut hits = set.candidates(&candidate, &mut scratch);
        let hit = hits.find(|hit| hit.index() == index);
        assert_eq!(
            hit.is_some_and(|hit| set.is_match(&hit, &candidate)),
            case.3,
            "{case:?}"
        );
    }
}

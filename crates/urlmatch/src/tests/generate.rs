//! URLs, ordinary and hostile, and patterns that are made from them, so that matches really happen.

use crate::{Candidate, PatternKind};
use proptest::{prelude::*, sample::select};

/// A URL that parses.
pub(super) fn url() -> impl Strategy<Value = String> {
    let scheme = select(&["http://", "https://", "HTTPS://", "https:\\\\"][..]);
    let credentials = select(&["", "", "", "user@", "a:b@", "https%3A@"][..]);
    let port = select(&["", "", "", ":80", ":443", ":8080", ":3000"][..]);
    (scheme, credentials, host(), port, rest())
        .prop_map(|(scheme, credentials, host, port, rest)| {
            [scheme, credentials, &host, port, &rest].concat()
        })
        .prop_filter("a URL", |url| Candidate::parse(url).is_ok())
}

fn host() -> impl Strategy<Value = String> {
    let fixed = select(
        &[
            "example.com",
            "www.example.com",
            "example.com.",
            "good.test",
            "good.test.evil.test",
            "a.b.c.example.com",
            "[::1]",
            "127.0.0.1",
            "bücher.example",
            "xn--bcher-kva.example",
            "LOCALHOST",
            "*.example.com",
            "a_b.test",
            "a..b",
        ][..],
    );
    prop_oneof![4 => fixed.prop_map(str::to_owned), 1 => "[ab]{1,3}(\\.[ab]{1,3}){0,3}"]
}

fn rest() -> impl Strategy<Value = String> {
    let part = select(
        &[
            "/",
            "/a",
            "/b",
            "/aa",
            "/ab/",
            "/print/",
            "/../",
            "/https://good.test/",
            "?",
            "?x=1",
            "&y=a*b",
            "#",
            "#top",
            "#/a/b",
            "%7E",
            "~",
            "é",
            " ",
            "\t",
            "\\",
            "\"",
            "^",
            "|",
            "aaaaaaaaaaaaaaaa",
            "abababababab",
            "ABAB",
        ][..],
    );
    let ordinary = prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat());
    let long = ("[ab/]{1,4}", 1..2000_usize)
        .prop_map(|(unit, times)| format!("/{}", unit.repeat(times / unit.len())));
    prop_oneof![12 => ordinary, 4 => "/[ab/?#]{0,24}", 1 => long].prop_map(|rest| match rest.chars().next() {
        Some('/' | '?' | '#' | '\\') | None => rest,
        _ => format!("/{rest}"),
    })
}

/// A pattern text that may match the URL: the URL itself with some of it replaced.
pub(super) fn pattern_from(url: &str) -> impl Strategy<Value = (PatternKind, String)> + use<> {
    let candidate = Candidate::parse(url).unwrap();
    let subject = candidate.as_str().to_owned();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..8_usize, 0..8_u8), 0..5);
    prop_oneof![
        1 => Just((PatternKind::Exact, url.replace('@', "."))),
        6 => (Just(subject.clone()), edits.clone(), 0..8_u8).prop_map(|(subject, edits, form)| {
            (PatternKind::Wildcard, wildcard(&subject, &edits, form))
        }),
        3 => (Just(subject), edits, 0..8_u8)
            .prop_map(|(subject, edits, form)| (PatternKind::Regex, regex(&subject, &edits, form))),
        1 => "[*?ab./:\\\\#@%é]{1,12}".prop_map(|text| (PatternKind::Wildcard, text)),
        1 => "[ab./:*+?()|^$]{1,12}".prop_map(|text| (PatternKind::Regex, text)),
    ]
}

/// Many URLs, and patterns made from them.
pub(super) fn usual_set() -> impl Strategy<Value = (Vec<(PatternKind, String)>, Vec<String>)> {
    prop::collection::vec(url(), 1..6).prop_flat_map(|urls| {
        let patterns: Vec<_> = urls
            .iter()
            .map(|url| prop::collection::vec(pattern_from(url), 0..12))
            .collect();
        (patterns.prop_map(|patterns| patterns.concat()), Just(urls))
    })
}

/// Patterns whose literals share all of their short grams, or their domain, and URLs made of the same pieces.
///
/// A text of two pieces that begin alike has few different grams however long it is, so one bucket would hold all.
pub(super) fn crowded_set() -> impl Strategy<Value = (Vec<(PatternKind, String)>, Vec<String>)> {
    let pieces = select(
        &[
            ["abcdefghijkl", "abcdefghijklm"],
            ["ab", "aB"],
            ["a", "aaaaaaaa"],
            ["/x", "/x/y.z"],
        ][..],
    );
    pieces.prop_flat_map(|pieces| {
        let text = move |most| {
            prop::collection::vec(select(pieces.to_vec()), 1..most).prop_map(|pieces| pieces.concat())
        };
        let pattern = (text(12), 0..7_u8).prop_map(|(text, form)| match form {
            0 => (PatternKind::Wildcard, format!("*/*{text}*")),
            1 => (PatternKind::Wildcard, format!("*.d.test/{text}*")),
            2 => (PatternKind::Wildcard, format!("https://*.d.test/{text}?")),
            3 => (PatternKind::Wildcard, format!("https://d.test/{text}*")),
            4 => (PatternKind::Wildcard, format!("*.a/{text}*")),
            5 => (PatternKind::Regex, format!("(?i){text}")),
            _ => (PatternKind::Regex, format!("{text}$|^http://{text}")),
        });
        let host = select(
            &[
                "d.test",
                "e.d.test",
                "d.test.d.test",
                "d.test:8080",
                "a",
                "b.a",
                "evil.test/d.test",
            ][..],
        );
        let url = (host, text(24)).prop_map(|(host, text)| format!("https://{host}/{text}"));
        (
            prop::collection::vec(pattern, 0..400),
            prop::collection::vec(url, 1..4),
        )
    })
}

type Edit = (prop::sample::Index, usize, u8);

/// The pieces of the subject, some of them replaced.
fn edit(
    subject: &str,
    edits: &[Edit],
    keep: impl Fn(&str) -> String,
    replace: impl Fn(&str, u8) -> String,
) -> String {
    let mut cuts: Vec<_> = edits
        .iter()
        .map(|(at, length, how)| (at.index(subject.len() + 1), *length, *how))
        .collect();
    cuts.sort_unstable();
    let mut made = String::new();
    let mut from = 0;
    for (at, length, how) in cuts.into_iter().filter(|(at, ..)| *at >= 8) {
        let at = at.max(from);
        let end = (at + length).min(subject.len());
        made += &keep(&subject[from..at]);
        made += &replace(&subject[at..end], how);
        from = end;
    }
    made + &keep(&subject[from..])
}

fn wildcard(subject: &str, edits: &[Edit], form: u8) -> String {
    let escape = |text: &str| text.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?");
    let made = edit(subject, edits, escape, |cut, how| match how {
        0 => "?".repeat(cut.len()),
        1 => "*?".to_owned(),
        2 => "**".to_owned(),
        3 => cut.to_ascii_uppercase(),
        _ => "*".to_owned(),
    });
    let after_scheme = made.split_once("://").map_or("*", |(_, after)| after);
    match form {
        0 => after_scheme.to_owned(),
        1 => format!("*://{after_scheme}"),
        2 => format!("http*://{after_scheme}"),
        3 => format!("*.{after_scheme}"),
        4 => format!("{made}*"),
        _ => made,
    }
}

fn regex(subject: &str, edits: &[Edit], form: u8) -> String {
    let made = edit(subject, edits, regex_syntax::escape, |cut, how| match how {
        0 => ".*".to_owned(),
        1 => format!("(?:{}|x+)", regex_syntax::escape(cut)),
        2 => format!("(?i:{})", regex_syntax::escape(&cut.to_ascii_uppercase())),
        3 => format!("({})?", regex_syntax::escape(cut)),
        4 => "[a-z/.]{2,}".to_owned(),
        5 => "|".to_owned(),
        6 => r"\b[^#]".to_owned(),
        _ => "[ab]".to_owned(),
    });
    match form {
        0 => format!("(?i){}", made.to_ascii_uppercase().replace("\\B", "\\b")),
        1 => format!("^{made}$"),
        2 => format!("{made}$"),
        3 => format!("(?i){made}"),
        4 => made.get(8..).map_or(made.clone(), str::to_owned),
        _ => made,
    }
}

//! The parts of the index by themselves; the whole is held against a linear scan in the crate's properties.

mod work;

use super::{
    PatternSetBuilder, Scratch,
    bloom::Bloom,
    keys::{self, GRAM_BYTES},
    probe::{ANYWHERE, PLACES_MAX},
};
use crate::{Candidate, Pattern, PatternKind};

fn keys_of(texts: impl Iterator<Item = String>) -> Vec<u64> {
    texts.map(|text| keys::gram_of::<8>(text.as_bytes())).collect()
}

#[test]
fn the_filter_knows_every_key_and_few_others() {
    for count in [1, 10, 1_000, 100_000] {
        let inside = keys_of((0..count).map(|n| format!("{n:08}")));
        let bloom = Bloom::of(&inside);
        assert!(inside.iter().all(|&key| bloom.may_contain(key)));
        let outside = keys_of((0..100_000).map(|n| format!("x{n:07}")));
        let wrong = outside.iter().filter(|&&key| bloom.may_contain(key)).count();
        assert!(
            wrong < 1_500,
            "{wrong} of 100000 strangers pass a filter of {count} keys"
        );
    }
}

#[test]
fn grams_of_each_length_have_keys_of_their_own() {
    let text: Vec<u8> = (0..2_000_u32).map(|n| (n * n % 97) as u8).collect();
    let mut all: Vec<u64> = Vec::new();
    let mut hashes = Vec::new();
    for bytes in GRAM_BYTES {
        keys::hash_grams(&text, bytes, &mut hashes);
        assert_eq!(hashes.len(), text.len() + 1 - bytes);
        let first = hashes[0];
        keys::hash_grams(&text[..bytes], bytes, &mut hashes);
        assert_eq!(hashes, [first], "{bytes} bytes");
        all.push(first);
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), GRAM_BYTES.len());
}

fn candidates(patterns: &[(PatternKind, String)], url: &str) -> Vec<u32> {
    let mut builder = PatternSetBuilder::new();
    for (kind, text) in patterns {
        builder.add(Pattern::parse(*kind, text).unwrap());
    }
    let candidate = Candidate::parse(url).unwrap();
    builder
        .build()
        .candidates(&candidate, &mut Scratch::default())
        .map(|hit| hit.index())
        .collect()
}

#[test]
fn an_empty_set_has_no_candidates() {
    assert_eq!(candidates(&[], "https://example.com/"), []);
}

/// A literal after `*.` may be shorter than a gram, and a domain have more patterns than are looked up by it.
#[test]
fn a_domain_of_one_letter_may_have_many_patterns() {
    for (host, url) in [("a", "https://x.a/page7"), ("", "https://x./page7")] {
        let pages = (0..40).map(|n| format!("*.{host}/page{n}*"));
        let all = (0..40).map(|_| format!("*.{host}/*"));
        let patterns: Vec<_> = all
            .chain(pages)
            .map(|text| (PatternKind::Wildcard, text))
            .collect();
        let expected: Vec<u32> = (0..40).chain([47]).collect();
        assert_eq!(candidates(&patterns, url), expected, "{host:?}");
    }
}

/// What ties a probe to an entry is a hash, so anything may come together.
#[test]
fn a_literal_stands_where_it_must_whatever_place_it_is_asked_for() {
    let texts = ["*.a.test/x*", "a.test/x", "a.test/x*", "*/*a.test/x*"];
    let mut builder = PatternSetBuilder::new();
    for text in texts {
        builder.add(Pattern::parse(PatternKind::Wildcard, text).unwrap());
    }
    let set = builder.build();
    let elsewhere = Candidate::parse("https://b.test/a.test/x").unwrap();
    let after_scheme = elsewhere.after_scheme().len();
    let places = (0..after_scheme + 20).chain([ANYWHERE as usize]);
    for at in places {
        for entry in set.table.entries(0..4) {
            let stands = set.stands(entry, at, &elsewhere, elsewhere.bytes());
            assert!(
                !stands || entry.pattern == 3,
                "{} at {at}",
                texts[entry.pattern as usize]
            );
        }
    }
}

/// On a repetitive URL each of a thousand literals was compared at each of eight thousand places.
#[test]
fn a_gram_of_many_places_is_searched_for_once() {
    let starred = |length: usize| (PatternKind::Wildcard, format!("*/*{}*", "a".repeat(length)));
    let patterns: Vec<_> = (12..1_012).map(starred).collect();
    for (length, expected) in [
        (8_000, 1_000),
        (500, 489),
        (12 + PLACES_MAX, 1 + PLACES_MAX),
        (11, 0),
    ] {
        let url = format!("https://example.com/{}", "a".repeat(length));
        let expected: Vec<u32> = (0..).take(expected).collect();
        assert_eq!(candidates(&patterns, &url), expected, "{length} letters");
    }
}

#[test]
fn candidates_come_in_rank_order_each_once_with_residual_ones_among_them() {
    let patterns = [
        (PatternKind::Wildcard, "example.com/*"),
        (PatternKind::Regex, "[0-9]"),
        (PatternKind::Regex, "example|com/a"),
        (PatternKind::Exact, "https://example.com/b"),
        (PatternKind::Wildcard, "*"),
        (PatternKind::Exact, "https://example.com/a"),
    ]
    .map(|(kind, text)| (kind, text.to_owned()));
    assert_eq!(candidates(&patterns, "https://example.com/a#b"), [0, 1, 2, 4, 5]);
}

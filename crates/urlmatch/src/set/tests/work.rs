//! What one look-up compares at most, on sets and URLs that are made to hurt this index; counted, not timed.

use super::super::{PatternSet, PatternSetBuilder, Scratch, plan::GRAM_LITERALS_MAX, probe::ANYWHERE};
use crate::{Candidate, Pattern, PatternKind, SUBJECT_BYTES_MAX};

fn set_of(patterns: impl Iterator<Item = String>) -> PatternSet {
    let mut builder = PatternSetBuilder::new();
    for text in patterns {
        builder.add(Pattern::parse(PatternKind::Wildcard, &text).unwrap());
    }
    builder.build()
}

/// The longest URL that repeats a text.
fn longest(repeated: &str) -> Candidate {
    let start = "https://a.test/";
    let times = (SUBJECT_BYTES_MAX - start.len()) / repeated.len();
    Candidate::parse(&format!("{start}{}", repeated.repeat(times))).unwrap()
}

/// Comparisons of a literal with one place of the URL; a search of the whole URL counts as one for 16 bytes.
fn comparisons(set: &PatternSet, url: &Candidate) -> usize {
    let mut scratch = Scratch::default();
    set.find(url, &mut scratch);
    let cost = |at: u32| match at {
        ANYWHERE => url.bytes().len() / 16,
        _ => 1,
    };
    scratch.entries.iter().map(|(at, _)| cost(*at)).sum()
}

/// A text that spells a number in two pieces, which begin alike so that all their short grams are shared.
fn spelled(number: usize, digits: u32) -> String {
    (0..digits)
        .map(|digit| match number >> digit & 1 {
            0 => "abcdefghijkl",
            _ => "abcdefghijklm",
        })
        .collect()
}

/// Each short gram of these stood for a twentieth of the set, whatever the set's size.
#[test]
fn literals_that_share_their_short_grams_do_not_meet_in_one_bucket() {
    const DIGITS: u32 = 14;
    let url = longest(&(0..50).map(|n| spelled(n * 331, DIGITS)).collect::<String>());
    let work = [1 << 8, 1 << DIGITS].map(|count| {
        let set = set_of((0..count).map(|number| format!("*/*{}*", spelled(number, DIGITS))));
        comparisons(&set, &url)
    });
    let bound = url.bytes().len() * usize::from(GRAM_LITERALS_MAX) / 16;
    assert!(
        work.iter().all(|&work| work < bound),
        "{work:?} comparisons, {bound} at most"
    );
}

/// Literals of one letter are parts of each other, so they are all in the URL; each is looked for once.
#[test]
fn literals_within_each_other_are_searched_for_once_each() {
    const COUNT: usize = 1_500;
    let set = set_of((8..COUNT + 8).map(|length| format!("*/*{}*", "a".repeat(length))));
    let url = longest("a");
    let work = comparisons(&set, &url);
    let searches = COUNT * url.bytes().len() / 16;
    assert!(work <= searches, "{work} comparisons");
}

/// A hundred thousand pages of one site made a bucket of as many.
#[test]
fn many_patterns_of_one_domain_are_told_apart_by_their_paths() {
    let set = set_of((0..5_000).map(|number| format!("*.a.test/page-{number:04}-of/*")));
    let url = Candidate::parse("https://www.a.test/page-0123-of/it").unwrap();
    let work = comparisons(&set, &url);
    assert!(work < 50, "{work} comparisons");
    let mut scratch = Scratch::default();
    assert_eq!(set.candidates(&url, &mut scratch).count(), 1);
}

/// Equal literals share every gram; at 63 places each they were as many entries.
#[test]
fn equal_literals_are_searched_for_once_each() {
    const COUNT: usize = 5_000;
    let set = set_of((0..COUNT).map(|number| format!("*/*abcdefgh*{number}")));
    let url = Candidate::parse(&format!("https://x.test/{}", "abcdefgh/".repeat(63))).unwrap();
    let mut scratch = Scratch::default();
    set.find(&url, &mut scratch);
    assert_eq!(scratch.entries.len(), COUNT);
}

/// Pieces of the index's own literals, at every place of the longest URL.
#[test]
fn a_url_of_literals_costs_what_it_holds() {
    let literal = |number: usize| format!("/word-{number:05}/");
    let set = set_of((0..20_000).map(|number| format!("*/*{}*", literal(number))));
    let text: String = (0..650).map(|n| literal(n * 30)).collect();
    let url = longest(&text);
    let work = comparisons(&set, &url);
    assert!(work < url.bytes().len(), "{work} comparisons");
}

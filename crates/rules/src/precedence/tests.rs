//! The order, criterion by criterion, and that it is one.

use crate::{
    Layer, Precedence, Score, ScoreFrom,
    sample::{Sample, any_samples, later, now, rule},
};
use proptest::prelude::*;

fn score(sample: &Sample, priority_counts: bool) -> Score {
    Score::of(&sample.rule(), priority_counts)
}

fn place(sample: &Sample) -> Precedence {
    let sourced = sample.sourced();
    Precedence::of(&sourced, Score::of(&sourced.rule, sourced.origin.trusted), now())
}

#[track_caller]
fn ranks_above(higher: &Sample, lower: &Sample) {
    assert!(place(higher) < place(lower), "{higher:?} ranks above {lower:?}");
    assert!(place(lower) > place(higher));
}

#[test]
fn the_score_is_the_base_and_the_patterns_length() {
    for (kind, pattern, value) in [
        ("exact", "https://example.com/", 1020),
        ("regex", "abc", 503),
        ("wildcard", "*", 101),
        ("wildcard", " * ", 101),
        ("wildcard", "m\u{fc}ller.test/*", 114),
        ("wildcard", &format!("example.com/{}", "a".repeat(487)), 599),
        ("wildcard", &format!("example.com/{}", "a".repeat(488)), 599),
        (
            "exact",
            &format!("https://example.com/{}", "a".repeat(1000)),
            1499,
        ),
    ] {
        assert_eq!(
            score(&rule("a", pattern).kind(kind), true).value,
            value,
            "{kind} {pattern}"
        );
    }
    let Score { from, .. } = score(&rule("a", "*").kind("wildcard"), true);
    assert_eq!(from, ScoreFrom::Computed { base: 100, length: 1 });
}

#[test]
fn priority_replaces_the_score_where_it_counts() {
    let sample = rule("a", "*").priority(7);
    assert_eq!(
        score(&sample, true),
        Score {
            value: 7,
            from: ScoreFrom::Priority
        }
    );
    assert_eq!(score(&sample, false).value, 101);
    assert_eq!(score(&rule("a", "*").priority(0), true).value, 0);
}

#[test]
fn higher_score_comes_first() {
    ranks_above(&rule("b", "*").priority(102), &rule("a", "*"));
    ranks_above(&rule("b", "abc").kind("regex"), &rule("a", "example.com/a*"));
}

#[test]
fn then_the_longer_pattern() {
    ranks_above(&rule("b", "a.test/*").priority(5), &rule("a", "*").priority(5));
    let long = |n: usize| format!("a.test/{}", "a".repeat(n));
    ranks_above(&rule("b", &long(601)), &rule("a", &long(600)));
}

#[test]
fn then_local_before_override_before_community() {
    let of = |layer| rule("p:a", "a.test/*").layer(layer);
    ranks_above(&of(Layer::Local), &of(Layer::Override));
    ranks_above(&of(Layer::Override), &of(Layer::Community));
}

#[test]
fn then_the_newer_updated_at_where_missing_and_future_count_as_oldest() {
    let at = |millis| rule("b", "a.test/*").updated(later(millis));
    ranks_above(&at(-1), &rule("a", "a.test/*").updated(later(-2)));
    ranks_above(&at(0), &rule("a", "a.test/*"));
    ranks_above(&at(-9), &rule("a", "a.test/*").updated(later(1)));
    ranks_above(&rule("a", "a.test/*"), &at(1));
}

#[test]
fn then_the_smaller_id_in_byte_order() {
    ranks_above(&rule("Z", "a.test/*"), &rule("a", "a.test/*"));
    ranks_above(&rule("a-", "a.test/*"), &rule("a.", "a.test/*"));
}

proptest! {
    /// Feature: asset-injector, Property: precedence is a total order
    #[test]
    fn total_order(samples in any_samples()) {
        let places: Vec<_> = samples.iter().take(12).map(place).collect();
        for a in &places {
            for b in &places {
                prop_assert_eq!(a.cmp(b), b.cmp(a).reverse());
                prop_assert_eq!(a == b, a.cmp(b).is_eq());
                for c in &places {
                    prop_assert!(!(a <= b && b <= c) || a <= c);
                }
            }
        }
    }
}

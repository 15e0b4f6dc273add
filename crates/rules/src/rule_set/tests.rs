//! What a page gets: against a resolve of twenty lines, and case by case.

use super::{Mode, Resolution, RuleSet, StackLimits};
use crate::{
    Entry, Layer, MergeInput, PackJs, Precedence, RuleId, State, limits, merge,
    sample::{Sample, any_samples, any_url, input, later, now, page, rule, set},
};
use proptest::prelude::*;
use std::sync::Arc;
use urlmatch::Candidate;

fn resolve(set: &RuleSet, url: &str, mode: Mode) -> Resolution {
    set.resolve(&page(url), mode, StackLimits::default(), now())
}

fn ids(resolution: &Resolution) -> Vec<&str> {
    resolution
        .rules
        .iter()
        .map(|rule| rule.entry.sourced.rule.id().as_str())
        .collect()
}

fn all_ids(samples: &[Sample], url: &str) -> Vec<String> {
    ids(&resolve(&set(samples), url, Mode::All))
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[test]
fn best_is_the_single_first_match() {
    let set = set(&[
        rule("general", "*"),
        rule("blog", "example.com/blog/*"),
        rule("site", "example.com/*"),
    ]);
    for (url, first) in [
        ("https://example.com/blog/a", vec!["blog"]),
        ("https://example.com/", vec!["site"]),
        ("https://other.test/", vec!["general"]),
    ] {
        let resolution = resolve(&set, url, Mode::Best);
        assert_eq!(ids(&resolution), first, "{url}");
        assert_eq!(resolution.css, format!("#{}{{}}", first[0]));
        assert!(!resolution.truncated);
    }
}

#[test]
fn all_is_every_match_in_rank_order() {
    let samples = [
        rule("general", "*"),
        rule("blog", "example.com/blog/*"),
        rule("site", "example.com/*"),
    ];
    assert_eq!(
        all_ids(&samples, "https://example.com/blog/a"),
        ["blog", "site", "general"]
    );
    assert_eq!(
        resolve(&set(&samples), "https://example.com/x", Mode::All).css,
        "#general{}\n#site{}"
    );
}

#[test]
fn no_match_is_an_empty_answer() {
    for mode in [Mode::Best, Mode::All] {
        for samples in [vec![], vec![rule("a", "example.com/*")]] {
            let resolution = resolve(&set(&samples), "https://other.test/", mode);
            assert!(resolution.rules.is_empty() && resolution.css.is_empty() && resolution.js.is_empty());
        }
    }
}

#[test]
fn an_exclusion_matches_with_the_fragment_or_without() {
    let samples = [rule("a", "example.com/*").exclude(&["*/x*", "*/*#off"])];
    assert_eq!(all_ids(&samples, "https://example.com/y#on"), ["a"]);
    assert!(all_ids(&samples, "https://example.com/x").is_empty());
    assert!(all_ids(&samples, "https://example.com/x#on").is_empty());
    assert!(all_ids(&samples, "https://example.com/y#off").is_empty());
}

#[test]
fn from_expires_at_on_a_rule_no_longer_matches() {
    let set = set(&[
        rule("old", "example.com/*").expires(now()),
        rule("new", "*").expires(later(1)),
    ]);
    assert_eq!(ids(&resolve(&set, "https://example.com/", Mode::All)), ["new"]);
    let at = |millis| {
        set.resolve(
            &page("https://example.com/"),
            Mode::Best,
            StackLimits::default(),
            later(millis),
        )
    };
    assert_eq!(ids(&at(-1)), ["old"]);
    assert!(at(1).rules.is_empty());
}

#[test]
fn valid_until_is_the_next_expiry_that_may_change_the_answer() {
    let samples = [
        rule("first", "example.com/a*").expires(later(50)),
        rule("second", "example.com/*").expires(later(20)),
        rule("third", "*"),
        rule("other", "other.test/*").expires(later(1)),
        rule("gone", "*").expires(later(-1)),
    ];
    let set = set(&samples);
    assert_eq!(
        resolve(&set, "https://example.com/a", Mode::Best).valid_until,
        Some(later(50))
    );
    assert_eq!(
        resolve(&set, "https://example.com/a", Mode::All).valid_until,
        Some(later(20))
    );
    assert_eq!(resolve(&set, "https://third.test/", Mode::All).valid_until, None);
    let one = StackLimits {
        rules: 1,
        ..StackLimits::default()
    };
    let truncated = set.resolve(&page("https://example.com/a"), Mode::All, one, now());
    assert_eq!(
        (truncated.truncated, truncated.valid_until),
        (true, Some(later(20)))
    );
}

#[test]
fn a_stack_holds_so_many_rules_the_first_ones_in_rank_order() {
    let samples: Vec<_> = (0..limits::STACKED_RULES_MAX + 1)
        .map(|n| rule(&format!("r{n:03}"), "*"))
        .collect();
    let resolution = resolve(&set(&samples), "https://example.com/", Mode::All);
    assert_eq!((resolution.rules.len(), resolution.truncated), (64, true));
    assert_eq!((ids(&resolution)[0], ids(&resolution)[63]), ("r000", "r063"));
    let resolution = resolve(&set(&samples[..64]), "https://example.com/", Mode::All);
    assert_eq!((resolution.rules.len(), resolution.truncated), (64, false));
}

#[test]
fn a_stack_holds_so_many_bytes() {
    let big = format!("a{{}}{}", " ".repeat(limits::ASSET_BYTES_MAX - 3));
    let samples: Vec<_> = (0..50).map(|n| rule(&format!("r{n}"), "*").css(&big)).collect();
    let resolution = resolve(&set(&samples), "https://example.com/", Mode::All);
    assert!(
        resolution.truncated && resolution.rules.len() == 40,
        "{}",
        resolution.rules.len()
    );
    assert!(resolution.css.len() <= limits::RESOLVE_BYTES_MAX);
    let tiny = StackLimits { rules: 64, bytes: 10 };
    let resolution = set(&samples).resolve(&page("https://example.com/"), Mode::All, tiny, now());
    assert!(resolution.truncated && resolution.rules.is_empty() && resolution.css.is_empty());
}

/// A rule whose verification costs `bytes + 1` times as many steps.
fn dear(id: &str, stars: usize) -> Sample {
    rule(id, &format!("example.com/{}*", "*a".repeat(stars - 1)))
}

#[test]
fn one_resolve_spends_so_many_steps_in_rank_order() {
    let url = format!("https://example.com/{}", "b".repeat(8000));
    let pattern = dear("x", 200).rule();
    let cost = pattern.pattern().steps(&page(&url));
    let fitting = usize::try_from(limits::RESOLVE_STEPS_MAX / cost).unwrap();
    assert!(fitting < 5, "{cost}");
    let mut samples: Vec<_> = (0..=fitting).map(|n| dear(&format!("dear{n}"), 200)).collect();
    samples.push(rule("cheap", "example.com/*"));
    for mode in [Mode::Best, Mode::All] {
        let resolution = resolve(&set(&samples), &url, mode);
        assert_eq!(ids(&resolution), ["cheap"], "a cheaper one later may still fit");
        let over: Vec<_> = resolution.over_budget.iter().map(RuleId::as_str).collect();
        assert_eq!(over, [format!("dear{fitting}")]);
    }
    assert!(
        resolve(&set(&samples), "https://example.com/", Mode::All)
            .over_budget
            .is_empty()
    );
}

#[test]
fn exclusions_are_charged_and_one_that_does_not_fit_excludes() {
    let url = format!("https://example.com/{}", "b".repeat(8000));
    let dear = format!("example.com/{}*", "*a".repeat(199));
    let excludes = vec![dear.as_str(); 8];
    let samples = [rule("a", "example.com/*").exclude(&excludes), rule("b", "*")];
    let resolution = resolve(&set(&samples), &url, Mode::All);
    assert_eq!(ids(&resolution), ["b"]);
    assert_eq!(resolution.over_budget, [RuleId::parse("a").unwrap()]);
}

#[test]
fn an_untrusted_rule_gives_its_css() {
    let sample = rule("p:a", "*").css("a{}").js("x()").layer(Layer::Community);
    let resolution = resolve(
        &set(std::slice::from_ref(&sample)),
        "https://example.com/",
        Mode::All,
    );
    assert_eq!((&*resolution.css, &*resolution.js), ("a{}", ""));
    let input = MergeInput {
        pack_js: PackJs::All,
        ..input(&[sample])
    };
    let resolution = resolve(
        &RuleSet::compile(merge(input, now())),
        "https://example.com/",
        Mode::Best,
    );
    assert_eq!((&*resolution.css, &*resolution.js), ("a{}", "x()"));
}

#[test]
fn find_knows_ids_whatever_their_case_and_prefers_the_one_in_force() {
    let input = MergeInput {
        pins: [(RuleId::parse("p:a").unwrap(), Layer::Community)].into(),
        ..input(&[
            rule("p:A", "*"),
            rule("p:a", "*").layer(Layer::Community),
            rule("b", "*"),
            rule("q:c", "*").layer(Layer::Override),
        ])
    };
    let set = RuleSet::compile(merge(input, now()));
    let found = |id: &str| {
        set.find(id)
            .map(|entry| (entry.sourced.origin.layer, entry.state.clone()))
    };
    assert_eq!(found("P:a"), Some((Layer::Community, State::Active)));
    assert_eq!(found("B"), Some((Layer::Local, State::Active)));
    assert_eq!(found("q:c"), Some((Layer::Override, State::Orphaned)));
    assert_eq!((found("c"), found(""), found("zz")), (None, None, None));
    assert_eq!((set.len(), set.entries().len(), set.is_empty()), (2, 4, false));
}

/// A typical small rule costs so little that a million of them fit into a small machine.
#[test]
fn the_size_of_a_rule_is_known() {
    assert!(size_of::<crate::Rule>() <= 144, "{}", size_of::<crate::Rule>());
    assert!(size_of::<Entry>() <= 72, "{}", size_of::<Entry>());
}

/// The rules that a page gets, by looking at all of them.
fn naive<'a>(set: &'a RuleSet, candidate: &Candidate) -> Vec<&'a Arc<Entry>> {
    let mut matching: Vec<_> = set
        .entries()
        .into_iter()
        .filter(|entry| entry.state == State::Active)
        .filter(|entry| entry.sourced.rule.pattern().is_match(candidate))
        .filter(|entry| {
            !entry
                .sourced
                .rule
                .exclude()
                .iter()
                .any(|exclude| exclude.is_match(candidate))
        })
        .filter(|entry| entry.sourced.rule.expires_at().is_none_or(|end| end > now()))
        .collect();
    matching.sort_by_key(|entry| Precedence::of(&entry.sourced, entry.score, now()));
    matching
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Feature: asset-injector, Property: a resolve gives what a look at all rules gives
    #[test]
    fn resolve_equals_naive(
        samples in any_samples(),
        urls in prop::collection::vec(any_url(), 8),
        rules in 0..6_usize,
        pack_js in prop::sample::select(vec![PackJs::All, PackJs::Trusted, PackJs::None]),
    ) {
        let set = RuleSet::compile(merge(MergeInput { pack_js, ..input(&samples) }, now()));
        for url in urls {
            let candidate = page(&url);
            let expected = naive(&set, &candidate);
            let best = set.resolve(&candidate, Mode::Best, StackLimits::default(), now());
            prop_assert!(best.rules.iter().map(|rule| &rule.entry).eq_by_identity(expected.iter().take(1).copied()));
            let limits = StackLimits { rules, ..StackLimits::default() };
            let all = set.resolve(&candidate, Mode::All, limits, now());
            prop_assert!(all.rules.iter().map(|rule| &rule.entry).eq_by_identity(expected.iter().take(rules).copied()));
            prop_assert_eq!(all.truncated, expected.len() > rules);
            let next = expected.iter().take(rules + 1).filter_map(|entry| entry.sourced.rule.expires_at()).min();
            prop_assert_eq!(all.valid_until, next);
        }
    }

    /// Feature: asset-injector, Property: an answer holds until valid_until
    #[test]
    fn valid_until_holds(samples in any_samples(), url in any_url(), rules in 0..4_usize) {
        let set = set(&samples);
        let limits = StackLimits { rules, ..StackLimits::default() };
        for mode in [Mode::Best, Mode::All] {
            let answer = |at| set.resolve(&page(&url), mode, limits, at);
            let first = answer(now());
            let end = first.valid_until.unwrap_or(later(10_000));
            let last = answer(crate::Timestamp::from_millis(end.as_millis() - 1));
            prop_assert_eq!((ids(&first), &first.css, first.truncated), (ids(&last), &last.css, last.truncated));
        }
    }
}

/// Equality of entries by identity: one and the same, not only alike.
trait EqByIdentity<'a>: Iterator<Item = &'a Arc<Entry>> + Sized {
    fn eq_by_identity(self, other: impl Iterator<Item = &'a Arc<Entry>>) -> bool {
        self.map(Arc::as_ptr).eq(other.map(Arc::as_ptr))
    }
}

impl<'a, I: Iterator<Item = &'a Arc<Entry>>> EqByIdentity<'a> for I {}

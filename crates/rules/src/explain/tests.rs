//! What became of each rule, and why.

use crate::{
    Explanation, Layer, MergeInput, Mode, Outcome, RuleId, RuleSet, StackLimits, limits, merge,
    sample::{Sample, input, later, now, page, rule, set},
};

fn lines(explanation: &Explanation) -> Vec<String> {
    let line = |explained: &crate::Explained| {
        let rank = explained.rank.map_or("-".to_owned(), |rank| rank.to_string());
        format!(
            "{rank} {} {:?}: {}",
            explained.entry.sourced.rule.id(),
            explained.outcome,
            explained.reason
        )
    };
    explanation.candidates.iter().map(line).collect()
}

fn explain(samples: &[Sample], mode: Mode) -> Vec<String> {
    lines(&set(samples).explain(&page("https://example.com/blog#x"), mode, now()))
}

#[test]
fn the_first_match_wins_and_the_others_stack_or_stand_below() {
    let samples = [
        rule("general", "*"),
        rule("site", "example.com/*"),
        rule("top", "*").priority(900),
        rule("no", "a.test/*"),
    ];
    assert_eq!(
        explain(&samples, Mode::All),
        [
            "1 top Wins: the first match in rank order, with score 900 by its `priority`",
            "2 site Stacked: mode `all` takes every match; this one has score 113: 100 for wildcard and 13 for the pattern's length",
            "3 general Stacked: mode `all` takes every match; this one has score 101: 100 for wildcard and 1 for the pattern's length",
        ]
    );
    let best = explain(&samples, Mode::Best);
    assert_eq!(
        best[1],
        "2 site LowerRank: mode `best` takes the first match only"
    );
}

#[test]
fn rules_that_would_have_matched_say_why_they_do_not() {
    let samples = [
        rule("excluded", "example.com/*").exclude(&["*/blog"]),
        rule("expired", "*").expires(now()),
        rule("off", "*"),
        rule("p:a", "*"),
        rule("p:a", "*").layer(Layer::Community),
        rule("p:js", "*").css("").js("x").layer(Layer::Community),
        rule("q:o", "*").layer(Layer::Override),
        rule("elsewhere", "a.test/*").expires(now()),
    ];
    let input = MergeInput {
        disabled: [RuleId::parse("off").unwrap()].into(),
        ..input(&samples)
    };
    let set = RuleSet::compile(merge(input, now()));
    let mut found = lines(&set.explain(&page("https://example.com/blog#x"), Mode::All, now()));
    assert_eq!(found.remove(0).split(':').next(), Some("1 p"));
    found.sort();
    assert_eq!(
        found,
        [
            "- excluded Excluded: its exclusion `*/blog` matches the URL",
            "- expired Expired: it expired at 2026-11-23T12:00:00.000Z",
            "- off Disabled: its id is disabled",
            "- p:a Shadowed: the local rule has the same id and stands above it",
            "- p:js Untrusted: it has only JavaScript, and its pack's JavaScript is not given to pages",
            "- q:o Shadowed: it overrides a rule of a pack that is not installed",
        ]
    );
}

#[test]
fn the_subject_is_the_form_that_was_matched() {
    let explanation = set(&[]).explain(&page("HTTPS://a:b@EXAMPLE.com.:443"), Mode::All, now());
    assert_eq!(
        (&*explanation.subject, explanation.candidates.len()),
        ("https://example.com/", 0)
    );
}

#[test]
fn at_most_100_that_match_and_100_that_would_have() {
    let bound = limits::EXPLAINED_MAX;
    let matching = (0..bound + 5).map(|n| rule(&format!("m{n}"), "*"));
    let expired = (0..bound + 5).map(|n| rule(&format!("x{n}"), "*").expires(later(-1)));
    let samples: Vec<_> = matching.chain(expired).collect();
    let explanation = set(&samples).explain(&page("https://example.com/"), Mode::All, now());
    let count = |f: fn(&Outcome) -> bool| explanation.candidates.iter().filter(|c| f(&c.outcome)).count();
    assert_eq!(count(|outcome| *outcome == Outcome::Expired), bound);
    assert_eq!(
        count(|outcome| *outcome == Outcome::Stacked),
        limits::STACKED_RULES_MAX - 1
    );
    assert_eq!(explanation.candidates.len(), 2 * bound);
    assert_eq!(explanation.candidates[bound - 1].rank, Some(bound));
}

#[test]
fn an_explanation_and_a_resolve_agree() {
    let samples: Vec<_> = (0..9)
        .map(|n| rule(&format!("m{n}"), "*").css(&format!("a{{b:{n}}}")))
        .collect();
    let (set, page) = (set(&samples), page("https://example.com/"));
    for (rules, bytes) in [(0, 100), (1, 100), (3, 100), (9, 100), (9, 20), (9, 0)] {
        let limits = StackLimits { rules, bytes };
        let resolved = set.resolve(&page, Mode::All, limits, now()).rules.len();
        let explanation = set.explain_within(&page, Mode::All, limits, now());
        let taken = explanation
            .candidates
            .iter()
            .filter(|c| matches!(c.outcome, Outcome::Wins | Outcome::Stacked));
        assert_eq!(taken.count(), resolved, "{limits:?}");
    }
}

#[test]
fn a_rule_that_passes_the_bound_on_steps_says_so() {
    let dear = format!("example.com/{}*", "*a".repeat(400));
    let samples = [rule("dear", &dear)];
    let url = format!("https://example.com/{}", "b".repeat(8000));
    let found = lines(&set(&samples).explain(&page(&url), Mode::All, now()));
    assert_eq!(
        found,
        ["- dear LowerRank: it counts as not matching: one resolve spends at most 2000000 steps"]
    );
}

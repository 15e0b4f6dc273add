//! The same rules give the same answers, whatever the order in which they were loaded.

use crate::fixtures::{TestStore, catalog, contents, rule, url};
use proptest::prelude::*;
use rules::{Mode, Sourced};

const PATTERNS: [&str; 6] = [
    "example.com/*",
    "*.example.com/a*",
    "*",
    "example.com/a",
    "*/a",
    "https://*.example.com/*",
];
const PAGES: [&str; 4] = [
    "https://example.com/a",
    "http://www.example.com/ab",
    "https://other.test/a",
    "https://example.com/",
];

/// Rules that tie as far as they can: equal patterns, equal times, ids that differ.
fn some_rules() -> impl Strategy<Value = Vec<Sourced>> {
    let one = (0..PATTERNS.len(), 0_u8..3);
    prop::collection::vec(one, 1..12).prop_map(|picks| {
        let rule = |(n, (pattern, time)): (usize, (usize, u8))| {
            let updated_at = format!("2025-01-0{}T00:00:00Z", time + 1);
            let css = format!("r{n}{{}}");
            rule(
                &format!("r{n}"),
                PATTERNS[pattern],
                &css,
                &[("updated_at", &updated_at)],
            )
        };
        picks.into_iter().enumerate().map(rule).collect()
    })
}

async fn answers(rules: Vec<Sourced>) -> Vec<(String, Vec<String>)> {
    let store = TestStore::open(contents(1, rules));
    let (catalog, _) = catalog(&store);
    let snapshot = catalog.refresh().await.unwrap();
    let modes = [Mode::Best, Mode::All];
    let asked = PAGES
        .iter()
        .flat_map(|page| modes.map(|mode| snapshot.resolve(&url(page), mode, catalog.clock().now())));
    let ids = |answer: &catalog::Answer| {
        answer
            .rules
            .iter()
            .map(|rule| rule.entry.sourced.rule.id().to_string())
            .collect()
    };
    asked
        .map(|resolved| (resolved.resolution.css.clone(), ids(&resolved.resolution)))
        .collect()
}

proptest! {
    /// Feature: asset-injector, Property: answers do not depend on the load order
    #[test]
    fn answers_do_not_depend_on_the_load_order(
        (rules, shuffled) in some_rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (one, other) = (runtime.block_on(answers(rules)), runtime.block_on(answers(shuffled)));
        prop_assert_eq!(one, other);
    }
}

//! How often rules were part of an answer, and what else is counted across snapshots.

use crate::fixtures::{TestClock, TestStore, catalog, catalog_with, contents, rule, settings, url};
use catalog::{Answers, Catalog, Matches, Refreshes, Settings};
use rules::{Layer, Mode, RuleId, Sourced, StackLimits};
use std::{sync::Arc, time::Duration};
use store::{Edit, Expected, MemoryStore};

fn id(text: &str) -> RuleId {
    RuleId::parse(text).unwrap()
}

fn general(id: &str) -> Sourced {
    rule(id, "*", "a{}", &[])
}

fn ask(catalog: &Catalog, page: &str, mode: Mode) {
    let snapshot = catalog.snapshot().unwrap();
    snapshot.resolve(&url(page), mode, catalog.clock().now());
}

fn count(catalog: &Catalog, rule: &str) -> u64 {
    catalog.matches(&id(rule)).count
}

#[tokio::test]
async fn a_rule_counts_the_answers_that_it_is_part_of_cached_ones_included() {
    let store = TestStore::open(contents(
        1,
        vec![rule("site", "example.com/*", "s{}", &[]), general("all")],
    ));
    for cache_entries_max in [100, 0] {
        let (catalog, clock) = catalog_with(
            &store,
            Settings {
                cache_entries_max,
                ..settings()
            },
        );
        catalog.refresh().await.unwrap();
        assert_eq!(catalog.matches(&id("site")), Matches::default());
        for _ in 0..3 {
            clock.advance(Duration::from_secs(1));
            ask(&catalog, "https://example.com/", Mode::Best);
        }
        let last = Some(catalog.clock().now());
        clock.advance(Duration::from_secs(1));
        ask(&catalog, "https://example.com/", Mode::All);
        ask(&catalog, "https://other.example/", Mode::Best);
        assert_eq!(count(&catalog, "SITE"), 4, "an id is one whatever its case");
        assert_eq!(
            count(&catalog, "all"),
            2,
            "who is not the best is no part of the answer"
        );
        assert!(catalog.matches(&id("site")).last > last);
        assert_eq!(catalog.status().rules_matched, 2);
        let most = catalog.most_matched(1).await.unwrap();
        assert_eq!((most.len(), &most[0].0, most[0].1.count), (1, &id("site"), 4));
        let both = catalog.most_matched(9).await.unwrap();
        assert_eq!(
            both.iter().map(|(_, matches)| matches.count).collect::<Vec<_>>(),
            [4, 2]
        );
    }
}

#[tokio::test]
async fn counts_outlive_snapshots_and_what_is_deleted_is_forgotten() {
    let store = TestStore::open(contents(1, vec![general("a"), general("b")]));
    let (catalog, _) = catalog(&store);
    catalog.refresh().await.unwrap();
    ask(&catalog, "https://example.com/", Mode::All);
    let old = catalog.snapshot().unwrap();
    store.replace(contents(2, vec![rule("a", "*", "changed{}", &[]), general("c")]));
    catalog.refresh().await.unwrap();
    ask(&catalog, "https://example.com/", Mode::All);
    assert_eq!(["a", "b", "c"].map(|rule| count(&catalog, rule)), [2, 0, 1]);
    assert_eq!(catalog.status().rules_matched, 2);
    // Who still holds the old snapshot brings nothing back for long.
    old.resolve(&url("https://other.example/"), Mode::All, catalog.clock().now());
    store.replace(contents(3, vec![general("a")]));
    catalog.refresh().await.unwrap();
    assert_eq!(catalog.status().rules_matched, 1);
    assert_eq!(count(&catalog, "a"), 3);
}

/// Rules that come, match and go, by way of differences.
#[tokio::test]
async fn counters_do_not_grow_with_rules_that_come_and_go() {
    let memory = Arc::new(MemoryStore::new(contents(1, vec![general("stays")])));
    let catalog = Catalog::new(memory, TestClock::new(), settings());
    catalog.refresh().await.unwrap();
    for n in 0..50 {
        let coming = general(&format!("r{n}")).rule;
        let put = Edit::Put {
            layer: Layer::Local,
            rule: Arc::clone(&coming),
            replaces: Expected::Nothing,
        };
        catalog.write(vec![put]).await.unwrap();
        let old = catalog.snapshot().unwrap();
        ask(&catalog, "https://example.com/", Mode::All);
        assert_eq!(catalog.matches(coming.id()).count, 1);
        let remove = Edit::Remove {
            layer: Layer::Local,
            id: coming.id().clone(),
            replaces: Expected::Anything,
        };
        catalog.write(vec![remove]).await.unwrap();
        assert_eq!(catalog.matches(coming.id()), Matches::default());
        // A resolve that was under way on the old snapshot comes too late to be forgotten with its rule.
        old.resolve(&url("https://late.example/"), Mode::All, catalog.clock().now());
    }
    assert!(
        catalog.status().rules_matched <= 3,
        "{}",
        catalog.status().rules_matched
    );
    assert_eq!(count(&catalog, "stays"), 100);
}

#[tokio::test]
async fn answers_are_counted_by_what_they_hold() {
    let store = TestStore::open(contents(
        1,
        vec![
            rule("a", "example.com/*", "a{}", &[]),
            rule("b", "*.com/x", "b{}", &[]),
        ],
    ));
    let (catalog, _) = catalog_with(
        &store,
        Settings {
            stack: StackLimits {
                rules: 1,
                ..StackLimits::default()
            },
            ..settings()
        },
    );
    catalog.refresh().await.unwrap();
    for _ in 0..2 {
        ask(&catalog, "https://example.com/x", Mode::All);
        ask(&catalog, "https://example.com/x", Mode::Best);
        ask(&catalog, "https://other.example/", Mode::All);
    }
    let expected = Answers {
        matched: 2,
        truncated: 2,
        unmatched: 2,
    };
    assert_eq!(catalog.status().answers, expected);
}

#[tokio::test]
async fn what_the_store_is_asked_is_counted_with_what_became_of_it() {
    let store = TestStore::open(contents(1, vec![general("a")]));
    let (catalog, _) = catalog(&store);
    let of = |operation, outcome| {
        let operations = catalog.status().store_operations;
        let found = operations
            .iter()
            .find(|counted| (counted.operation, counted.outcome) == (operation, outcome));
        found.unwrap().count
    };
    catalog.refresh().await.unwrap();
    assert_eq!((of("load", "ok"), of("load", "failed")), (1, 0));
    store.fail();
    assert!(catalog.refresh().await.is_err());
    assert_eq!((of("load", "ok"), of("load", "failed")), (1, 1));
    let refreshes = Refreshes { done: 1, failed: 1 };
    assert_eq!(catalog.status().refreshes, refreshes);
    assert_eq!(
        catalog.status().store_operations.len(),
        9,
        "all of them, whether or not they happened"
    );
}

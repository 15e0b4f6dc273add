//! The resolve cache: it never changes an answer, is bounded, and dies with its snapshot.

use crate::fixtures::{TestStore, catalog, catalog_with, contents, css, rule, settings, url};
use catalog::{Form, Rendered, Settings};
use rules::Mode;
use std::time::Duration;

const PAGE: &str = "https://example.com/a";

#[tokio::test]
async fn the_second_answer_comes_from_the_cache_and_is_the_same() {
    let store = TestStore::open(contents(1, vec![rule("a", "example.com/*", "a{}", &[])]));
    let (catalog, _) = catalog(&store);
    let snapshot = catalog.refresh().await.unwrap();
    let ask = |mode| snapshot.resolve(&url(PAGE), mode, catalog.clock().now());
    let (first, second) = (ask(Mode::Best), ask(Mode::Best));
    assert_eq!((first.cache_hit, second.cache_hit), (false, true));
    assert_eq!(first.resolution.css, second.resolution.css);
    assert!(!ask(Mode::All).cache_hit, "the mode is part of the question");
    let stats = catalog.cache_stats();
    assert_eq!(
        (stats.hits, stats.misses, stats.entries, stats.capacity),
        (1, 2, 2, 100)
    );
}

#[tokio::test]
async fn a_new_snapshot_begins_with_an_empty_cache_and_the_same_rules_keep_theirs() {
    let store = TestStore::open(contents(1, vec![rule("a", "example.com/*", "a{}", &[])]));
    let (catalog, _) = catalog(&store);
    catalog.refresh().await.unwrap();
    assert_eq!(css(&catalog, PAGE), "a{}");
    catalog.refresh().await.unwrap();
    assert_eq!(catalog.cache_stats().entries, 1, "nothing changed");
    store.replace(contents(2, vec![rule("a", "example.com/*", "b{}", &[])]));
    catalog.refresh().await.unwrap();
    assert_eq!(catalog.cache_stats().entries, 0);
    assert_eq!(css(&catalog, PAGE), "b{}");
    assert_eq!(catalog.cache_stats().misses, 2, "the counters go on");
}

#[tokio::test]
async fn an_answer_serves_for_its_time_and_never_past_an_expiry() {
    let expiring = rule(
        "a",
        "example.com/*",
        "a{}",
        &[("expires_at", "2026-01-01T00:00:30Z")],
    );
    let store = TestStore::open(contents(
        1,
        vec![expiring, rule("b", "other.example/*", "b{}", &[])],
    ));
    let (catalog, clock) = catalog(&store);
    let snapshot = catalog.refresh().await.unwrap();
    let hit = |page| {
        snapshot
            .resolve(&url(page), Mode::Best, catalog.clock().now())
            .cache_hit
    };
    let other = "https://other.example/";
    assert_eq!((hit(PAGE), hit(other)), (false, false));
    clock.advance(Duration::from_millis(29_999));
    assert_eq!((hit(PAGE), hit(other)), (true, true));
    assert_eq!(css(&catalog, PAGE), "a{}");
    clock.advance(Duration::from_millis(1));
    assert_eq!(css(&catalog, PAGE), "", "an expired rule is gone at its moment");
    assert!(hit(other));
    clock.advance(Duration::from_secs(30));
    assert!(!hit(other), "an answer is not served past the cache's time");
}

/// An answer without a rule that had expired went on after the clock was set back to a time at which it had not.
#[tokio::test]
async fn an_answer_does_not_serve_before_it_was_computed() {
    let expires = [("expires_at", "2026-01-01T00:00:30Z")];
    let store = TestStore::open(contents(1, vec![rule("a", "*", "a{}", &expires)]));
    let (catalog, clock) = catalog(&store);
    catalog.refresh().await.unwrap();
    clock.advance(Duration::from_secs(40));
    assert_eq!(css(&catalog, PAGE), "");
    clock.jump(-20_000);
    assert_eq!(css(&catalog, PAGE), "a{}");
}

#[tokio::test]
async fn the_cache_holds_no_more_than_its_entries() {
    let store = TestStore::open(contents(1, vec![rule("a", "*", "a{}", &[])]));
    let (catalog, _) = catalog_with(
        &store,
        Settings {
            cache_entries_max: 20,
            ..settings()
        },
    );
    let snapshot = catalog.refresh().await.unwrap();
    for n in 0..1000 {
        snapshot.resolve(
            &url(&format!("https://example.com/{n}")),
            Mode::Best,
            catalog.clock().now(),
        );
        assert!(catalog.cache_stats().entries <= 20);
    }
    assert!(catalog.cache_stats().entries > 10);
    assert!(catalog.cache_stats().evictions > 0);
}

#[tokio::test]
async fn the_cache_holds_no_more_bytes_than_its_entries_have_shares() {
    let large = "x{}".repeat(30_000);
    let store = TestStore::open(contents(1, vec![rule("a", "*", &large, &[])]));
    let (catalog, _) = catalog(&store);
    let snapshot = catalog.refresh().await.unwrap();
    for n in 0..100 {
        snapshot.resolve(
            &url(&format!("https://example.com/{n}")),
            Mode::Best,
            catalog.clock().now(),
        );
    }
    // 100 shares of 8 KiB are 800 KiB; each of these answers may come to take 264 KiB.
    assert!(
        catalog.cache_stats().entries <= 3,
        "{}",
        catalog.cache_stats().entries
    );
}

#[tokio::test]
async fn without_entries_there_is_no_cache() {
    let store = TestStore::open(contents(1, vec![rule("a", "*", "a{}", &[])]));
    let (catalog, _) = catalog_with(
        &store,
        Settings {
            cache_entries_max: 0,
            ..settings()
        },
    );
    let snapshot = catalog.refresh().await.unwrap();
    for _ in 0..3 {
        assert!(
            !snapshot
                .resolve(&url(PAGE), Mode::Best, catalog.clock().now())
                .cache_hit
        );
    }
    assert_eq!(catalog.cache_stats().entries, 0);
}

#[tokio::test]
async fn a_representation_is_made_once_for_each_form() {
    let store = TestStore::open(contents(1, vec![rule("a", "*", "a{}", &[])]));
    let (catalog, _) = catalog(&store);
    let snapshot = catalog.refresh().await.unwrap();
    let made = std::cell::Cell::new(0);
    let render = |form| {
        let answer = snapshot
            .resolve(&url(PAGE), Mode::Best, catalog.clock().now())
            .resolution;
        let make = |resolution: &rules::Resolution| {
            made.set(made.get() + 1);
            Rendered {
                bytes: resolution.css.clone().into(),
                tag: None,
            }
        };
        answer.rendered(form, make).bytes.clone()
    };
    for _ in 0..3 {
        assert_eq!(
            (&*render(Form::Cached), &*render(Form::Plain)),
            (&b"a{}"[..], &b"a{}"[..])
        );
    }
    assert_eq!(made.get(), 2);
}

//! Coalescing, publishing, and what a failed refresh leaves in force.

use crate::fixtures::{TestStore, catalog, contents, css, rule};
use catalog::Error;
use proptest::prelude::*;
use std::{sync::Arc, time::Duration};
use store::Revision;
use tokio::task::{JoinHandle, yield_now};

const PAGE: &str = "https://example.com/";

/// Lets every task that can run, run.
async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

fn one_rule(revision: u64, css: &str) -> store::Contents {
    contents(revision, vec![rule("a", "example.com/*", css, &[])])
}

#[tokio::test]
async fn there_is_no_snapshot_before_the_first_refresh() {
    let store = TestStore::open(one_rule(1, "a{}"));
    let (catalog, _) = catalog(&store);
    assert!(catalog.snapshot().is_none());
    assert_eq!(catalog.status().revision, None);
    catalog.refresh().await.unwrap();
    assert_eq!(css(&catalog, PAGE), "a{}");
    assert_eq!(catalog.status().revision, Some(Revision(1)));
}

#[tokio::test]
async fn a_burst_costs_two_refreshes_and_everybody_sees_what_was_there_before_the_call() {
    let store = TestStore::closed(one_rule(1, "first{}"));
    let (catalog, _) = catalog(&store);
    let ask = || -> JoinHandle<_> {
        let catalog = Arc::clone(&catalog);
        tokio::spawn(async move { catalog.refresh().await.unwrap().revision() })
    };
    let early = ask();
    settle().await;
    assert_eq!(store.loads(), 1);
    // The first refresh has read already: whoever comes now must not be served by it.
    store.replace(one_rule(2, "second{}"));
    let late: Vec<_> = (0..100).map(|_| ask()).collect();
    settle().await;
    assert_eq!(store.loads(), 1, "one refresh at a time");
    store.gate.add_permits(2);
    assert_eq!(early.await.unwrap(), Revision(1));
    for waiter in late {
        assert_eq!(waiter.await.unwrap(), Revision(2));
    }
    assert_eq!(store.loads(), 2, "a burst is one refresh");
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_stop_the_refresh() {
    let store = TestStore::closed(one_rule(1, "a{}"));
    let (catalog, _) = catalog(&store);
    let given_up = tokio::time::timeout(Duration::from_millis(1), catalog.refresh()).await;
    assert!(given_up.is_err());
    store.gate.add_permits(2);
    catalog.refresh().await.unwrap();
    assert_eq!(css(&catalog, PAGE), "a{}");
    assert_eq!(store.loads(), 2);
}

#[tokio::test]
async fn a_failed_refresh_keeps_the_snapshot_and_is_reported_since_the_first_failure() {
    let store = TestStore::open(one_rule(1, "a{}"));
    let (catalog, clock) = catalog(&store);
    let before = catalog.refresh().await.unwrap();
    store.fail();
    clock.advance(Duration::from_secs(1));
    let failed_at = catalog.clock().now();
    assert!(matches!(catalog.refresh().await, Err(Error::Store(_))));
    clock.advance(Duration::from_secs(1));
    assert!(catalog.refresh().await.is_err());
    let failure = catalog.status().failure.expect("a failure is reported");
    assert_eq!(failure.since, failed_at);
    assert!(
        failure.message.contains("the disk is gone"),
        "{}",
        failure.message
    );
    assert!(Arc::ptr_eq(&before, &catalog.snapshot().unwrap()));
    store.replace(one_rule(2, "b{}"));
    catalog.refresh().await.unwrap();
    assert_eq!(catalog.status().failure, None);
    assert_eq!(css(&catalog, PAGE), "b{}");
}

/// Whoever asked for it: who follows the store tries again.
#[tokio::test]
async fn a_failed_refresh_is_told_and_so_is_its_end() {
    let store = TestStore::open(one_rule(1, "a{}"));
    let (catalog, _) = catalog(&store);
    let mut failures = catalog.failures();
    catalog.refresh().await.unwrap();
    assert!(!failures.has_changed().unwrap());
    store.fail();
    for _ in 0..2 {
        assert!(catalog.refresh().await.is_err());
        assert!(failures.has_changed().unwrap());
        assert!(failures.borrow_and_update().is_some());
    }
    store.replace(one_rule(2, "b{}"));
    catalog.refresh().await.unwrap();
    assert!(failures.has_changed().unwrap());
    assert!(failures.borrow_and_update().is_none());
    catalog.refresh().await.unwrap();
    assert!(!failures.has_changed().unwrap());
}

#[tokio::test]
async fn a_panic_ends_one_refresh_and_not_the_next_one() {
    let store = TestStore::open(one_rule(1, "a{}"));
    let (catalog, _) = catalog(&store);
    store.gate.close();
    assert!(matches!(catalog.refresh().await, Err(Error::Panicked)));
    assert!(
        matches!(catalog.refresh().await, Err(Error::Panicked)),
        "the queue goes on"
    );
    assert_eq!(store.loads(), 2);
}

#[test]
fn a_runtime_that_stops_lets_go_of_those_who_wait() {
    let store = TestStore::closed(one_rule(1, "a{}"));
    let (catalog, _) = catalog(&store);
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let first = runtime();
    first.block_on(async {
        let asked = Arc::clone(&catalog);
        tokio::spawn(async move { asked.refresh().await });
        settle().await;
        assert_eq!(store.loads(), 1, "a refresh is under way");
    });
    drop(first);
    store.gate.add_permits(1);
    let second = runtime();
    second
        .block_on(catalog.refresh())
        .expect("another runtime can go on");
}

#[tokio::test]
async fn nothing_changed_nothing_published() {
    let store = TestStore::open(one_rule(1, "a{}"));
    let (catalog, _) = catalog(&store);
    let first = catalog.refresh().await.unwrap();
    let second = catalog.refresh().await.unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    store.replace(one_rule(2, "b{}"));
    let third = catalog.refresh().await.unwrap();
    assert!(!Arc::ptr_eq(&first, &third));
    assert_eq!(
        first.set().len(),
        1,
        "whoever holds an old snapshot goes on using it"
    );
}

#[tokio::test]
async fn equal_rules_are_merged_again_once_an_updated_at_is_no_longer_in_the_future() {
    let later = [("updated_at", "2026-01-01T01:00:00Z")];
    let earlier = [("updated_at", "2025-01-01T00:00:00Z")];
    let rules = vec![
        rule("aa", "example.com/*", "later{}", &later),
        rule("bb", "example.com/*", "earlier{}", &earlier),
    ];
    let store = TestStore::open(contents(1, rules));
    let (catalog, clock) = catalog(&store);
    let first = catalog.refresh().await.unwrap();
    assert_eq!(
        css(&catalog, PAGE),
        "earlier{}",
        "a time in the future counts as oldest"
    );
    clock.advance(Duration::from_secs(1800));
    assert!(Arc::ptr_eq(&first, &catalog.refresh().await.unwrap()));
    clock.advance(Duration::from_secs(1800));
    assert!(!Arc::ptr_eq(&first, &catalog.refresh().await.unwrap()));
    assert_eq!(css(&catalog, PAGE), "later{}");
}

#[tokio::test]
async fn revisions_only_grow() {
    let store = TestStore::open(one_rule(5, "new{}"));
    let (catalog, _) = catalog(&store);
    catalog.refresh().await.unwrap();
    store.replace(one_rule(4, "old{}"));
    let refused = catalog.refresh().await.err().expect("an older state is refused");
    assert!(matches!(
        refused,
        Error::Backwards {
            in_force: Revision(5),
            loaded: Revision(4)
        }
    ));
    assert_eq!(css(&catalog, PAGE), "new{}");
}

proptest! {
    /// Feature: asset-injector, Property: a refresh serves everybody who asked before it started
    #[test]
    fn a_refresh_that_starts_after_a_write_shows_it(writes in prop::collection::vec(0_u8..3, 1..30)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        runtime.block_on(async {
            let store = TestStore::open(one_rule(0, "r0{}"));
            let (catalog, _) = catalog(&store);
            let mut waiting = Vec::new();
            for (n, pauses) in writes.into_iter().enumerate() {
                let revision = n as u64 + 1;
                store.replace(one_rule(revision, &format!("r{revision}{{}}")));
                let catalog = Arc::clone(&catalog);
                waiting.push(tokio::spawn(async move {
                    let seen = catalog.refresh().await.unwrap().revision();
                    assert!(seen >= Revision(revision), "{seen:?} is older than {revision}");
                    assert!(catalog.snapshot().unwrap().revision() >= seen);
                }));
                for _ in 0..pauses {
                    yield_now().await;
                }
            }
            for waiter in waiting {
                waiter.await.unwrap();
            }
        });
    }
}

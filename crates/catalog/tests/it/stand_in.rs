//! Rules that an earlier process kept, while the store cannot be loaded.

use crate::fixtures::{START, TestStore, catalog, contents, css, rule};
use catalog::{Catalog, Error};
use rules::{RuleId, Timestamp};
use std::sync::Arc;
use store::{Contents, Edit, ErrorKind, Revision};

const PAGE: &str = "https://example.com/";

fn one_rule(revision: u64, css: &str) -> Contents {
    contents(revision, vec![rule("a", "example.com/*", css, &[])])
}

fn kept_at() -> Timestamp {
    Timestamp::from_millis(START.as_millis() - 60_000)
}

/// A catalog whose store is away, with kept rules in force.
async fn standing_in(kept: Contents) -> (Arc<Catalog>, Arc<TestStore>) {
    let store = TestStore::open(one_rule(1, "store{}"));
    store.fail();
    let (catalog, _) = catalog(&store);
    assert!(
        matches!(catalog.refresh().await, Err(Error::Store(error)) if error.kind == ErrorKind::Unavailable)
    );
    let snapshot = catalog.stand_in(kept, kept_at()).await.unwrap().unwrap();
    assert_eq!(snapshot.kept_at(), Some(kept_at()));
    (catalog, store)
}

#[tokio::test]
async fn kept_rules_serve_and_are_said_to_be_kept() {
    let (catalog, _store) = standing_in(one_rule(7, "kept{}")).await;
    assert_eq!(css(&catalog, PAGE), "kept{}");
    let status = catalog.status();
    assert_eq!(
        (status.kept_at, status.revision),
        (Some(kept_at()), Some(Revision(7)))
    );
    assert!(status.failure.is_some(), "the store is still away");
    assert!(catalog.refresh().await.is_err());
    assert_eq!(css(&catalog, PAGE), "kept{}", "a failed refresh changes nothing");
}

/// Also with a number that is the same or smaller, and another rule under it: a database may have been restored.
#[tokio::test]
async fn what_the_store_has_takes_their_place_whatever_its_number() {
    for revision in [1, 7, 8] {
        let (catalog, store) = standing_in(one_rule(7, "kept{}")).await;
        let mut publications = catalog.publications();
        store.replace(one_rule(revision, "store{}"));
        let snapshot = catalog.refresh().await.unwrap();
        assert_eq!(
            (snapshot.revision(), snapshot.kept_at()),
            (Revision(revision), None)
        );
        assert_eq!(css(&catalog, PAGE), "store{}");
        assert_eq!((catalog.status().kept_at, catalog.status().failure), (None, None));
        assert!(publications.has_changed().unwrap());
        publications.mark_unchanged();
        // From here on it is a store as any other: it does not go back.
        store.replace(one_rule(revision - 1, "older{}"));
        assert!(matches!(catalog.refresh().await, Err(Error::Backwards { .. })));
        assert!(!publications.has_changed().unwrap());
    }
}

#[tokio::test]
async fn nothing_is_written_while_kept_rules_serve() {
    let (catalog, store) = standing_in(one_rule(7, "kept{}")).await;
    let disable = || vec![Edit::Disable(RuleId::parse("a").unwrap())];
    let decided = catalog.change(move |_, _| Ok(disable())).await;
    assert!(matches!(decided, Err(Error::StandIn)));
    assert!(matches!(catalog.write(disable()).await, Err(Error::StandIn)));
    store.replace(one_rule(1, "store{}"));
    catalog.refresh().await.unwrap();
    let written = catalog.write(disable()).await;
    assert!(
        matches!(written, Err(Error::ReadOnly(_))),
        "the store is asked again"
    );
}

/// A refresh that was quicker has what is true now.
#[tokio::test]
async fn kept_rules_never_take_the_place_of_those_of_the_store() {
    let store = TestStore::open(one_rule(1, "store{}"));
    let (catalog, _) = catalog(&store);
    catalog.refresh().await.unwrap();
    let stands_in = catalog.stand_in(one_rule(7, "kept{}"), kept_at()).await;
    assert!(stands_in.unwrap().is_none());
    assert_eq!(css(&catalog, PAGE), "store{}");
    assert_eq!(catalog.status().kept_at, None);
}

//! Refreshes that follow what changed, and compactions: they show what a load of everything shows.

use crate::{
    fixtures::{START, contents, css, rule, settings, url},
    writing::{Writing, of_pack},
};
use catalog::{Catalog, Count, Error, Settings, Snapshot, Threads};
use proptest::{collection, prelude::*, sample::select};
use rules::{Layer, Mode, RuleId, Sourced, Timestamp};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use store::{Contents, Edit, Expected, Look};
use tokio::task::yield_now;

const PAGE: &str = "https://example.com/";

/// Everything on one thread, so that what is under way is over once every task has run.
fn on_one_thread(delta_max: usize) -> Settings {
    Settings {
        delta_max,
        threads: Threads::Same,
        ..settings()
    }
}

async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

fn put(sourced: &Sourced) -> Edit {
    Edit::Put {
        layer: sourced.origin.layer,
        rule: Arc::clone(&sourced.rule),
        replaces: Expected::Anything,
    }
}

fn numbered(n: usize) -> Edit {
    put(&rule(
        &format!("r{n}"),
        &format!("example.com/{n}*"),
        &format!("r{n}{{}}"),
        &[],
    ))
}

async fn writing(delta_max: usize) -> Writing {
    let first = contents(1, vec![rule("a", "example.com/*", "a{}", &[])]);
    Writing::with(first, on_one_thread(delta_max)).await
}

fn asked(writing: &Writing) -> Vec<Option<Look>> {
    std::mem::take(&mut *writing.store.asked.lock().unwrap())
}

#[tokio::test]
async fn a_write_asks_for_its_own_changes_and_a_refresh_for_all() {
    let writing = writing(100).await;
    let before = writing.catalog.snapshot().unwrap();
    let after = writing.catalog.write(vec![numbered(1)]).await.unwrap();
    assert_eq!(asked(&writing), [Some(Look::OwnWrites)]);
    assert_eq!(
        (before.set().len(), after.set().len(), after.set().delta_len()),
        (1, 2, 1)
    );
    assert_eq!(css(&writing.catalog, "https://example.com/1"), "r1{}");
    let same = writing.catalog.refresh().await.unwrap();
    assert_eq!(asked(&writing), [Some(Look::Everywhere)]);
    assert!(Arc::ptr_eq(&after, &same), "nothing changed, nothing published");
}

#[tokio::test]
async fn who_comes_together_is_served_by_the_wider_look() {
    let writing = writing(100).await;
    let (written, refreshed) = tokio::join!(writing.catalog.write(vec![numbered(1)]), async {
        // So that both wait while the refresh before is under way.
        let first = tokio::join!(writing.catalog.refresh(), writing.catalog.refresh());
        first.0.and(first.1)
    });
    assert!(written.is_ok() && refreshed.is_ok());
    assert_eq!(writing.catalog.snapshot().unwrap().set().len(), 2);
    let asked = asked(&writing);
    assert!(
        asked.contains(&Some(Look::Everywhere)) && asked.len() <= 2,
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_store_that_cannot_tell_what_changed_is_loaded() {
    let writing = writing(100).await;
    writing.store.forgets.store(true, Ordering::SeqCst);
    let after = writing.catalog.write(vec![numbered(1)]).await.unwrap();
    assert_eq!(asked(&writing), [Some(Look::OwnWrites), None]);
    assert_eq!((after.set().len(), after.set().delta_len()), (2, 0));
}

#[tokio::test]
async fn what_only_all_rules_can_tell_is_loaded() {
    let later = [("updated_at", "2026-01-01T01:00:00Z")];
    let first = contents(1, vec![rule("aa", "example.com/*", "later{}", &later)]);
    let writing = Writing::with(first, on_one_thread(100)).await;
    writing.clock.advance(Duration::from_secs(3600));
    let earlier = put(&rule(
        "bb",
        "example.com/*",
        "earlier{}",
        &[("updated_at", "2025-01-01T00:00:00Z")],
    ));
    writing.catalog.write(vec![earlier]).await.unwrap();
    assert_eq!(asked(&writing), [Some(Look::OwnWrites), None]);
    assert_eq!(css(&writing.catalog, PAGE), "later{}");
}

#[tokio::test]
async fn a_delta_beyond_its_bound_is_compacted_and_the_cache_stays_warm() {
    let writing = writing(2).await;
    for n in 0..2 {
        writing.catalog.write(vec![numbered(n)]).await.unwrap();
    }
    settle().await;
    assert_eq!(writing.catalog.snapshot().unwrap().set().delta_len(), 2);
    let published = writing.catalog.write(vec![numbered(2)]).await.unwrap();
    assert_eq!(
        (published.set().delta_len(), css(&writing.catalog, PAGE)),
        (3, "a{}".to_owned())
    );
    settle().await;
    let compacted = writing.catalog.snapshot().unwrap();
    assert_eq!((compacted.set().delta_len(), compacted.set().len()), (0, 4));
    assert_eq!(compacted.revision(), published.revision());
    let page = compacted.resolve(&url(PAGE), Mode::Best, START);
    assert!(page.cache_hit, "no answer changed");
    assert_eq!(asked(&writing).len(), 3, "no store was asked for it");
}

#[tokio::test]
async fn a_large_change_is_compacted_at_once() {
    let writing = writing(2).await;
    let all = (0..17).map(numbered).collect();
    let published = writing.catalog.write(all).await.unwrap();
    assert_eq!((published.set().delta_len(), published.set().len()), (0, 18));
}

#[tokio::test]
async fn what_changes_while_a_compaction_is_under_way_is_not_lost() {
    let first = contents(1, vec![rule("a", "example.com/*", "a{}", &[])]);
    let apart = Settings {
        delta_max: 1,
        ..settings()
    };
    let writing = Writing::with(first, apart).await;
    for n in 0..60 {
        writing.catalog.write(vec![numbered(n)]).await.unwrap();
        assert_eq!(writing.catalog.snapshot().unwrap().set().len(), n + 2);
    }
    let snapshot = writing.catalog.snapshot().unwrap();
    let found = (0..60).all(|n| snapshot.set().find(&format!("r{n}")).is_some());
    assert!(found);
}

#[tokio::test]
async fn a_change_that_is_stored_and_cannot_be_shown_says_so() {
    let writing = writing(100).await;
    writing.store.cannot_load.store(true, Ordering::SeqCst);
    let outcome = writing.catalog.write(vec![numbered(1)]).await;
    assert!(matches!(outcome, Err(Error::NotInForce(_))));
    assert_eq!(writing.catalog.snapshot().unwrap().set().len(), 1);
    assert!(writing.catalog.status().failure.is_some());
    writing.store.cannot_load.store(false, Ordering::SeqCst);
    assert_eq!(writing.catalog.refresh().await.unwrap().set().len(), 2);
}

#[tokio::test]
async fn a_store_that_panics_leaves_it_open_and_what_it_stored_is_shown() {
    let writing = writing(100).await;
    writing.store.panics.store(true, Ordering::SeqCst);
    let outcome = writing.catalog.write(vec![numbered(1)]).await;
    assert!(matches!(outcome, Err(Error::Undecided(_))));
    assert_eq!(writing.catalog.snapshot().unwrap().set().len(), 2);
    writing.store.panics.store(false, Ordering::SeqCst);
    assert!(
        writing.catalog.write(vec![numbered(2)]).await.is_ok(),
        "the next turn goes on"
    );
}

/// What callers see of a snapshot.
fn seen(snapshot: &Snapshot, now: Timestamp) -> (Vec<String>, Vec<Count>, Vec<String>, Vec<String>) {
    let entry = |entry: &rules::Entry| {
        let rule = &entry.sourced.rule;
        format!(
            "{:?} {:?} {:?}",
            rule.to_value(),
            entry.sourced.origin,
            entry.state
        )
    };
    let answer = |page: &str| {
        let resolved = snapshot.resolve(&url(page), Mode::All, now);
        resolved.resolution.css.clone()
    };
    let problem = |seen: &catalog::SeenProblem| format!("{:?}", seen.problem);
    (
        snapshot
            .set()
            .entries()
            .iter()
            .map(|shared| entry(shared))
            .collect(),
        snapshot.counts(now),
        [PAGE, "https://shop.example/a", "https://example.com/1"]
            .map(answer)
            .into(),
        snapshot.problems().iter().map(problem).collect(),
    )
}

const IDS: [&str; 5] = ["a", "b", "shop:x", "shop:y", "c"];

fn any_edit() -> impl Strategy<Value = Edit> {
    let id = || select(IDS.to_vec()).prop_map(|id| RuleId::parse(id).unwrap());
    let ends = select(vec![
        "2025-12-31T00:00:00Z",
        "2026-01-01T00:00:02Z",
        "2027-01-01T00:00:00Z",
    ]);
    let rule = (
        select(IDS.to_vec()),
        select(vec!["*", "example.com/*", "*/1"]),
        prop::option::of(ends),
    );
    let any_put = (rule, any::<bool>()).prop_map(|((id, pattern, ends), is_override)| {
        let ends: Vec<_> = ends.iter().map(|end| ("expires_at", *end)).collect();
        let sourced = rule_of(id, pattern, &ends);
        match (put(&sourced), is_override && id.contains(':')) {
            (Edit::Put { rule, replaces, .. }, true) => Edit::Put {
                layer: Layer::Override,
                rule,
                replaces,
            },
            (edit, _) => edit,
        }
    });
    let layers = || select(vec![Layer::Local, Layer::Override, Layer::Community]);
    let remove = (id(), select(vec![Layer::Local, Layer::Override])).prop_map(|(id, layer)| Edit::Remove {
        layer,
        id,
        replaces: Expected::Anything,
    });
    prop_oneof![
        4 => any_put,
        2 => remove,
        1 => id().prop_map(Edit::Disable),
        1 => id().prop_map(Edit::Enable),
        1 => (id(), layers()).prop_map(|(id, layer)| Edit::Pin(id, layer)),
        1 => id().prop_map(Edit::Unpin),
    ]
}

fn rule_of(id: &str, pattern: &str, more: &[(&str, &str)]) -> Sourced {
    rule(id, pattern, &format!("{}{{}}", id.replace(':', "-")), more)
}

/// Rules of several layers, two of them with one id.
fn some_contents() -> Contents {
    let mut double = rule_of("a", "*", &[]);
    let mut origin = (*double.origin).clone();
    origin.file = Some("local/z.rule.yaml".into());
    double.origin = origin.into();
    Contents {
        packs: [("shop".to_owned(), rules::InstalledPack::default())].into(),
        ..contents(
            1,
            vec![
                rule_of("a", "example.com/*", &[]),
                double,
                rule_of("b", "*", &[("expires_at", "2026-01-01T00:00:01Z")]),
                of_pack("x", "x{}"),
                of_pack("y", "y{}"),
            ],
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Feature: asset-injector, Property: a catalog that follows changes shows what a fresh one loads
    #[test]
    fn following_is_loading(
        writes in collection::vec(collection::vec(any_edit(), 1..4), 1..12),
        delta_max in 0..6_usize,
        forgets in collection::vec(prop::bool::weighted(0.1), 12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let writing = Writing::with(some_contents(), on_one_thread(delta_max)).await;
            for (edits, forgets) in writes.into_iter().zip(forgets) {
                writing.store.forgets.store(forgets, Ordering::SeqCst);
                writing.clock.advance(Duration::from_millis(500));
                let shown = match writing.catalog.write(edits).await {
                    Err(Error::Unwritable(_)) => writing.catalog.snapshot().unwrap(),
                    written => written.unwrap(),
                };
                let fresh = Catalog::new(Arc::clone(&writing.store) as _, Arc::clone(&writing.clock) as _, settings());
                let fresh = fresh.refresh().await.unwrap();
                let now = writing.catalog.clock().now();
                prop_assert_eq!(seen(&shown, now), seen(&fresh, now));
                settle().await;
                let later = writing.catalog.snapshot().unwrap();
                prop_assert_eq!(seen(&later, now), seen(&fresh, now));
            }
            Ok(())
        })?;
    }
}

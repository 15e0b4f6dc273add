//! Many rules in one write: what is stored, what is in force, and what others do meanwhile.

use crate::{
    fixtures::{START, TestClock, contents, css, rule, settings},
    writing::{Writing, of_pack},
};
use catalog::{Catalog, Error, ImportOptions, OnConflict, Outcome, Settings};
use rules::{Layer, Rule, Sourced};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use store::{MemoryStore, Revision};

const REPLACE: ImportOptions = ImportOptions {
    on_conflict: OnConflict::Replace,
    atomic: false,
};
const PAGE: &str = "https://shop.example/a";

fn imported(rules: &[Sourced]) -> Vec<Option<Arc<Rule>>> {
    rules
        .iter()
        .map(|sourced| Some(Arc::clone(&sourced.rule)))
        .collect()
}

#[tokio::test]
async fn one_import_is_one_revision_and_in_force_at_once() {
    let writing = Writing::of(vec![rule("old", "*", "old{}", &[])]).await;
    let before = writing.catalog.snapshot().unwrap().revision();
    let mut rules = imported(&[
        rule("a", "https://shop.example/a*", "a{}", &[]),
        rule("OLD", "*", "new{}", &[]),
        rule("b", "*", "b{}", &[]),
    ]);
    rules.push(None);
    writing.clock.advance(Duration::from_secs(5));
    let done = writing
        .catalog
        .import(rules, ImportOptions::default())
        .await
        .unwrap();
    assert_eq!(
        done.outcomes,
        [Outcome::Added, Outcome::Skipped, Outcome::Added, Outcome::Refused]
    );
    assert!(done.changed && done.left_out.is_empty());
    assert_eq!(done.snapshot.revision(), Revision(before.0 + 1));
    assert_eq!(css(&writing.catalog, PAGE), "a{}");
    let entry = done.snapshot.set().find("a").unwrap();
    assert_eq!(entry.sourced.origin.layer, Layer::Local);
    assert_eq!(
        entry.sourced.rule.updated_at().unwrap().as_millis(),
        START.as_millis() + 5000
    );
}

#[tokio::test]
async fn what_changes_nothing_writes_nothing() {
    let writing = Writing::of(vec![rule("a", "*", "old{}", &[])]).await;
    let before = writing.catalog.snapshot().unwrap().revision();
    let rules = imported(&[rule("a", "*", "a{}", &[])]);
    let done = writing
        .catalog
        .import(rules, ImportOptions::default())
        .await
        .unwrap();
    assert!(!done.changed && done.snapshot.revision() == before);
    let atomic = ImportOptions {
        atomic: true,
        ..REPLACE
    };
    let mut rules = imported(&[rule("a", "*", "a{}", &[]), rule("b", "*", "b{}", &[])]);
    rules.push(None);
    let done = writing.catalog.import(rules, atomic).await.unwrap();
    assert_eq!(
        done.outcomes,
        [Outcome::Withheld, Outcome::Withheld, Outcome::Refused]
    );
    assert!(!done.changed);
    assert_eq!(css(&writing.catalog, PAGE), "old{}");
}

#[tokio::test]
async fn a_rule_with_a_packs_id_takes_the_place_of_the_packs() {
    let writing = Writing::of(vec![of_pack("a", "pack{}")]).await;
    let rules = imported(&[rule("shop:a", "https://shop.example/*", "mine{}", &[])]);
    let done = writing
        .catalog
        .import(rules, ImportOptions::default())
        .await
        .unwrap();
    assert_eq!(done.outcomes, [Outcome::Added]);
    assert_eq!(css(&writing.catalog, PAGE), "mine{}");
}

#[tokio::test]
async fn what_others_write_meanwhile_is_seen_before_it_is_decided_again() {
    for (options, outcome, result) in [
        (ImportOptions::default(), Outcome::Skipped, "theirs{}"),
        (REPLACE, Outcome::Replaced, "mine{}"),
    ] {
        let writing = Writing::of(Vec::new()).await;
        let mut once = Some(rule("a", "*", "theirs{}", &[]));
        writing.store.meddle(move |memory| {
            if let Some(theirs) = once.take() {
                memory.replace(contents(2, vec![theirs]));
            }
        });
        let rules = imported(&[rule("a", "*", "mine{}", &[])]);
        let done = writing.catalog.import(rules, options).await.unwrap();
        assert_eq!(done.outcomes, [outcome]);
        assert_eq!(css(&writing.catalog, PAGE), result);
    }
}

#[tokio::test]
async fn a_store_that_refuses_changes_nothing() {
    let writing = Writing::of(Vec::new()).await;
    writing.store.is_read_only.store(true, Ordering::SeqCst);
    let rules = imported(&[rule("a", "*", "a{}", &[])]);
    let refused = writing.catalog.import(rules, ImportOptions::default()).await;
    assert!(matches!(refused, Err(Error::ReadOnly(_))));
    assert!(writing.catalog.snapshot().unwrap().set().is_empty());
}

fn many(count: usize, pattern: impl Fn(usize) -> String) -> Vec<Option<Arc<Rule>>> {
    let rules: Vec<_> = (0..count)
        .map(|n| rule(&format!("r{n}"), &pattern(n), "a{}", &[]))
        .collect();
    imported(&rules)
}

#[tokio::test]
async fn what_would_push_others_out_of_the_set_is_refused_whole() {
    let writing = Writing::of(vec![rule("a", "*", "old{}", &[])]).await;
    let rules = many(1000, |n| format!("https://r{n}.example/"));
    let refused = writing.catalog.import(rules.clone(), REPLACE).await;
    assert!(matches!(refused, Err(Error::Full(1000))));
    assert_eq!(writing.catalog.snapshot().unwrap().set().len(), 1);
    let done = writing
        .catalog
        .import(rules[1..].to_vec(), REPLACE)
        .await
        .unwrap();
    assert_eq!(done.taken().count(), 999);
}

#[tokio::test]
async fn a_rule_that_is_stored_and_left_out_is_named_and_is_there_the_next_time() {
    let settings = Settings {
        rules_max: 5000,
        ..settings()
    };
    let store = Arc::new(MemoryStore::new(contents(1, Vec::new())));
    let catalog = Catalog::new(store, TestClock::new(), settings);
    catalog.refresh().await.unwrap();
    // No index can keep so many of these from being verified on every page.
    let rules = many(1001, |_| "*".to_owned());
    let done = catalog
        .import(rules.clone(), ImportOptions::default())
        .await
        .unwrap();
    assert_eq!(done.left_out.len(), 1, "{:?}", done.left_out);
    assert!(done.left_out[0].1.contains("no literal"), "{:?}", done.left_out);
    let again = catalog
        .import(rules.clone(), ImportOptions::default())
        .await
        .unwrap();
    assert!(again.outcomes.iter().all(|outcome| *outcome == Outcome::Skipped));
    let again = catalog.import(rules, REPLACE).await.unwrap();
    assert!(again.outcomes.iter().all(|outcome| *outcome == Outcome::Replaced));
}

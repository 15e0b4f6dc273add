//! What commands do when others write too, when the store refuses, and when nobody waits for them.

use crate::{
    fixtures::{css, rule},
    writing::{PAGE, Writing, fields, id, in_force, on},
};
use catalog::{Error, Terms};
use rules::Layer;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use store::{Edit, ErrorKind, Expected, MemoryStore};

/// Puts a rule with this CSS, as another process would.
fn put(store: &MemoryStore, css: &str) {
    let other = rule("a", "*", css, &[("author", css)]);
    let edit = Edit::Put {
        layer: Layer::Local,
        rule: other.rule,
        replaces: Expected::Anything,
    };
    let writing = store::RuleStore::write(store, std::slice::from_ref(&edit));
    // A store in memory never waits.
    let mut writing = std::pin::pin!(writing);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(writing.as_mut().poll(&mut context).is_ready());
}

#[tokio::test]
async fn what_another_writer_changed_is_not_lost() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    let mut once = Some("theirs{}");
    writing.store.meddle(move |store| {
        if let Some(css) = once.take() {
            put(store, css);
        }
    });
    let written = writing.update("a", &[("description", "mine")]).await.unwrap();
    let (rule, _) = in_force(&written);
    assert_eq!(
        (&*rule.assets().css, rule.description()),
        ("theirs{}", Some("mine"))
    );
}

#[tokio::test]
async fn a_condition_that_held_before_another_wrote_is_checked_again() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    writing.store.meddle(|store| put(store, "theirs{}"));
    let terms = on(|rule| rule.is_some_and(|rule| &*rule.assets().css == "a{}"));
    let unmet = writing
        .catalog
        .update(id("a"), fields(&[("css", "mine{}")]), terms)
        .await;
    assert!(matches!(unmet, Err(Error::Unmet)));
    assert_eq!(css(&writing.catalog, PAGE), "theirs{}");
}

#[tokio::test]
async fn a_write_that_others_overtake_all_the_time_ends() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    let mut n = 0;
    writing.store.meddle(move |store| {
        n += 1;
        put(store, &format!("n{n}{{}}"));
    });
    assert!(matches!(writing.delete("a").await, Err(Error::Changed(_))));
    assert!(css(&writing.catalog, PAGE).starts_with('n'));
}

#[tokio::test]
async fn what_a_store_refuses_says_what_to_do() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    let refuse = async |kind| {
        *writing.store.refuses.lock().unwrap() = Some(kind);
        writing.delete("a").await.err().unwrap()
    };
    assert!(matches!(
        refuse(ErrorKind::Unavailable).await,
        Error::NotWritten(_)
    ));
    assert!(matches!(
        refuse(ErrorKind::Unwritable).await,
        Error::Unwritable(_)
    ));
    assert!(matches!(refuse(ErrorKind::ReadOnly).await, Error::ReadOnly(_)));
    writing.store.is_read_only.store(true, Ordering::SeqCst);
    assert!(matches!(refuse(ErrorKind::Unavailable).await, Error::ReadOnly(why) if why == "it is a museum"));
    assert!(matches!(
        writing.catalog.write(vec![]).await,
        Err(Error::ReadOnly(_))
    ));
    assert_eq!(css(&writing.catalog, PAGE), "a{}");
}

#[tokio::test]
async fn a_change_that_cannot_be_published_says_that_it_is_stored() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    writing.store.cannot_load.store(true, Ordering::SeqCst);
    assert!(matches!(writing.delete("a").await, Err(Error::NotInForce(_))));
    writing.store.cannot_load.store(false, Ordering::SeqCst);
    assert!(
        matches!(writing.delete("a").await, Err(Error::NoSuchRule(_))),
        "it looks again"
    );
}

#[tokio::test]
async fn a_write_completes_although_its_caller_gave_up() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    let (store, catalog) = (&writing.store, &writing.catalog);
    store.gate.forget_permits(usize::MAX);
    let given_up = tokio::time::timeout(
        Duration::from_millis(1),
        writing.update("a", &[("css", "late{}")]),
    );
    assert!(given_up.await.is_err());
    store.gate.add_permits(2);
    // Writes take turns: when this one is done, so is the one before.
    catalog.disable(id("other"), Terms::default()).await.unwrap();
    assert_eq!(css(catalog, PAGE), "late{}");
}

#[tokio::test]
async fn the_line_of_those_who_wait_has_an_end() {
    let writing = Writing::of(vec![]).await;
    writing.store.gate.forget_permits(usize::MAX);
    let disable = |n: usize| {
        let catalog = Arc::clone(&writing.catalog);
        tokio::spawn(async move { catalog.disable(id(&format!("r{n}")), Terms::default()).await })
    };
    let waiting: Vec<_> = (0..300).map(disable).collect();
    while waiting.iter().filter(|one| one.is_finished()).count() < 44 {
        tokio::task::yield_now().await;
    }
    writing.store.gate.add_permits(300);
    let mut refused = 0;
    for one in waiting {
        match one.await.unwrap() {
            Err(Error::Busy) => refused += 1,
            outcome => drop(outcome.unwrap()),
        }
    }
    assert_eq!(refused, 44);
}

#[tokio::test]
async fn concurrent_changes_of_one_rule_are_all_kept() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    let names: Vec<_> = (0..30).map(|n| format!("x-{n}")).collect();
    let update = |name: &String| {
        let (catalog, patch) = (Arc::clone(&writing.catalog), fields(&[(name, "here")]));
        tokio::spawn(async move { catalog.update(id("a"), patch, Terms::default()).await })
    };
    let updates: Vec<_> = names.iter().map(update).collect();
    for one in updates {
        assert!(one.await.unwrap().unwrap().changed);
    }
    let snapshot = writing.catalog.snapshot().unwrap();
    assert_eq!(
        snapshot.set().find("a").unwrap().sourced.rule.extensions().len(),
        30
    );
}

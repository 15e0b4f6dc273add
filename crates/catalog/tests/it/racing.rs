//! What commands do when others write too, when the store refuses, and when nobody waits for them.

use crate::{
    fixtures::{contents, css, rule, settings},
    writing::{PAGE, Writing, fields, id, in_force, of_pack, on},
};
use catalog::{Error, Settings, Terms, Written};
use rules::Layer;
use std::{
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};
use store::{Contents, Edit, ErrorKind, Expected, Look, MemoryStore, Revision, RuleStore as _};

/// Puts a rule with this CSS, as another process would.
fn put(store: &MemoryStore, css: &str) {
    put_in(store, Layer::Local, "a", css);
}

fn put_in(store: &MemoryStore, layer: Layer, id: &str, css: &str) {
    let other = rule(id, "*", css, &[("author", css)]);
    let edit = Edit::Put {
        layer,
        rule: other.rule,
        replaces: Expected::Anything,
    };
    at_once(store.write(std::slice::from_ref(&edit)));
}

fn load(store: &MemoryStore) -> Contents {
    at_once(store.load())
}

/// A store in memory never waits.
fn at_once<T>(call: impl Future<Output = Result<T, store::Error>>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match std::pin::pin!(call).poll(&mut context) {
        Poll::Ready(done) => done.unwrap(),
        Poll::Pending => panic!("memory does not wait"),
    }
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

/// The edits of a pin, a disabled and an enabled id say nothing of what stands in the place.
#[tokio::test]
async fn what_was_decided_on_another_place_is_decided_again() {
    let writing = Writing::of(vec![rule("a", "*", "a{}", &[])]).await;
    let other = contents(7, vec![rule("b", "*", "b{}", &[])]);
    writing.store.memory.replace(other);
    *writing.store.begins.lock().unwrap() = Revision(7);
    let pinned = writing.catalog.pin(id("a"), Layer::Local, Terms::default()).await;
    assert!(matches!(pinned, Err(Error::NoSuchRule(_))));
    assert!(load(&writing.store.memory).pins.is_empty());
    let pinned = writing.catalog.pin(id("b"), Layer::Local, Terms::default()).await;
    assert!(pinned.unwrap().changed);
}

#[tokio::test]
async fn what_others_wrote_unheard_of_is_looked_at_before_a_write_is_refused() {
    let rules = vec![rule("b", "*", "b{}", &[]), rule("c", "*", "c{}", &[])];
    let writing = Writing::of(rules).await;
    writing.store.is_shared.store(true, Ordering::SeqCst);
    // Somebody else creates `a`, deletes `b` and disables `c`, and this process does not hear of it.
    put(&writing.store.memory, "theirs{}");
    let gone = Edit::Remove {
        layer: Layer::Local,
        id: id("b"),
        replaces: Expected::Anything,
    };
    at_once(writing.store.memory.write(&[gone, Edit::Disable(id("c"))]));
    let terms = on(|rule| rule.is_some_and(|rule| &*rule.assets().css == "theirs{}"));
    let updated = writing
        .catalog
        .update(id("a"), fields(&[("description", "mine")]), terms)
        .await;
    let updated = updated.unwrap();
    let (rule, _) = in_force(&updated);
    assert_eq!(
        (&*rule.assets().css, rule.description()),
        ("theirs{}", Some("mine"))
    );
    let again = fields(&[
        ("id", "b"),
        ("type", "exact"),
        ("pattern", "https://b.example/"),
        ("css", "b{}"),
    ]);
    let created = writing
        .catalog
        .create(again, String::new(), Terms::default())
        .await;
    created.unwrap();
    writing.catalog.enable(id("c"), Terms::default()).await.unwrap();
    assert!(
        load(&writing.store.memory).disabled.is_empty(),
        "`c` was disabled elsewhere, and is enabled here"
    );
}

#[tokio::test]
async fn a_store_of_one_process_is_not_looked_at_for_a_write_that_is_refused() {
    for (is_shared, looks) in [(false, 0), (true, 1)] {
        let writing = Writing::of(vec![]).await;
        writing.store.is_shared.store(is_shared, Ordering::SeqCst);
        let refused = writing.update("a", &[("description", "mine")]).await;
        assert!(matches!(refused, Err(Error::NoSuchRule(_))));
        assert_eq!(writing.store.asked.lock().unwrap().len(), looks);
    }
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

/// The commands that take a condition, each on the id `shop:x`.
const COMMANDS: [&str; 6] = ["update", "delete", "disable", "enable", "pin", "unpin"];

async fn carry_out(writing: &Writing, command: &str, terms: Terms) -> Result<Written, Error> {
    let (catalog, id) = (&writing.catalog, id("shop:x"));
    match command {
        "update" => catalog.update(id, fields(&[("author", "me")]), terms).await,
        "delete" => catalog.delete(id, terms).await,
        "disable" => catalog.disable(id, terms).await,
        "enable" => catalog.enable(id, terms).await,
        "pin" => catalog.pin(id, Layer::Override, terms).await,
        "unpin" => catalog.unpin(id, terms).await,
        unknown => panic!("there is no command {unknown}"),
    }
}

/// A pack's rule, and an override of it, which is in force.
async fn with_an_override() -> Writing {
    let writing = Writing::over(Contents {
        packs: [("shop".to_owned(), rules::InstalledPack::default())].into(),
        ..contents(1, vec![of_pack("x", "pack{}")])
    })
    .await;
    writing.update("shop:x", &[("css", "over{}")]).await.unwrap();
    writing
}

/// What others do to the rule in force before the write, and which CSS it has then.
type Other = (fn(&MemoryStore), &'static str);

const OTHERS: [Other; 3] = [
    (
        |store| put_in(store, Layer::Override, "shop:x", "theirs{}"),
        "theirs{}",
    ),
    // The rule that was in force stands where it stood, and is in force no more.
    (
        |store| put_in(store, Layer::Local, "shop:x", "above{}"),
        "above{}",
    ),
    (
        |store| {
            let mut contents = load(store);
            contents.revision.0 += 1;
            contents
                .rules
                .retain(|sourced| sourced.origin.layer == Layer::Community);
            store.replace(contents);
        },
        "pack{}",
    ),
];

#[tokio::test]
async fn no_command_is_carried_out_on_a_rule_that_its_condition_was_not_judged_by() {
    for command in COMMANDS {
        for (other, css_then) in OTHERS {
            let writing = with_an_override().await;
            let mut once = Some(other);
            writing
                .store
                .meddle(move |store| once.take().into_iter().for_each(|other| other(store)));
            let terms = on(|rule| rule.is_some_and(|rule| &*rule.assets().css == "over{}"));
            let outcome = carry_out(&writing, command, terms).await;
            let what = format!("{command}, then {css_then}");
            assert!(matches!(outcome, Err(Error::Unmet)), "{what}");
            assert_eq!(css(&writing.catalog, PAGE), css_then, "{what}");
            let stored = load(&writing.store.memory);
            assert!(stored.disabled.is_empty() && stored.pins.is_empty(), "{what}");
        }
    }
}

#[tokio::test]
async fn a_condition_that_still_holds_after_another_wrote_lets_the_command_through() {
    for command in COMMANDS {
        let writing = with_an_override().await;
        let mut once = Some("theirs{}");
        writing.store.meddle(move |store| {
            if let Some(css) = once.take() {
                put_in(store, Layer::Override, "shop:x", css);
            }
        });
        let terms = on(|rule| rule.is_some());
        let written = carry_out(&writing, command, terms).await.unwrap();
        assert!(written.changed, "{command}");
        let asked = writing.store.asked.lock().unwrap();
        assert!(asked.contains(&Some(Look::Everywhere)), "{command} looks again");
    }
}

#[tokio::test]
async fn a_rule_beyond_a_bound_keeps_no_condition_from_being_judged() {
    let settings = Settings {
        rules_max: 1,
        ..settings()
    };
    let pack_and_over = load(&with_an_override().await.store.memory);
    let writing = Writing::with(pack_and_over, settings).await;
    let left_out = writing.catalog.snapshot().unwrap().set().left_out().len();
    assert_eq!(left_out, 1, "there is room for the override only");
    let terms = on(|rule| rule.is_some_and(|rule| &*rule.assets().css == "over{}"));
    assert!(carry_out(&writing, "disable", terms).await.unwrap().changed);
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

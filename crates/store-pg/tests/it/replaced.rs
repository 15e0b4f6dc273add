//! Another database that takes the place of the one that was served, under the same URL.

use crate::place::{css, database, put, run, store_at};
use pg_test::Database;
use rules::{Layer, RuleId};
use std::time::Duration;
use store::{Contents, Edit, ErrorKind, Look, Revision, RuleStore as _};
use store_pg::PgStore;
use tokio::time::timeout;

/// A store that has read a rule, and what it has read.
fn served() -> (Database, PgStore, Contents) {
    let database = database();
    let store = store_at(&database.url());
    let contents = run(async {
        store.write(&[put("a", "a{}")]).await.unwrap();
        store.write(&[put("b", "b{}")]).await.unwrap();
        store.load().await.unwrap()
    });
    (database, store, contents)
}

/// Makes the database anew, and writes so many rules to it one after the other.
fn replace(database: &Database, writes: usize) {
    database.sql("DROP SCHEMA asset_injector CASCADE");
    let other = store_at(&database.url());
    run(async {
        for n in 0..writes {
            other.write(&[put(&format!("new-{n}"), "n{}")]).await.unwrap();
        }
    });
}

#[test]
fn all_of_it_is_a_later_state_wherever_it_counts() {
    // With a lower revision, the same one, and a higher one.
    for writes in [1, 2, 5] {
        let (database, store, before) = served();
        let known = store.identity(before.revision);
        assert!(known.is_some());
        replace(&database, writes);
        run(async {
            timeout(Duration::from_secs(30), store.changed())
                .await
                .expect("it is noticed");
            let changes = store.changes(before.revision, Look::Everywhere).await;
            assert!(changes.unwrap().is_none(), "no difference leads there");
            let loaded = store.load().await.unwrap();
            assert!(loaded.revision > before.revision);
            assert_eq!(loaded.rules.len(), writes);
            assert!(css(&loaded).keys().all(|id| id.starts_with("new-")));
            assert_ne!(store.identity(loaded.revision), known);
            assert_eq!(
                store.identity(before.revision),
                known,
                "a state stays where it is from"
            );
            // From then on it is followed as any other.
            let written = store.write(&[put("c", "c{}")]).await.unwrap();
            let changes = store.changes(loaded.revision, Look::OwnWrites).await.unwrap();
            let changes = changes.expect("the number leads to the database's own");
            assert_eq!((changes.revision, changes.rules.len()), (written, 1));
        });
    }
}

/// Its states may look the same, as those of a copy that was changed since.
#[test]
fn states_of_one_number_and_token_are_told_apart() {
    let (database, store, before) = served();
    database.sql(
        "UPDATE asset_injector.state SET identity = 'another';
         DELETE FROM asset_injector.rule WHERE key = 'b'",
    );
    run(async {
        let changes = store.changes(before.revision, Look::Everywhere).await;
        assert!(changes.unwrap().is_none());
        let loaded = store.load().await.unwrap();
        assert!(loaded.revision > before.revision);
        assert_eq!(css(&loaded).into_keys().collect::<Vec<_>>(), ["a"]);
    });
}

#[test]
fn what_was_decided_on_the_one_is_not_written_to_the_other() {
    let (database, store, before) = served();
    replace(&database, 1);
    run(async {
        // Nothing of a rule is expected of these: only the state keeps them out.
        for decided in [put("c", "c{}"), disable(), enable(), pin()] {
            is_refused(&store, before.revision, &decided).await;
        }
        // It was read, and what came of it is not in force yet.
        let loaded = store.load().await.unwrap();
        for decided in [put("c", "c{}"), disable(), enable(), pin()] {
            is_refused(&store, before.revision, &decided).await;
        }
        assert_eq!(database.sql("SELECT key FROM asset_injector.rule"), "new-0");
        assert_eq!(database.sql("SELECT count(*) FROM asset_injector.disabled"), "0");
        assert_eq!(database.sql("SELECT count(*) FROM asset_injector.pin"), "0");
        let edits = [Edit::ExpectState(loaded.revision), put("c", "c{}")];
        store.write(&edits).await.unwrap();
    });
}

#[test]
fn what_was_decided_before_a_restoration_is_not_written_after_it() {
    let (database, store, before) = served();
    let earlier = before.revision.0 - 1;
    // The same database, as it was before the last write.
    database.sql(&format!(
        "DELETE FROM asset_injector.change WHERE revision > {earlier};
         DELETE FROM asset_injector.touched WHERE revision > {earlier};
         DELETE FROM asset_injector.rule WHERE key = 'b';
         UPDATE asset_injector.state SET revision = {earlier}"
    ));
    run(async {
        is_refused(&store, before.revision, &disable()).await;
        // Another one wrote since, under the same number.
        store_at(&database.url()).write(&[put("n", "n{}")]).await.unwrap();
        is_refused(&store, before.revision, &disable()).await;
        let loaded = store.load().await.unwrap();
        is_refused(&store, before.revision, &disable()).await;
        let edits = [Edit::ExpectState(loaded.revision), disable()];
        store.write(&edits).await.unwrap();
    });
}

async fn is_refused(store: &PgStore, decided_on: Revision, decided: &Edit) {
    let edits = [Edit::ExpectState(decided_on), decided.clone()];
    let refused = store.write(&edits).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Changed, "{decided:?}: {refused}");
}

fn disable() -> Edit {
    Edit::Disable(RuleId::parse("a").unwrap())
}

fn enable() -> Edit {
    Edit::Enable(RuleId::parse("a").unwrap())
}

fn pin() -> Edit {
    Edit::Pin(RuleId::parse("a").unwrap(), Layer::Local)
}

/// Somebody may be about to restore a backup to it: what is served stays.
#[test]
fn an_empty_one_is_not_taken_for_one_without_rules() {
    let (database, store, before) = served();
    database.sql("DROP SCHEMA asset_injector CASCADE");
    run(async {
        let changes = store.changes(before.revision, Look::Everywhere).await;
        assert_eq!(changes.unwrap_err().kind, ErrorKind::Unavailable);
        assert_eq!(store.load().await.unwrap_err().kind, ErrorKind::Unavailable);
    });
    assert_eq!(
        database.sql("SELECT to_regnamespace('asset_injector') IS NULL"),
        "t"
    );
}

//! A database that goes back to an earlier state, as after a fail-over to a standby that was behind.

use crate::place::{css, database, put, run, store_at};
use pg_test::Database;
use std::collections::BTreeMap;
use store::{Look, RuleStore as _};
use store_pg::PgStore;

/// A store that has read the rules `a` and `b`, over a database that has lost the write of `b` since.
fn gone_back() -> (Database, PgStore) {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        store.write(&[put("a", "a{}")]).await.unwrap();
        store.write(&[put("b", "b{}")]).await.unwrap();
        store.load().await.unwrap();
    });
    database.sql(
        "BEGIN;
         DELETE FROM asset_injector.rule WHERE key = 'b';
         DELETE FROM asset_injector.touched WHERE revision = 3;
         DELETE FROM asset_injector.change WHERE revision = 3;
         UPDATE asset_injector.state SET revision = 2, logged = 1;
         COMMIT",
    );
    (database, store)
}

fn ids(of: &BTreeMap<String, String>) -> Vec<&str> {
    of.keys().map(String::as_str).collect()
}

#[test]
fn the_earlier_state_is_a_later_one_to_readers() {
    let (_database, store) = gone_back();
    run(async {
        let in_force = store::Revision(3);
        assert!(store.changes(in_force, Look::Everywhere).await.unwrap().is_none());
        let loaded = store.load().await.unwrap();
        assert!(loaded.revision > in_force);
        assert_eq!(ids(&css(&loaded)), ["a"]);
        assert_eq!(store.load().await.unwrap().revision, loaded.revision);
        let written = store.write(&[put("c", "c{}")]).await.unwrap();
        assert!(written > loaded.revision);
        let changes = store.changes(loaded.revision, Look::OwnWrites).await.unwrap();
        let changes = changes.expect("the number leads to the database's own");
        assert_eq!(changes.revision, written);
        assert_eq!(
            changes.rules.keys().map(|id| id.as_str()).collect::<Vec<_>>(),
            ["c"]
        );
        assert!(store.changes(in_force, Look::Everywhere).await.unwrap().is_none());
    });
}

#[test]
fn a_write_under_a_number_that_was_given_out_takes_nobody_in() {
    let (_database, store) = gone_back();
    run(async {
        let in_force = store::Revision(3);
        store.write(&[put("c", "c{}")]).await.unwrap();
        assert!(store.changes(in_force, Look::OwnWrites).await.unwrap().is_none());
        let loaded = store.load().await.unwrap();
        assert!(loaded.revision > in_force);
        assert_eq!(ids(&css(&loaded)), ["a", "c"]);
    });
}

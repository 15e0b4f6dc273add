//! Several who write to one database, and what is remembered of it.

use crate::place::{css, database, put, put_if, run, store_at};
use std::{collections::BTreeSet, sync::Arc, thread};
use store::{Edit, ErrorKind, Expected, Look, RuleStore as _};

/// Each adds to what it has read, and tries again when somebody was faster.
#[test]
fn no_update_is_lost() {
    const WRITERS: usize = 4;
    const EACH: usize = 10;
    let database = database();
    let stores: Vec<_> = (0..WRITERS).map(|_| store_at(&database.url())).collect();
    run(stores[0].write(&[put("log", "/**/")])).unwrap();
    let add = |store: &store_pg::PgStore, word: &str| {
        run(async {
            loop {
                let found = store.load().await.unwrap().rules.remove(0).rule;
                let text = format!("{}/*{word}*/", found.assets().css);
                match store
                    .write(&[put_if("log", &text, Expected::Rule(Arc::clone(&found)))])
                    .await
                {
                    Ok(_) => return,
                    Err(error) => assert_eq!(error.kind, ErrorKind::Changed, "{error}"),
                }
            }
        });
    };
    thread::scope(|scope| {
        for (n, store) in stores.iter().enumerate() {
            scope.spawn(move || (0..EACH).for_each(|m| add(store, &format!("{n}.{m}"))));
        }
    });
    let log = css(&run(stores[0].load()).unwrap()).remove("log").unwrap();
    let words: BTreeSet<_> = log
        .split("/*")
        .map(|word| word.trim_end_matches("*/").to_owned())
        .collect();
    let missing: Vec<_> = (0..WRITERS)
        .flat_map(|n| (0..EACH).map(move |m| format!("{n}.{m}")))
        .filter(|word| !words.contains(word))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_log_of_changes_stays_bounded() {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        let first = store.write(&[put("a", "a{}")]).await.unwrap();
        store.load().await.unwrap();
        // As if this much had been written before.
        database.sql(
            "INSERT INTO asset_injector.touched SELECT 2, 'old-' || n FROM generate_series(1, 100000) n;
             UPDATE asset_injector.state SET logged = 100001",
        );
        let second = store.write(&[put("b", "b{}")]).await.unwrap();
        assert_eq!(
            database.sql("SELECT count(*), min(revision) FROM asset_injector.touched"),
            "1|3"
        );
        assert_eq!(
            database.sql("SELECT floor, logged FROM asset_injector.state"),
            "2|1"
        );
        assert!(store.changes(second, Look::OwnWrites).await.unwrap().is_some());
        let since_floor = store.changes(first, Look::OwnWrites).await.unwrap().unwrap();
        assert_eq!(since_floor.rules.len(), 1);
    });
}

#[test]
fn a_write_of_more_than_the_log_holds_has_no_difference() {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        let before = store.load().await.unwrap().revision;
        let edits: Vec<_> = (0..50_001)
            .map(|n| Edit::Disable(rules::RuleId::parse(&format!("r{n}")).unwrap()))
            .collect();
        let after = store.write(&edits).await.unwrap();
        assert!(store.changes(before, Look::Everywhere).await.unwrap().is_none());
        assert_eq!(database.sql("SELECT count(*) FROM asset_injector.touched"), "0");
        assert_eq!(store.load().await.unwrap().revision, after);
    });
}

/// A backup that is restored goes on with numbers that were used already, for other states.
#[test]
fn another_history_of_the_same_numbers_has_no_difference() {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        store.write(&[put("a", "a{}")]).await.unwrap();
        let seen = store.load().await.unwrap().revision;
        database.sql("UPDATE asset_injector.change SET token = 'of another history'");
        assert!(store.changes(seen, Look::Everywhere).await.unwrap().is_none());
        let other = store_at(&database.url());
        other.write(&[put("b", "b{}")]).await.unwrap();
        assert!(store.changes(seen, Look::Everywhere).await.unwrap().is_none());
        assert_eq!(store.load().await.unwrap().rules.len(), 2);
    });
}

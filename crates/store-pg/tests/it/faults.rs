//! What breaks: connections, the way to the database, the database's patience.

use crate::place::{css, database, put, run, settings, store_at};
use pg_test::{Database, Proxy, Server};
use std::{
    thread,
    time::{Duration, Instant},
};
use store::{ErrorKind, RuleStore as _};
use store_pg::{PgStore, Settings};
use tokio::time::timeout;

/// Longer than any call may take: two statement time-outs and their grace, for a call and its confirmation.
const BOUND: Duration = Duration::from_secs(20);

fn impatient(url: &str) -> PgStore {
    PgStore::open(Settings {
        statement_timeout: Duration::from_millis(500),
        ..settings(url)
    })
    .unwrap()
}

/// Holds the lock of all writers for so long while something is done.
fn while_held<T>(database: &Database, seconds: f32, work: impl FnOnce() -> T) -> T {
    let hold =
        format!("BEGIN; SELECT * FROM asset_injector.state FOR UPDATE; SELECT pg_sleep({seconds}); COMMIT");
    let is_held =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    thread::scope(|scope| {
        let holding = scope.spawn(|| database.sql(&hold));
        while database.sql(is_held) == "0" {
            thread::sleep(Duration::from_millis(10));
        }
        let done = work();
        holding.join().unwrap();
        done
    })
}

#[test]
fn a_connection_that_is_killed_in_the_middle_of_a_write_leaves_nothing() {
    let database = database();
    let store = store_at(&database.url());
    run(store.write(&[put("kept", "a{}")])).unwrap();
    let before = css(&run(store.load()).unwrap());
    let killed = while_held(&database, 1.5, || {
        thread::scope(|scope| {
            let writing = scope.spawn(|| run(store.write(&[put("kept", "b{}"), put("new", "a{}")])));
            // The write waits for the lock, inside its transaction.
            loop {
                let killed = database.sql(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'",
                );
                if killed != "0" {
                    break;
                }
                thread::sleep(Duration::from_millis(10));
            }
            writing.join().unwrap()
        })
    });
    assert_eq!(killed.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(css(&run(store.load()).unwrap()), before);
    run(store.write(&[put("new", "a{}")])).unwrap();
}

#[test]
fn a_write_waits_no_longer_than_it_may() {
    let database = database();
    let store = impatient(&database.url());
    run(store.load()).unwrap();
    while_held(&database, 3.0, || {
        let refused = run(store.write(&[put("a", "a{}")])).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Unavailable);
        assert!(
            refused.to_string().contains("DATABASE_STATEMENT_TIMEOUT"),
            "{refused}"
        );
        assert_eq!(
            run(store.load()).unwrap().rules.len(),
            0,
            "reading waits for no writer"
        );
    });
    run(store.write(&[put("a", "a{}")])).unwrap();
}

#[test]
fn a_database_that_stands_still_holds_nobody_for_ever() {
    let database = database();
    let proxy = Proxy::to(Server::shared().port());
    let store = impatient(&database.url_at(proxy.port()));
    run(store.write(&[put("a", "a{}")])).unwrap();
    proxy.freeze();
    let began = Instant::now();
    assert_eq!(run(store.load()).unwrap_err().kind, ErrorKind::Unavailable);
    let refused = run(store.write(&[put("a", "b{}")])).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Unavailable, "{refused}");
    assert!(began.elapsed() < BOUND);
    proxy.restore();
    assert_eq!(css(&run(store.load()).unwrap())["a"], "a{}");
    run(store.write(&[put("a", "c{}")])).unwrap();
}

/// Whatever is answered is true: what was acknowledged is there, what was refused is not.
#[test]
fn a_way_that_breaks_at_any_moment_makes_no_answer_wrong() {
    let database = database();
    let proxy = Proxy::to(Server::shared().port());
    let store = store_at(&database.url_at(proxy.port()));
    let direct = store_at(&database.url());
    run(store.load()).unwrap();
    // What a write with a new connection takes here: each way that breaks makes the next one need a new one.
    let began = Instant::now();
    run(store_at(&database.url_at(proxy.port())).write(&[put("first", "a{}")])).unwrap();
    let usual = began.elapsed();
    let mut outcomes = [0; 3];
    for n in 0..40 {
        let id = format!("r{n}");
        let written = thread::scope(|scope| {
            let breaking = scope.spawn(|| {
                thread::sleep(usual * n / 10);
                proxy.cut();
                thread::sleep(Duration::from_millis(5));
                proxy.restore();
            });
            let written = run(store.write(&[put(&id, "a{}")]));
            breaking.join().unwrap();
            written
        });
        let is_there = css(&run(direct.load()).unwrap()).contains_key(&id);
        match written {
            Ok(_) => {
                assert!(is_there, "{id} was acknowledged");
                outcomes[0] += 1;
            }
            Err(error) if error.kind == ErrorKind::Torn => outcomes[1] += 1,
            Err(error) => {
                assert!(!is_there, "{id} was refused: {error}");
                outcomes[2] += 1;
            }
        }
    }
    assert!(outcomes[0] > 0 && outcomes[2] > 0, "both happen: {outcomes:?}");
    run(store.write(&[put("last", "a{}")])).unwrap();
}

/// A host that takes connections and says nothing costs its share of the time, and the next one is asked.
#[test]
fn a_silent_host_does_not_hide_the_next() {
    let database = database();
    let silent = Proxy::to(Server::shared().port());
    silent.freeze();
    let port = Server::shared().port();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{port}/", silent.port());
    let url = database.url().replace(&format!("127.0.0.1:{port}/"), &hosts);
    let store = impatient(&url);
    let other = store_at(&database.url());
    run(async {
        assert_eq!(store.load().await.unwrap().rules.len(), 0);
        // The connection that listens comes through as well.
        let heard = async {
            while store.status().notifications == 0 {
                let _ = tokio::time::timeout(Duration::from_millis(100), store.changed()).await;
                other.write(&[put("a", "a{}")]).await.unwrap();
                other.write(&[put("a", "b{}")]).await.unwrap();
            }
        };
        tokio::time::timeout(BOUND, heard).await.expect("it listens");
    });
}

#[test]
fn an_unreachable_database_says_so_without_secrets() {
    let unused = Proxy::to(1);
    let url = format!("postgresql://someone:hunter2@127.0.0.1:{}/rules", unused.port());
    let store = store_at(&url);
    let refused = run(store.load()).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Unavailable);
    let text = format!("{refused} {refused:?} {store:?}");
    assert!(!text.contains("hunter2"), "{text}");
}

/// Whoever waits for changes may give up each time before an answer can come.
#[test]
fn who_gives_up_early_is_told_all_the_same() {
    let database = database();
    let proxy = Proxy::to(Server::shared().port());
    let store = impatient(&database.url_at(proxy.port()));
    let is_up_becomes = async |wanted: bool| {
        let began = Instant::now();
        while store.status().is_up != wanted {
            assert!(
                began.elapsed() < BOUND,
                "nobody hears whether the database answers"
            );
            let _ = timeout(Duration::from_millis(50), store.changed()).await;
        }
    };
    run(async {
        store.load().await.unwrap();
        proxy.freeze();
        is_up_becomes(false).await;
        proxy.restore();
        is_up_becomes(true).await;
        // What led there ends the next call at once, if none that was given up has ended by it.
        store_at(&database.url()).write(&[put("a", "a{}")]).await.unwrap();
        timeout(BOUND, store.changed()).await.expect("it is noticed");
    });
}

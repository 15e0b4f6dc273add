//! What others write is found out, with notifications and without.

use crate::place::{css, database, put, run, store_at};
use pg_test::{Loss, Proxy};
use std::time::Duration;
use store::{Look, Revision, RuleStore as _};
use store_pg::PgStore;
use tokio::time::timeout;

/// Longer than anything here takes; a test that hangs must end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longer than it takes until something that has happened is noticed.
const QUIET: Duration = Duration::from_millis(1_200);

async fn changed(store: &PgStore) {
    timeout(PATIENCE, store.changed()).await.expect("it is noticed");
}

async fn is_quiet(store: &PgStore) -> bool {
    timeout(QUIET, store.changed()).await.is_err()
}

#[test]
fn each_sees_what_the_other_writes() {
    let database = database();
    let (one, two) = (store_at(&database.url()), store_at(&database.url()));
    run(async {
        let mut seen = [
            one.load().await.unwrap().revision,
            two.load().await.unwrap().revision,
        ];
        for n in 0..3 {
            for (writer, reader, since) in [(&one, &two, 1), (&two, &one, 0)] {
                let text = format!("{n}-{since}{{}}");
                let css = text.replace(|c: char| c.is_ascii_digit(), "x");
                writer
                    .write(&[put("a", &css), put(&format!("r{n}-{since}"), "a{}")])
                    .await
                    .unwrap();
                changed(reader).await;
                let changes = reader
                    .changes(seen[since], Look::Everywhere)
                    .await
                    .unwrap()
                    .unwrap();
                assert!(changes.revision > seen[since]);
                assert!(
                    changes
                        .rules
                        .keys()
                        .any(|id| id.as_str() == format!("r{n}-{since}"))
                );
                seen[since] = changes.revision;
            }
        }
        let (one, two) = (one.load().await.unwrap(), two.load().await.unwrap());
        assert_eq!((css(&one), one.revision), (css(&two), two.revision));
    });
}

#[test]
fn ones_own_writes_are_no_news_once_they_were_read() {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        let before = store.load().await.unwrap().revision;
        assert!(is_quiet(&store).await, "nothing happens");
        store.write(&[put("a", "a{}")]).await.unwrap();
        store.changes(before, Look::OwnWrites).await.unwrap().unwrap();
        assert!(is_quiet(&store).await, "nobody else has written");
        store.write(&[put("a", "b{}")]).await.unwrap();
        changed(&store).await;
        let read = store.load().await.unwrap();
        assert_eq!(css(&read)["a"], "b{}", "nobody here had read it");
        let other = store_at(&database.url());
        other.write(&[put("b", "b{}")]).await.unwrap();
        store.write(&[put("c", "c{}")]).await.unwrap();
        changed(&store).await;
        let changes = store.changes(before, Look::Everywhere).await.unwrap().unwrap();
        assert_eq!(changes.rules.len(), 3);
    });
}

/// What happened while nobody waited, or while somebody gave up, ends a later wait.
#[test]
fn a_wait_that_was_given_up_loses_nothing() {
    let database = database();
    let (store, other) = (store_at(&database.url()), store_at(&database.url()));
    run(async {
        store.load().await.unwrap();
        for n in 0..8_u64 {
            let css = format!("a{}{{}}", "x".repeat(usize::try_from(n).unwrap()));
            let written = other.write(&[put("a", &css)]).await.unwrap();
            // Too short for an answer at first.
            let mut waits =
                (0..u64::MAX).map(|wait| Duration::from_micros((wait * 50 * (n + 1)).min(200_000)));
            let noticed = async { while timeout(waits.next().unwrap(), store.changed()).await.is_err() {} };
            timeout(PATIENCE, noticed).await.expect("it is noticed");
            assert_eq!(store.load().await.unwrap().revision, written);
        }
    });
}

/// As behind a proxy that shares connections, and as after a connection was lost.
#[test]
fn without_notifications_the_revision_is_asked_for() {
    let database = database();
    let (store, other) = (store_at(&database.url()), store_at(&database.url()));
    run(async {
        store.load().await.unwrap();
        for n in 1..4 {
            // Whoever writes like this notifies nobody.
            database.sql(
                "WITH next AS (UPDATE asset_injector.state SET revision = revision + 1 RETURNING revision)
                 INSERT INTO asset_injector.change SELECT revision, 'by hand' FROM next",
            );
            changed(&store).await;
            let loaded = store.load().await.unwrap();
            assert_eq!(loaded.revision, Revision(n + 1));
        }
        // All connections of the listener and of the pool are lost.
        database.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        other.load().await.unwrap();
        other.write(&[put("a", "a{}")]).await.unwrap();
        let revision = other.load().await.unwrap().revision;
        while store.load().await.unwrap().revision < revision {
            changed(&store).await;
        }
    });
}

/// As above, with everything else as it is.
#[test]
fn dropped_notifications_keep_nothing_from_being_noticed() {
    let database = database();
    let proxy = Proxy::to(pg_test::Server::shared().port());
    proxy.lose(Some(Loss::Notifications));
    let (store, other) = (
        store_at(&database.url_at(proxy.port())),
        store_at(&database.url()),
    );
    run(async {
        store.load().await.unwrap();
        for n in 0..3 {
            let written = other.write(&[put(&format!("r{n}"), "a{}")]).await.unwrap();
            changed(&store).await;
            assert_eq!(store.load().await.unwrap().revision, written);
        }
        assert_eq!(store.status().notifications, 0);
    });
}

#[test]
fn a_database_that_goes_and_comes_back_is_news_twice() {
    let database = database();
    let proxy = Proxy::to(pg_test::Server::shared().port());
    let store = store_at(&database.url_at(proxy.port()));
    run(async {
        store.load().await.unwrap();
        assert!(is_quiet(&store).await);
        proxy.cut();
        changed(&store).await;
        assert!(store.load().await.is_err());
        assert!(is_quiet(&store).await, "that it stays away is no news");
        proxy.restore();
        changed(&store).await;
        store.load().await.unwrap();
        assert!(is_quiet(&store).await);
    });
}

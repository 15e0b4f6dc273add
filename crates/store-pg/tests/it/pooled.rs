//! The store behind PgBouncer in transaction mode: what belongs to a connection outlives no transaction.

use crate::place::{css, database, put, run, settings, store_at};
use pg_test::{Database, Pooler, Server};
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use store::{ErrorKind, Look, RuleStore, contract::Harness};
use store_pg::{PgStore, Settings};
use tokio::time::timeout;

/// Fewer than one store alone would have.
const CONNECTIONS: u32 = 2;

/// Longer than anything here takes; a test that hangs must end.
const PATIENCE: Duration = Duration::from_secs(30);

static POOLER: LazyLock<Option<Pooler>> =
    LazyLock::new(|| Pooler::before(Server::shared().port(), CONNECTIONS));

/// A database, and the port of PgBouncer.
struct Pooled {
    database: Database,
    port: u16,
}

impl Pooled {
    /// None where PgBouncer is not there, which is said unless it must be there.
    #[expect(
        clippy::print_stdout,
        reason = "whoever runs the tests is told what is left out"
    )]
    fn new() -> Option<Self> {
        let Some(pooler) = &*POOLER else {
            let is_needed = std::env::var_os("PGBOUNCER_IS_THERE").is_some();
            assert!(!is_needed, "PgBouncer is not there");
            println!("SKIPPED: PgBouncer is not there");
            return None;
        };
        Some(Self {
            database: database(),
            port: pooler.port(),
        })
    }

    fn url(&self) -> String {
        self.database.url_at(self.port)
    }

    fn store(&self) -> PgStore {
        store_at(&self.url())
    }
}

/// Where there is no PgBouncer, the way is a straight one.
struct ThroughPgBouncer;

impl Harness for ThroughPgBouncer {
    const HISTORIES: u32 = 100;

    type Place = Result<Pooled, Database>;

    fn place(&self) -> Self::Place {
        Pooled::new().ok_or_else(database)
    }

    fn open(&self, place: &Self::Place) -> Arc<dyn RuleStore> {
        let url = place.as_ref().map_or_else(Database::url, Pooled::url);
        Arc::new(store_at(&url))
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        run(future)
    }
}

store::contract_tests!(ThroughPgBouncer);

#[test]
fn changes_are_found_by_asking() {
    let Some(place) = Pooled::new() else { return };
    let (one, two) = (place.store(), place.store());
    run(async {
        let mut seen = two.load().await.unwrap().revision;
        for n in 0..3 {
            one.write(&[put(&format!("r{n}"), "r{}")]).await.unwrap();
            timeout(PATIENCE, two.changed()).await.expect("it is noticed");
            let changes = two.changes(seen, Look::Everywhere).await.unwrap().unwrap();
            assert!(changes.rules.keys().any(|id| id.as_str() == format!("r{n}")));
            seen = changes.revision;
        }
        assert_eq!(two.status().notifications, 0);
    });
}

/// More transactions at a time than there are connections: each gets one that another has used.
#[test]
fn many_share_few_connections() {
    let Some(place) = Pooled::new() else { return };
    let stores: Vec<_> = (0..6).map(|_| place.store()).collect();
    run(async {
        stores[0].load().await.unwrap();
        for round in 0..10 {
            let ids: Vec<_> = (0..stores.len()).map(|n| format!("r{round}-{n}")).collect();
            let edits: Vec<_> = ids.iter().map(|id| [put(id, "r{}")]).collect();
            let [a, b, c, d, e, f] = &stores[..] else { panic!() };
            let [u, v, w, x, y, z] = &edits[..] else { panic!() };
            let written = tokio::try_join!(
                a.write(u),
                b.write(v),
                c.write(w),
                d.write(x),
                e.write(y),
                f.write(z)
            );
            written.unwrap();
            let (one, other) = tokio::try_join!(a.load(), f.load()).unwrap();
            assert_eq!(css(&one), css(&other));
            assert_eq!(one.rules.len(), (round + 1) * stores.len());
        }
    });
}

/// The limits of one transaction are not those of the next one on the same connection.
#[test]
fn limits_stay_with_their_transaction() {
    let Some(place) = Pooled::new() else { return };
    let patient = place.store();
    let impatient = PgStore::open(Settings {
        statement_timeout: Duration::from_millis(200),
        ..settings(&place.url())
    });
    let impatient = impatient.unwrap();
    run(async { patient.load().await.unwrap() });
    std::thread::scope(|scope| {
        let locking = "BEGIN; LOCK TABLE asset_injector.state; SELECT pg_sleep(1.5); COMMIT";
        scope.spawn(|| place.database.sql(locking));
        let is_locked = "SELECT count(*) FROM pg_stat_activity
                         WHERE wait_event = 'PgSleep' AND datname = current_database()";
        while place.database.sql(is_locked) != "1" {}
        run(async {
            let refused = impatient.write(&[put("a", "a{}")]).await.unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Unavailable, "{refused}");
            patient.write(&[put("b", "b{}")]).await.unwrap();
        });
    });
    assert_eq!(place.database.sql("SELECT key FROM asset_injector.rule"), "b");
}

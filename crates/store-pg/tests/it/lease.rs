//! Who may do what only one process may do at a time.

use crate::place::{database, run, settings, store_at};
use std::{thread, time::Duration};
use store::{ErrorKind, RuleStore as _};
use store_pg::{PgStore, Settings};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn one_process_at_a_time_holds_a_lease() {
    let database = database();
    let (one, two) = (store_at(&database.url()), store_at(&database.url()));
    run(async {
        assert!(one.lease("sync", "one", HOUR).await.unwrap());
        assert!(!two.lease("sync", "two", HOUR).await.unwrap());
        assert!(
            two.lease("update", "two", HOUR).await.unwrap(),
            "it has another name"
        );
        assert!(one.lease("sync", "one", Duration::ZERO).await.unwrap());
        assert!(two.lease("sync", "two", HOUR).await.unwrap(), "it has run out");
        assert!(!one.lease("sync", "one", HOUR).await.unwrap());
    });
}

#[test]
fn of_many_that_ask_together_one_gets_it() {
    let database = database();
    let stores: Vec<_> = (0..8).map(|_| store_at(&database.url())).collect();
    run(async { stores[0].load().await.unwrap() });
    let ask = |(n, store): (usize, &PgStore)| run(store.lease("sync", &n.to_string(), HOUR)).unwrap();
    let granted = thread::scope(|scope| {
        let asking: Vec<_> = stores
            .iter()
            .enumerate()
            .map(|one| scope.spawn(move || ask(one)))
            .collect();
        asking
            .into_iter()
            .map(|asking| asking.join().unwrap())
            .filter(|granted| *granted)
            .count()
    });
    assert_eq!(granted, 1);
}

#[test]
fn a_store_that_is_only_read_takes_none() {
    let database = database();
    let writer = store_at(&database.url());
    let reader = PgStore::open(Settings {
        read_only: Some("for a test".to_owned()),
        ..settings(&database.url())
    });
    run(async {
        writer.load().await.unwrap();
        let refused = reader.unwrap().lease("sync", "one", HOUR).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::ReadOnly);
    });
}

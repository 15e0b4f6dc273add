//! A database of any age, and a store that may change it or not.

use crate::place::{database, put, run, settings, store_at};
use std::time::Duration;
use store::{ErrorKind, Look, RuleStore as _};
use store_pg::{PgStore, Settings};

#[test]
fn the_first_load_makes_the_schema() {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        assert_eq!(store.standing().await.unwrap().version, 0);
        store.load().await.unwrap();
        let standing = store.standing().await.unwrap();
        assert!(standing.version > 0 && standing.pending.is_empty());
        assert_eq!(store.migrate(|| ()).await.unwrap(), []);
    });
}

#[test]
fn a_store_that_is_only_read_makes_none() {
    let database = database();
    let reader = PgStore::open(Settings {
        read_only: Some("for a test".to_owned()),
        ..settings(&database.url())
    })
    .unwrap();
    run(async {
        let refused = reader.load().await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Unavailable, "{refused}");
        assert_eq!(reader.standing().await.unwrap().version, 0);
        store_at(&database.url()).write(&[put("a", "a{}")]).await.unwrap();
        assert_eq!(reader.load().await.unwrap().rules.len(), 1);
        assert_eq!(reader.read_only().as_deref(), Some("for a test"));
        let refused = reader.write(&[put("b", "a{}")]).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::ReadOnly);
    });
}

#[test]
fn a_database_that_cannot_hold_every_text_is_refused() {
    let database = database();
    let name = format!("latin_of_{}", database.name());
    database.sql(&format!(
        "CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    ));
    let url = database
        .url()
        .replace(&format!("/{}", database.name()), &format!("/{name}"));
    let refused = run(store_at(&url).load()).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Corrupt);
    assert!(refused.to_string().contains("LATIN1"), "{refused}");
    database.sql(&format!("DROP DATABASE {name} WITH (FORCE)"));
}

#[test]
fn a_schema_that_nobody_here_knows_is_refused() {
    let database = database();
    run(store_at(&database.url()).load()).unwrap();
    database.sql(
        "INSERT INTO asset_injector.schema_migration (version, name, checksum, compatible_with)
         VALUES (1000, 'far ahead', '', 1000)",
    );
    let refused = run(store_at(&database.url()).load()).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Corrupt);
    assert!(refused.to_string().contains("far ahead"), "{refused}");
    database.sql("UPDATE asset_injector.schema_migration SET compatible_with = 1");
    run(store_at(&database.url()).load()).unwrap();
}

/// Puts the schema back to what the first migration made of it, as the restoration of an old backup does.
const OLDER: &str = "ALTER TABLE asset_injector.state DROP COLUMN identity;
     DELETE FROM asset_injector.schema_migration WHERE version > 1";

#[test]
fn an_older_schema_that_was_restored_under_a_store_is_migrated() {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        let written = store.write(&[put("a", "a{}")]).await.unwrap();
        store.load().await.unwrap();
        database.sql(OLDER);
        let failed = store.changes(written, Look::Everywhere).await.unwrap_err();
        assert_eq!(failed.kind, ErrorKind::Unavailable);
        assert!(failed.to_string().contains("schema"), "{failed}");
        // Whatever is asked for next.
        let changes = store.changes(written, Look::Everywhere).await.unwrap();
        assert!(changes.is_none(), "it has an identity of its own now");
        assert_eq!(store.load().await.unwrap().rules.len(), 1);
        assert_eq!(store.standing().await.unwrap().pending, []);
        for n in 0..3 {
            database.sql(OLDER);
            let asked = async || match n {
                0 => store.write(&[put("b", "b{}")]).await.map(drop),
                1 => store.lease("l", "me", Duration::from_secs(1)).await.map(drop),
                _ => store.load().await.map(drop),
            };
            let outcomes = [asked().await.is_ok(), asked().await.is_ok()];
            // A lease takes no part in what is other.
            assert_eq!(outcomes, [n == 1, true], "{n}");
            store.load().await.ok();
            store.load().await.unwrap();
        }
    });
}

/// Whoever restores it would find a column that is not in the backup.
#[test]
fn what_is_still_being_restored_is_not_migrated() {
    let database = database();
    let store = store_at(&database.url());
    run(async {
        store.write(&[put("a", "a{}")]).await.unwrap();
        store.load().await.unwrap();
        database.sql(OLDER);
        database
            .sql("CREATE TABLE kept AS SELECT * FROM asset_injector.state; DELETE FROM asset_injector.state");
        for _ in 0..3 {
            let failed = store.load().await.unwrap_err();
            assert_eq!(failed.kind, ErrorKind::Unavailable, "{failed}");
            assert_eq!(store.standing().await.unwrap().version, 1);
        }
        assert_eq!(
            store_at(&database.url()).load().await.unwrap_err().kind,
            ErrorKind::Unavailable
        );
        database.sql("INSERT INTO asset_injector.state SELECT * FROM kept");
        assert_eq!(store.load().await.unwrap().rules.len(), 1);
    });
}

#[test]
fn a_store_that_is_only_read_waits_until_somebody_migrates() {
    let database = database();
    run(store_at(&database.url()).write(&[put("a", "a{}")])).unwrap();
    let reader = PgStore::open(Settings {
        read_only: Some("for a test".to_owned()),
        ..settings(&database.url())
    })
    .unwrap();
    run(async {
        reader.load().await.unwrap();
        database.sql(OLDER);
        reader.load().await.unwrap_err();
        let refused = reader.load().await.unwrap_err();
        assert!(refused.to_string().contains("migrate"), "{refused}");
        assert_eq!(reader.standing().await.unwrap().version, 1);
        store_at(&database.url()).migrate(|| ()).await.unwrap();
        assert_eq!(reader.load().await.unwrap().rules.len(), 1);
    });
}

//! A database of any age, and a store that may change it or not.

use crate::place::{database, put, run, settings, store_at};
use store::{ErrorKind, RuleStore as _};
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
        assert_eq!(store.migrate().await.unwrap(), []);
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

//! What tells a backup that is being restored from a schema that is whole.

use super::*;

/// The older schema, and what a backup of it lacks while it is being restored.
async fn partly_restored(missing: &str) -> Result<Vec<(i32, String)>, Error> {
    let database = Server::shared().database();
    let connections = connections(&database);
    migrate(&connections, &MIGRATIONS[..1])
        .await
        .expect("it is empty");
    database.sql(missing);
    let migrated = migrate(&connections, MIGRATIONS).await;
    if migrated.is_err() {
        let added = database.sql(
            "SELECT count(*) FROM pg_attribute WHERE attname = 'identity'
             AND attrelid = to_regclass('asset_injector.state')",
        );
        assert_eq!(added, "0", "{missing}");
    }
    migrated
}

#[tokio::test]
async fn the_tables_are_those_that_are_told_and_all_have_keys() {
    let database = Server::shared().database();
    for upto in 1..=MIGRATIONS.len() {
        migrate(&connections(&database), &MIGRATIONS[..upto])
            .await
            .expect("it can be migrated");
        let found = files(&database).into_keys();
        let found: Vec<_> = found.filter(|table| table != "schema_migration").collect();
        assert_eq!(found, MIGRATIONS[upto - 1].tables);
    }
    let partly = partly_restored("SELECT 1").await.expect("it is whole");
    assert_eq!(partly.len(), 1);
}

#[tokio::test]
async fn a_schema_that_lacks_what_its_version_has_is_not_migrated() {
    for (missing, said) in [
        ("DROP TABLE asset_injector.rule", "lacks the table `rule`"),
        ("DROP TABLE asset_injector.state", "lacks the table `state`"),
        (
            "ALTER TABLE asset_injector.pack_file DROP CONSTRAINT pack_file_pkey",
            "lacks the primary key of the table `pack_file`",
        ),
        (
            "DELETE FROM asset_injector.state",
            "holds a schema and no rules yet",
        ),
        (
            "DELETE FROM asset_injector.schema_migration",
            "has the table `change`, and no record of migrations",
        ),
        (
            "DROP TABLE asset_injector.schema_migration",
            "has the table `change`, and no record of migrations",
        ),
    ] {
        let refused = partly_restored(missing).await.expect_err(missing);
        assert_eq!(refused.kind, ErrorKind::Unavailable, "{refused}");
        let message = refused.to_string();
        assert!(
            message.contains(said) && message.contains("backup"),
            "{missing}: {message}"
        );
    }
}

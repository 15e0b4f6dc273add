//! The schema from release to release, on real databases.

mod restored;
mod waiting;

use super::*;
use crate::{
    sql::{ALL, Query},
    target::Target,
};
use pg_test::{Database, Server};
use std::{collections::BTreeMap, time::Duration};
use tokio_postgres::{Client, NoTls};

/// Every statement that a release has used on each version of the schema; what a released one used stays.
const STATEMENTS: &[(i32, &str)] = &[
    (1, include_str!("../../migrations/0001_rules.statements.sql")),
    (2, include_str!("../../migrations/0002_identity.statements.sql")),
];

fn connections(database: &Database) -> Connections {
    connections_of(&database.url(), Duration::from_secs(10))
}

fn connections_of(url: &str, statement: Duration) -> Connections {
    let target = Target::parse(url).expect("a URL");
    let (config, tls) = target.connector().expect("no certificates are named");
    Connections::new(config, tls, 2, statement)
}

/// As whoever waits until it is done.
async fn migrate(connections: &Connections, known: &[Migration]) -> Result<Vec<(i32, String)>, Error> {
    super::migrate(connections, known, Wait::Out(&|| ())).await
}

async fn client(database: &Database) -> Client {
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls)
        .await
        .expect("it runs");
    tokio::spawn(connection);
    client
}

/// The statements of a fixture, each with the comment before it.
fn statements(text: &str) -> Vec<&str> {
    text.split("\n\n")
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// A statement as it stands in a fixture.
fn shown(query: &Query) -> String {
    let takes: Vec<_> = query.takes.iter().map(ToString::to_string).collect();
    let lines = query.text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let head = format!("-- {}: {}", query.name, takes.join(" "));
    format!("{}\n{lines}", head.trim_end())
}

/// The statements of earlier releases that cannot be prepared any more after one of these migrations, each with the
/// migration that breaks it.
async fn broken(database: &Database, known: &[Migration], fixtures: &[(i32, &str)]) -> Vec<String> {
    let mut broken = Vec::new();
    for upto in 1..=known.len() {
        let known = &known[..upto];
        migrate(&connections(database), known)
            .await
            .expect("it can be migrated");
        let newest = known[upto - 1];
        let client = client(database).await;
        let kept = fixtures
            .iter()
            .filter(|(version, _)| (newest.compatible_with..=newest.version).contains(version));
        for statement in kept.flat_map(|(_, text)| statements(text)) {
            let (head, text) = statement.split_once('\n').expect("a comment stands before each");
            let (name, types) = head
                .split_once(':')
                .expect("it names the statement and its types");
            let types = types.split_whitespace().collect::<Vec<_>>().join(", ");
            let types = if types.is_empty() {
                types
            } else {
                format!("({types})")
            };
            let prepare = format!("DEALLOCATE ALL; PREPARE it {types} AS {text}");
            if let Err(error) = client.batch_execute(&prepare).await {
                broken.push(format!("{} breaks {name}: {error:?}", newest.name));
            }
        }
    }
    broken
}

/// The tables, each with the file that it lies in; one that is written anew gets another.
fn files(database: &Database) -> BTreeMap<String, String> {
    let listed = database.sql(
        "SELECT string_agg(relname || ' ' || relfilenode, ',') FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'asset_injector'::regnamespace",
    );
    let tables = listed
        .split(',')
        .map(|table| table.split_once(' ').expect("two words"));
    tables
        .map(|(name, file)| (name.to_owned(), file.to_owned()))
        .collect()
}

/// The tables that one of these migrations writes anew.
async fn written_anew(database: &Database, known: &[Migration]) -> Vec<String> {
    let mut anew = Vec::new();
    let mut before = BTreeMap::new();
    for upto in 1..=known.len() {
        migrate(&connections(database), &known[..upto])
            .await
            .expect("it can be migrated");
        let after = files(database);
        for (table, file) in &before {
            if after.get(table).is_some_and(|now| now != file) {
                anew.push(format!("{} writes {table} anew", known[upto - 1].name));
            }
        }
        before = after;
    }
    anew
}

#[tokio::test]
async fn no_migration_writes_a_table_anew() {
    let database = Server::shared().database();
    assert_eq!(written_anew(&database, MIGRATIONS).await, [""; 0]);
    let computed = "ALTER TABLE asset_injector.state ADD COLUMN more text DEFAULT gen_random_uuid()::text";
    let found = written_anew(&Server::shared().database(), &and_next(computed, 1)).await;
    assert_eq!(found, ["next writes state anew"]);
}

/// The schema of this release, and one migration more.
fn and_next(text: &'static str, compatible_with: i32) -> Vec<Migration> {
    let next = Migration {
        version: 3,
        name: "next",
        compatible_with,
        tables: &[],
        text,
    };
    MIGRATIONS[..2].iter().copied().chain([next]).collect()
}

#[tokio::test]
async fn every_statement_fits_the_newest_schema() {
    let database = Server::shared().database();
    migrate(&connections(&database), MIGRATIONS)
        .await
        .expect("an empty database can be migrated");
    let client = client(&database).await;
    for query in ALL {
        let prepared = client.prepare_typed(query.text, query.takes).await;
        let prepared = prepared.unwrap_or_else(|error| panic!("{}: {error:?}", query.name));
        assert_eq!(prepared.params(), query.takes, "the parameters of {}", query.name);
        let columns = prepared.columns().iter().map(|column| column.type_().clone());
        assert_eq!(
            columns.collect::<Vec<_>>(),
            query.gives,
            "the columns of {}",
            query.name
        );
    }
}

#[test]
fn the_statements_of_this_release_are_kept() {
    let (version, text) = STATEMENTS.last().expect("there is a schema");
    assert_eq!(Some(*version), MIGRATIONS.last().map(|newest| newest.version));
    let kept = statements(text);
    let missing: Vec<_> = ALL
        .iter()
        .map(|query| shown(query))
        .filter(|shown| !kept.contains(&&**shown))
        .collect();
    assert!(
        missing.is_empty(),
        "add to the newest fixture:\n\n{}",
        missing.join("\n\n")
    );
}

#[tokio::test]
async fn the_release_before_runs_on_each_schema() {
    let found = broken(&Server::shared().database(), MIGRATIONS, STATEMENTS).await;
    assert_eq!(found, [""; 0]);
}

#[tokio::test]
async fn a_migration_that_breaks_the_release_before_is_found() {
    let adds = "ALTER TABLE asset_injector.rule ADD COLUMN note text";
    let drops = "ALTER TABLE asset_injector.pack DROP COLUMN source";
    assert_eq!(
        broken(&Server::shared().database(), &and_next(adds, 1), STATEMENTS).await,
        [""; 0]
    );
    let found = broken(&Server::shared().database(), &and_next(drops, 1), STATEMENTS).await;
    assert!(
        found.iter().any(|broken| broken.contains("PUT_PACK")),
        "{found:?}"
    );
    // It says itself that the release before cannot run beside it.
    assert_eq!(
        broken(&Server::shared().database(), &and_next(drops, 3), STATEMENTS).await,
        [""; 0]
    );
}

#[tokio::test]
async fn a_database_is_migrated_once() {
    let database = Server::shared().database();
    let connections = connections(&database);
    let expected: Vec<_> = MIGRATIONS
        .iter()
        .map(|known| (known.version, known.name.to_owned()))
        .collect();
    let standing_now = async || standing(&connections, MIGRATIONS).await.expect("it can be read");
    assert_eq!(standing_now().await.pending, expected);
    assert_eq!(standing_now().await.version, 0);
    assert_eq!(
        migrate(&connections, MIGRATIONS).await.expect("it is empty"),
        expected
    );
    assert_eq!(migrate(&connections, MIGRATIONS).await.expect("it is done"), []);
    let done = standing_now().await;
    assert_eq!((done.version, done.pending), (MIGRATIONS.len() as i32, vec![]));
}

#[tokio::test]
async fn of_several_that_start_together_one_migrates() {
    let database = Server::shared().database();
    let all: Vec<_> = (0..4).map(|_| connections(&database)).collect();
    let (a, b, c, d) = tokio::join!(
        migrate(&all[0], MIGRATIONS),
        migrate(&all[1], MIGRATIONS),
        migrate(&all[2], MIGRATIONS),
        migrate(&all[3], MIGRATIONS),
    );
    let done: usize = [a, b, c, d]
        .into_iter()
        .map(|done| done.expect("all come through").len())
        .sum();
    assert_eq!(done, MIGRATIONS.len());
    assert_eq!(database.sql("SELECT count(*) FROM asset_injector.state"), "1");
}

/// So does the wait for another process that migrates.
#[tokio::test]
async fn a_migration_takes_longer_than_a_statement_may() {
    let database = Server::shared().database();
    let known = and_next("SELECT pg_sleep(1.6)", 1);
    let impatient = || connections_of(&database.url(), Duration::from_millis(200));
    let (one, two) = (impatient(), impatient());
    let (one, two) = tokio::join!(migrate(&one, &known), migrate(&two, &known));
    let done = [one, two].map(|done| done.expect("both come through").len());
    assert_eq!(done.iter().sum::<usize>(), 3);
    assert!(done.contains(&0), "one waits for the other");
}

#[tokio::test]
async fn an_owner_of_the_schema_needs_no_right_to_make_one() {
    let database = Server::shared().database();
    let owner = format!("owner_{}", database.name());
    database.sql(&format!(
        "DROP ROLE IF EXISTS {owner}; CREATE ROLE {owner} LOGIN;
         CREATE SCHEMA asset_injector AUTHORIZATION {owner}"
    ));
    let url = database.url().replace("postgres@", &format!("{owner}@"));
    let connections = connections_of(&url, Duration::from_secs(10));
    let done = migrate(&connections, MIGRATIONS)
        .await
        .expect("it owns the schema");
    assert_eq!(done.len(), MIGRATIONS.len());
}

/// Others could not read meanwhile.
#[tokio::test]
async fn a_migration_does_not_wait_for_a_table_for_ever() {
    let database = Server::shared().database();
    migrate(&connections(&database), MIGRATIONS)
        .await
        .expect("it is empty");
    let known = and_next("SELECT 1 / (current_setting('lock_timeout') <> '0')::integer", 1);
    let done = migrate(&connections(&database), &known).await;
    assert_eq!(done.expect("there is a limit").len(), 1);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    let database = Server::shared().database();
    let known = and_next("CREATE TABLE asset_injector.half (); SELECT 1/0", 1);
    let failed = migrate(&connections(&database), &known)
        .await
        .expect_err("it divides by zero");
    assert!(failed.to_string().contains("division by zero"), "{failed}");
    let left = standing(&connections(&database), &known)
        .await
        .expect("it can be read");
    assert_eq!((left.version, left.pending.len()), (0, 3));
}

#[tokio::test]
async fn a_newer_schema_is_accepted_when_it_is_compatible() {
    for (compatible_with, accepted) in [(2, true), (3, false)] {
        let database = Server::shared().database();
        let connections = connections(&database);
        migrate(&connections, &and_next("SELECT 1", compatible_with))
            .await
            .expect("it can be migrated");
        let older = standing(&connections, MIGRATIONS).await;
        match older {
            Ok(standing) => assert!(accepted && standing.pending.is_empty() && standing.version == 3),
            Err(error) => assert!(!accepted && error.kind == ErrorKind::Corrupt, "{error}"),
        }
    }
}

#[tokio::test]
async fn a_migration_whose_text_was_changed_is_refused() {
    let database = Server::shared().database();
    let connections = connections(&database);
    migrate(&connections, &and_next("SELECT 1", 1))
        .await
        .expect("it can be migrated");
    let refused = standing(&connections, &and_next("SELECT 2", 1))
        .await
        .expect_err("it is another one");
    assert_eq!(refused.kind, ErrorKind::Corrupt);
    assert!(refused.to_string().contains("next"), "{refused}");
}

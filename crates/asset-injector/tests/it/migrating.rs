//! The schema of the database from release to release, as servers and `migrate` bring it up to date.

use crate::{
    binary::Sandbox,
    database::{PAGE, RULE, css, run, serving, until},
    http::{get, send},
};
use pg_test::{Database, Server};
use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    thread,
};

/// Leaves the schema as the first migration does.
const OLDER: &str = "ALTER TABLE asset_injector.state DROP COLUMN identity;
     DELETE FROM asset_injector.schema_migration WHERE version > 1";

/// Another process that migrates, until it is told to end.
const MIGRATING: &str = "DO $$ BEGIN
         PERFORM pg_advisory_xact_lock(7022083123582036334);
         WHILE NOT EXISTS (SELECT FROM pg_class WHERE relname = 'done') LOOP
             PERFORM pg_sleep(0.05);
         END LOOP;
     END $$";

/// Tells the other process to end, also when a test fails.
struct Done<'d>(&'d Database);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.sql("CREATE TABLE done ()");
    }
}

/// Does something while another process migrates, until what is given is dropped.
fn while_another_migrates(database: &Database, work: impl FnOnce(Done<'_>)) {
    let held = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
                WHERE locktype = 'advisory' AND granted AND datname = current_database()";
    // Another test may have used the database before.
    database.sql("DROP TABLE IF EXISTS done");
    thread::scope(|scope| {
        let done = Done(database);
        let migrating = scope.spawn(|| database.sql(MIGRATING));
        until("the other one has begun", || database.sql(held) == "1");
        work(done);
        migrating.join().unwrap();
    });
}

#[test]
fn an_older_schema_that_is_restored_under_a_server_is_migrated() {
    let (database, sandbox) = (Server::shared().database(), Sandbox::new());
    run(&sandbox, &database, &["migrate"]).code(0);
    let mut server = serving(&sandbox, &database.url(), &[]);
    assert_eq!(send(server.address, "POST", "/v1/rules", RULE).status, 201);
    database.sql(OLDER);
    let failed = server.event("the rules cannot be loaded; those in force stay");
    let reason = "has the schema of another version of this program";
    assert!(failed["error"].as_str().unwrap().contains(reason), "{failed}");
    server.event("the database was migrated");
    until("all is well again", || {
        get(server.address, "/health").json()["data"]["status"] == "ok"
    });
    assert!(css(server.address).contains("#banner{}"));
    assert_eq!(send(server.address, "DELETE", "/v1/rules/banner", "").status, 200);
}

/// It serves what it has, says why nothing newer comes, and is as it was once the other one is done.
#[test]
fn a_server_does_not_wait_for_another_process_that_migrates() {
    let (database, sandbox) = (Server::shared().database(), Sandbox::new());
    run(&sandbox, &database, &["migrate"]).code(0);
    let short = [("DATABASE_STATEMENT_TIMEOUT", "1s")];
    let mut server = serving(&sandbox, &database.url(), &short);
    assert_eq!(send(server.address, "POST", "/v1/rules", RULE).status, 201);
    while_another_migrates(&database, |_done| {
        database.sql(OLDER);
        let stuck = server.event("the database cannot be migrated at the moment");
        let reason = "another process migrates the database";
        assert!(stuck["error"].as_str().unwrap().contains(reason), "{stuck}");
        let told = get(server.address, "/health").json();
        assert_eq!(told["data"]["status"], "degraded", "{told}");
        assert!(css(server.address).contains("#banner{}"));
    });
    until("all is well again", || {
        get(server.address, "/health").json()["data"]["status"] == "ok"
    });
    assert_eq!(send(server.address, "DELETE", "/v1/rules/banner", "").status, 200);
}

#[test]
fn whoever_migrates_by_hand_is_told_that_another_one_is_waited_for() {
    let (database, sandbox) = (Server::shared().database(), Sandbox::new());
    while_another_migrates(&database, |done| {
        let mut waiting = sandbox
            .command(&["migrate"])
            .env("DATABASE_URL", database.url())
            .env("DATABASE_STATEMENT_TIMEOUT", "1s")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(waiting.stderr.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert!(said.contains("another process migrates the database"), "{said}");
        drop(done);
        assert!(waiting.wait().unwrap().success());
    });
    run(&sandbox, &database, &["migrate", "--check"]).code(0);
}

#[test]
fn migrations_are_applied_and_checked() {
    let database = Server::shared().database();
    let sandbox = Sandbox::new();
    run(&sandbox, &database, &["migrate", "--check"])
        .code(1)
        .prints(&["pending 1 rules", "pending 2 identity", "is at version 0"]);
    run(&sandbox, &database, &["resolve", PAGE])
        .code(1)
        .says(&["is not migrated"]);
    run(&sandbox, &database, &["migrate"])
        .code(0)
        .prints(&["applied 1 rules", "applied 2 identity"]);
    run(&sandbox, &database, &["migrate"])
        .code(0)
        .prints(&["is at version 2"]);
    run(&sandbox, &database, &["migrate", "--check"])
        .code(0)
        .prints(&["is at version 2"]);
    database.sql(
        "INSERT INTO asset_injector.schema_migration (version, name, checksum, compatible_with)
         VALUES (9, 'ahead', '', 9)",
    );
    run(&sandbox, &database, &["migrate", "--check"])
        .code(1)
        .prints(&["ahead"]);
    sandbox.run(&["migrate"]).code(2).says(&["DATABASE_URL"]);
}

//! Rules in a database: several servers over one, commands that work on it, and what happens when it is not there.

use crate::{
    binary::{Ran, Sandbox, rule},
    doctor::free_port,
    http::{PATIENCE, get, resolve, send},
    serving::Serving,
};
use pg_test::{Database, Proxy, Server};
use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

pub(crate) const RULE: &str =
    r##"{"id":"banner","type":"wildcard","pattern":"*.example.com/*","css":"#banner{}"}"##;
pub(crate) const PAGE: &str = "https://www.example.com/";

pub(crate) fn serving(sandbox: &Sandbox, url: &str, more: &[(&str, &str)]) -> Serving {
    Serving::ready(sandbox, &[&[("DATABASE_URL", url)], more].concat())
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn css(address: SocketAddr) -> String {
    resolve(address, PAGE).to_string()
}

/// A command on the database alone: nothing listens where a server is looked for.
pub(crate) fn run(sandbox: &Sandbox, database: &Database, args: &[&str]) -> Ran {
    let port = free_port();
    sandbox.run_with(args, &[("DATABASE_URL", &database.url()), ("PORT", &port)])
}

#[test]
fn what_one_server_writes_all_serve() {
    let database = Server::shared().database();
    // A tree is there, and nobody reads it.
    let sandboxes =
        [0, 1].map(|_| Sandbox::with([("rules/local/a.rule.yaml", rule("a", "www.example.com"))]));
    let one = serving(&sandboxes[0], &database.url(), &[]);
    let two = serving(&sandboxes[1], &database.url(), &[]);
    assert_eq!(get(one.address, "/v1/rules").json()["data"]["count"], 0);
    assert_eq!(send(one.address, "POST", "/v1/rules", RULE).status, 201);
    assert!(css(one.address).contains("#banner{}"));
    until("the other serves it", || css(two.address).contains("#banner{}"));
    assert_eq!(send(two.address, "DELETE", "/v1/rules/banner", "").status, 200);
    until("the other serves it no more", || {
        !css(one.address).contains("#banner{}")
    });
    let health = get(one.address, "/health").json();
    assert_eq!(
        health["data"]["components"]["store"]["kind"], "postgresql",
        "{health}"
    );
    let metrics = get(one.address, "/metrics").body;
    assert!(
        metrics.contains("asset_injector_database_up{environment=\"development\"} 1\n"),
        "{metrics}"
    );
}

#[test]
fn a_server_that_comes_before_its_database_waits_for_it() {
    let database = Server::shared().database();
    let proxy = Proxy::to(Server::shared().port());
    proxy.cut();
    let sandbox = Sandbox::new();
    let url = database.url_at(proxy.port());
    let mut server = Serving::listening(&sandbox, &[("DATABASE_URL", &url)]);
    server.event("there are no rules yet");
    assert_eq!(get(server.address, "/health/ready").status, 503);
    assert_eq!(get(server.address, "/health/live").status, 200);
    proxy.restore();
    until("it is ready", || {
        get(server.address, "/health/ready").status == 200
    });
    assert_eq!(send(server.address, "POST", "/v1/rules", RULE).status, 201);
}

#[test]
fn a_server_that_loses_its_database_serves_on() {
    let database = Server::shared().database();
    let proxy = Proxy::to(Server::shared().port());
    let sandbox = Sandbox::new();
    let mut server = serving(&sandbox, &database.url_at(proxy.port()), &[]);
    assert_eq!(send(server.address, "POST", "/v1/rules", RULE).status, 201);
    proxy.cut();
    server.event("the database does not answer");
    until("its health says so", || {
        let health = get(server.address, "/health").json();
        health["data"]["components"]["store"]["status"] == "failing"
    });
    assert_eq!(get(server.address, "/health/ready").status, 200);
    assert!(css(server.address).contains("#banner{}"));
    let refused = send(server.address, "DELETE", "/v1/rules/banner", "");
    assert_eq!(refused.status, 503);
    assert!(
        refused.head.to_ascii_lowercase().contains("retry-after"),
        "{}",
        refused.head
    );
    proxy.restore();
    server.event("the database answers again");
    until("its health says so", || {
        let health = get(server.address, "/health").json();
        health["data"]["components"]["store"]["status"] == "ok"
    });
    assert_eq!(send(server.address, "DELETE", "/v1/rules/banner", "").status, 200);
}

/// A write is stored, and the refresh after it fails: nobody else needs to write before the server serves it.
#[test]
fn a_write_that_could_not_be_read_back_is_served_later() {
    let database = Server::shared().database();
    let sandbox = Sandbox::new();
    let server = serving(
        &sandbox,
        &database.url(),
        &[("DATABASE_STATEMENT_TIMEOUT", "300ms")],
    );
    let store_is = |status: &str| {
        let health = get(server.address, "/health").json();
        health["data"]["components"]["store"]["status"] == status
    };
    thread::scope(|scope| {
        // Every refresh reads the table, and no write of a rule does.
        let locking = "BEGIN; LOCK TABLE asset_injector.disabled; SELECT pg_sleep(3); COMMIT";
        let is_locked = "SELECT count(*) FROM pg_stat_activity
                         WHERE wait_event = 'PgSleep' AND datname = current_database()";
        scope.spawn(|| database.sql(locking));
        until("the table is locked", || database.sql(is_locked) == "1");
        assert_ne!(send(server.address, "POST", "/v1/rules", RULE).status, 201);
        assert_eq!(database.sql("SELECT count(*) FROM asset_injector.rule"), "1");
        until("the refresh fails", || store_is("failing"));
        assert!(!css(server.address).contains("#banner{}"));
    });
    until("the rule is served", || css(server.address).contains("#banner{}"));
    until("its health says so", || store_is("ok"));
}

/// As after a fail-over to a standby that was behind: what it has is served, and nothing that it has lost.
#[test]
fn a_database_that_goes_back_is_followed() {
    let database = Server::shared().database();
    let sandbox = Sandbox::new();
    let server = serving(&sandbox, &database.url(), &[]);
    let post = |id: &str| {
        let body = RULE.replace("banner", id);
        let written = send(server.address, "POST", "/v1/rules", &body);
        assert_eq!(written.status, 201, "{id}: {}", written.body);
    };
    let is_served = |id: &str| get(server.address, &format!("/v1/rules/{id}")).status == 200;
    post("kept");
    post("lost");
    let back = "BEGIN;
                DELETE FROM asset_injector.rule WHERE key = 'lost';
                DELETE FROM asset_injector.touched WHERE revision = 3;
                DELETE FROM asset_injector.change WHERE revision = 3;
                UPDATE asset_injector.state SET revision = 2, logged = 1;
                COMMIT";
    database.sql(back);
    post("new");
    assert_eq!(["kept", "lost", "new"].map(is_served), [true, false, true]);
    database.sql(&back.replace("lost", "new"));
    until("what is lost is served no more", || !is_served("new"));
    assert!(is_served("kept"));
    let health = get(server.address, "/health").json();
    assert_eq!(health["data"]["components"]["store"]["status"], "ok", "{health}");
}

/// Whatever its revision is: here it is lower. Nothing of the old one is mixed with it.
#[test]
fn another_database_in_its_place_is_served_whole() {
    let database = Server::shared().database();
    let sandbox = Sandbox::new();
    let mut server = serving(&sandbox, &database.url(), &[]);
    let is_served = |id: &str| get(server.address, &format!("/v1/rules/{id}")).status == 200;
    for id in ["a", "b", "c"] {
        let written = send(server.address, "POST", "/v1/rules", &RULE.replace("banner", id));
        assert_eq!(written.status, 201, "{}", written.body);
    }
    let shown = || get(server.address, "/health").json()["data"]["components"]["engine"]["revision"].as_u64();
    let before = shown();
    database.sql("DROP SCHEMA asset_injector CASCADE");
    sandbox.write("other/new.rule.yaml", &rule("new", "www.example.com"));
    run(&sandbox, &database, &["import", "other/new.rule.yaml"]).code(0);
    until("the new rule is served", || is_served("new"));
    assert_eq!(["a", "b", "c"].map(is_served), [false; 3]);
    assert!(shown() > before);
    let written = send(server.address, "PATCH", "/v1/rules/new", r##"{"css":"#x{}"}"##);
    assert_eq!(written.status, 200, "{}", written.body);
    server.event("another database has taken the place of the one that was served");
}

#[test]
fn commands_work_on_the_database() {
    let database = Server::shared().database();
    let sandbox = Sandbox::with([("new.rule.yaml", rule("banner", "www.example.com"))]);
    let place = database.url().split('@').nth(1).unwrap().to_owned();
    run(&sandbox, &database, &["import", "new.rule.yaml"])
        .code(0)
        .says(&["changing the database ", &place]);
    run(&sandbox, &database, &["rules", "disable", "banner"]).code(0);
    run(&sandbox, &database, &["rules", "list"])
        .code(0)
        .prints(&["banner"]);
    run(&sandbox, &database, &["rules", "enable", "banner"]).code(0);
    let resolved = run(&sandbox, &database, &["resolve", PAGE]).code(0);
    resolved.prints(&["banner"]).says(&["reading the database"]);
    // A tree that is named is meant.
    sandbox.write("tree/local/a.rule.yaml", &rule("a", "www.example.com"));
    let listed = run(&sandbox, &database, &["rules", "list", "--rules-dir", "tree"]).code(0);
    assert!(!listed.stdout().contains("banner"));
}

#[test]
fn a_bad_url_is_named_and_not_shown() {
    let sandbox = Sandbox::new();
    for url in [
        "postgresql://me:hunter2@db:port/rules",
        "hunter2",
        "postgresql://me:hunter2@db/rules?sslmode=x",
    ] {
        for args in [&["serve"][..], &["migrate"]] {
            let ran = sandbox.run_with(args, &[("DATABASE_URL", url)]).code(2);
            let said = format!("{}{}", ran.stdout(), ran.stderr());
            assert!(
                said.contains("DATABASE_URL") && !said.contains("hunter2"),
                "{said}"
            );
        }
    }
}

#[test]
fn doctor_asks_the_database() {
    let database = Server::shared().database();
    let sandbox = Sandbox::new();
    run(&sandbox, &database, &["migrate"]).code(0);
    let well = run(&sandbox, &database, &["doctor"]).code(0);
    let said = well.stdout();
    assert!(
        said.contains("its schema is at version 2") && !said.contains("RULES_DIR:"),
        "{said}"
    );
    let (nowhere, port) = (Proxy::to(1), free_port());
    let url = format!("postgresql://me:hunter2@127.0.0.1:{}/rules", nowhere.port());
    let ran = sandbox
        .run_with(&["doctor"], &[("DATABASE_URL", &url), ("PORT", &port)])
        .code(1);
    let said = ran.stdout();
    assert!(
        said.contains("wrong database: ") && !said.contains("hunter2"),
        "{said}"
    );
}

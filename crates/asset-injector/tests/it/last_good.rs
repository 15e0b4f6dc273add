//! A server whose database is away serves the rules that were kept last, and nothing else.

use crate::{
    binary::{Sandbox, rule},
    http::{get, resolve, send},
    serving::Serving,
};
use pg_test::{Database, Proxy, Server};
use serde_json::json;
use std::{fs, fs::File, path::PathBuf};

const PAGE: &str = "https://www.example.com/";
const KEPT: &str = "the rules were kept";
const AWAY: &str = "the database cannot be reached; the rules that were kept last are in force";

const ANOTHER: &str = "the database is another one than the one whose rules were kept";

/// A sandbox whose servers reach a database with a rule and a pack through a proxy.
struct Replica {
    sandbox: Sandbox,
    database: Database,
    proxy: Proxy,
    url: String,
}

impl Replica {
    fn new() -> Self {
        let manifest = "name: shop\nversion: 1.0.0\ndescription: d\nauthor: a\n";
        let sandbox = Sandbox::with([
            ("rules/local/banner.rule.yaml", rule("banner", "*.example.com")),
            ("rules/local/off.rule.yaml", rule("off", "off.example")),
            ("rules/community/shop/manifest.yaml", manifest.to_owned()),
            (
                "rules/community/shop/rules/a.rule.yaml",
                rule("a", "shop.example"),
            ),
            ("rules/.state.json", r#"{"disabled":["off"]}"#.to_owned()),
        ]);
        let database = Server::shared().database();
        let copy = ["rules", "copy", "--from", "rules", "--to", &database.url()];
        sandbox.run(&copy).code(0);
        let proxy = Proxy::to(Server::shared().port());
        Self {
            sandbox,
            url: database.url_at(proxy.port()),
            database,
            proxy,
        }
    }

    fn variables(&self) -> [(&str, &str); 2] {
        [("DATABASE_URL", &self.url), ("LOG_LEVEL", "debug")]
    }

    /// Lets a server keep its rules, and takes it and the way to the database away.
    fn leave(&self) {
        let mut server = Serving::ready(&self.sandbox, &self.variables());
        server.event(KEPT);
        drop(server);
        self.proxy.cut();
    }

    fn kept(&self) -> PathBuf {
        let files = fs::read_dir(self.sandbox.path().join("data")).unwrap();
        let mut paths = files.map(|file| file.unwrap().path());
        let is_kept = |path: &PathBuf| path.to_string_lossy().contains("last-good-");
        paths.find(is_kept).unwrap()
    }
}

#[test]
fn the_rules_that_were_kept_serve_until_the_database_is_back() {
    let replica = Replica::new();
    replica.leave();
    let mut server = Serving::ready(&replica.sandbox, &replica.variables());
    assert!(server.event(AWAY)["age_seconds"].is_u64());
    let address = server.address;
    assert_eq!(resolve(address, PAGE)["css"], "#banner { display: none }");
    assert_eq!(
        resolve(address, "https://shop.example/")["css"],
        "#a { display: none }"
    );
    assert_eq!(resolve(address, "https://off.example/")["css"], "");
    let health = get(address, "/health/ready").json()["data"].clone();
    let components = &health["components"];
    assert_eq!(
        [
            &health["status"],
            &components["store"]["status"],
            &components["engine"]["status"]
        ],
        [&json!("degraded"), &json!("failing"), &json!("degraded")]
    );
    assert!(
        get(address, "/metrics")
            .body
            .contains("asset_injector_snapshot_kept_age_seconds")
    );
    let refused = send(address, "POST", "/v1/rules/banner/disable", "");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.head.contains("\r\nretry-after: "), "{refused:?}");

    replica.proxy.restore();
    server.event("the rules can be loaded again");
    let health = get(address, "/health").json()["data"].clone();
    assert_eq!(health["status"], "ok");
    assert!(health["components"]["engine"].get("kept_at").is_none());
    assert_eq!(send(address, "POST", "/v1/rules/banner/disable", "").status, 200);
    assert_eq!(resolve(address, PAGE)["css"], "");
    drop(server);
}

/// Under the same URL, and with a lower revision.
#[test]
fn a_database_that_was_made_anew_takes_the_place_of_kept_rules_whole() {
    let replica = Replica::new();
    replica.leave();
    let mut server = Serving::ready(&replica.sandbox, &replica.variables());
    server.event(AWAY);
    replica.database.sql("DROP SCHEMA asset_injector CASCADE");
    let new = rule("new", "*.example.com");
    replica.sandbox.write("new/local/new.rule.yaml", &new);
    let copy = ["rules", "copy", "--from", "new", "--to", &replica.database.url()];
    replica.sandbox.run(&copy).code(0);
    assert_eq!(resolve(server.address, PAGE)["css"], "#banner { display: none }");
    replica.proxy.restore();
    let said = server.event(ANOTHER);
    assert_ne!(said["kept"], said["loaded"]);
    assert_eq!(resolve(server.address, PAGE)["css"], "#new { display: none }");
    let rules = get(server.address, "/v1/rules").json();
    assert_eq!(rules["data"]["count"], 1, "{rules}");
    // The same database gives no warning the next time.
    server.event(KEPT);
    drop(server);
    replica.proxy.cut();
    let mut server = Serving::ready(&replica.sandbox, &replica.variables());
    server.event(AWAY);
    replica.proxy.restore();
    server.event("the rules can be loaded again");
    assert_eq!(send(server.address, "DELETE", "/v1/rules/new", "").status, 200);
    assert_eq!(server.count(ANOTHER), 0);
}

/// A database that stands still fails late; nobody waits for that.
#[test]
fn the_rules_that_were_kept_serve_while_the_database_is_silent() {
    let replica = Replica::new();
    replica.leave();
    replica.proxy.restore();
    replica.proxy.freeze();
    let mut variables = replica.variables().to_vec();
    variables.push(("DATABASE_STATEMENT_TIMEOUT", "1h"));
    let mut server = Serving::ready(&replica.sandbox, &variables);
    server.event("the database does not answer; the rules that were kept last are in force");
    assert_eq!(resolve(server.address, PAGE)["css"], "#banner { display: none }");
}

/// A server that keeps nothing whole is not ready, and goes on trying.
#[test]
fn a_damaged_file_is_said_and_ignored() {
    let replica = Replica::new();
    replica.leave();
    let path = replica.kept();
    let length = fs::metadata(&path).unwrap().len();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(length - 9)
        .unwrap();
    let mut server = Serving::listening(&replica.sandbox, &replica.variables());
    let ignored = server.event("the rules that were kept last are ignored");
    assert!(
        ignored["reason"].as_str().unwrap().starts_with("it is damaged: "),
        "{ignored}"
    );
    server.event("there are no rules yet");
    assert_eq!(get(server.address, "/health/ready").status, 503);
    replica.proxy.restore();
    server.event("rules loaded");
    assert_eq!(get(server.address, "/health/ready").status, 200);
    server.event(KEPT);
    // The damaged file was written anew.
    drop(server);
    replica.proxy.cut();
    Serving::ready(&replica.sandbox, &replica.variables()).event(AWAY);
}

/// What is kept is for the database that it comes from.
#[test]
fn another_database_gets_nothing_of_it() {
    let replica = Replica::new();
    replica.leave();
    let (_, place) = replica.url.split_once('@').unwrap();
    let elsewhere = [
        replica.url.replace("/test_", "/another_"),
        format!("postgresql://another@{place}"),
    ];
    for elsewhere in elsewhere {
        let variables = [("DATABASE_URL", elsewhere.as_str())];
        let mut server = Serving::listening(&replica.sandbox, &variables);
        server.event("there are no rules yet");
        assert_eq!(get(server.address, "/health/ready").status, 503);
    }
}

//! The clock jumps: what expires follows it, and nothing else does.

use crate::{
    binary::{Sandbox, rule},
    faults::{ids, is_done, lied_to, put, until},
    http,
    serving::Serving,
    shim::Shim,
};
use serde_json::json;
use std::net::SocketAddr;

const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 24 * HOUR;

/// The number of the rules in force.
fn revision(address: SocketAddr) -> u64 {
    let health = http::get(address, "/health").json();
    health["data"]["components"]["engine"]["revision"]
        .as_u64()
        .unwrap()
}

#[test]
fn a_clock_that_jumps_moves_expiry_and_nothing_else() {
    let (sandbox, shim) = (Sandbox::new(), Shim::new());
    put(&sandbox.path().join("rules"));
    shim.set_clock(0);
    let serving = Serving::ready_by(lied_to(&sandbox, &shim), &[]);
    let address = serving.address;
    let dated = |id: &str, year: u16| {
        json!({"id": id, "type": "exact", "pattern": format!("https://{id}.example/"), "css": "a{}",
            "expires_at": format!("{year}-01-01T00:00:00Z")})
        .to_string()
    };
    is_done(address, &[("POST", "/v1/rules", dated("brief", 2100))]);
    let found = |id: &str| http::resolve(address, &format!("https://{id}.example/"))["rule_id"].clone();
    let state = |id: &str| http::get(address, &format!("/v1/rules/{id}")).json()["data"]["state"].clone();
    let mut last = revision(address);
    // Forth, back to before the rules were written, and back to now; each twice, so that the cache answers too.
    for (n, (clock, in_force)) in [
        (0, true),
        (200 * YEAR, false),
        (-20 * YEAR, true),
        (200 * YEAR, false),
        (0, true),
        (-HOUR, true),
    ]
    .into_iter()
    .enumerate()
    {
        shim.set_clock(clock);
        for _ in 0..2 {
            let expected = if in_force { "brief" } else { "" };
            assert_eq!(found("brief"), expected, "{clock}");
            assert_eq!(found("one"), "one", "{clock}");
        }
        assert_eq!(
            state("brief"),
            if in_force { "active" } else { "expired" },
            "{clock}"
        );
        // What is written is there at once, whatever the time is, and revisions only grow.
        let id = format!("new{n}");
        let body =
            json!({"id": id, "type": "exact", "pattern": format!("https://{id}.example/"), "css": "a{}"});
        is_done(address, &[("POST", "/v1/rules", body.to_string())]);
        assert_eq!(found(&id), *id);
        let css = format!("#n{n} {{}}");
        is_done(
            address,
            &[("PUT", "/v1/rules/alone", json!({ "css": css }).to_string())],
        );
        assert_eq!(http::resolve(address, "https://alone.example/")["css"], css);
        // So is what somebody else writes.
        let id = format!("file{n}");
        sandbox.write(
            &format!("rules/local/{id}.rule.yaml"),
            &rule(&id, &format!("{id}.example")),
        );
        until(|| found(&id) == *id);
        let now = revision(address);
        assert!(now >= last + 3, "{last} {now}");
        last = now;
    }
    let before = ids(address);
    drop(serving);
    shim.set_clock(-20 * YEAR);
    let serving = Serving::ready_by(lied_to(&sandbox, &shim), &[]);
    assert_eq!(ids(serving.address), before);
}

#[test]
fn a_cached_answer_ages_by_the_clock_and_none_is_from_the_future() {
    let (sandbox, shim) = (Sandbox::new(), Shim::new());
    put(&sandbox.path().join("rules"));
    shim.set_clock(0);
    let serving = Serving::ready_by(lied_to(&sandbox, &shim), &[("CACHE_TTL", "1h")]);
    let cached = || http::resolve(serving.address, "https://one.example/")["cache_hit"].clone();
    assert_eq!((cached(), cached()), (false.into(), true.into()));
    for clock in [2 * HOUR, -2 * HOUR, 0] {
        shim.set_clock(clock);
        assert_eq!((cached(), cached()), (false.into(), true.into()), "{clock}");
    }
}

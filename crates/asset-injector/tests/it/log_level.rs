//! What is logged changes while the server runs.

use crate::{binary::Sandbox, http, serving::Serving};
use rustix::process::Signal;
use serde_json::json;

fn set(serving: &Serving, level: &str) -> (u16, serde_json::Value) {
    let body = json!({ "level": level }).to_string();
    let answer = http::send(serving.address, "PUT", "/v1/log-level", &body);
    (answer.status, answer.json())
}

fn level(serving: &Serving) -> String {
    let answer = http::get(serving.address, "/v1/log-level").json();
    answer["data"]["level"].as_str().unwrap().to_owned()
}

#[test]
fn the_api_says_and_changes_what_is_logged() {
    let sandbox = Sandbox::new();
    let mut serving = Serving::ready(&sandbox, &[]);
    assert_eq!(level(&serving), "info");
    serving.event_of("access", |event| event["http.route"] == "/v1/log-level");
    let (status, body) = set(&serving, "error");
    assert_eq!((status, &body["data"]["level"]), (200, &json!("error")));
    serving.event("what is logged changes to error");
    http::get(serving.address, "/v1/conflicts");
    let (status, body) = set(&serving, "error,access=info");
    assert_eq!(status, 200, "{body}");
    assert_eq!(level(&serving), body["data"]["level"]);
    http::get(serving.address, "/v1/problems");
    serving.event_of("access", |event| event["http.route"] == "/v1/problems");
    let unseen = serving.events_where(|event| event["http.route"] == "/v1/conflicts");
    assert!(unseen.is_empty(), "{unseen:?}");
    for bad in ["loud", "", "info,catalog", "a=b"] {
        let (status, body) = set(&serving, bad);
        assert_eq!(
            (status, &body["details"]["field"]),
            (422, &json!("level")),
            "{bad}"
        );
    }
}

#[test]
fn signals_step_what_is_logged_up_and_down() {
    let sandbox = Sandbox::new();
    let mut serving = Serving::ready(&sandbox, &[("LOG_LEVEL", "info,access=off")]);
    for (signal, expected) in [
        (Signal::USR1, "debug"),
        (Signal::USR1, "trace"),
        (Signal::USR2, "debug"),
        (Signal::USR2, "info"),
        (Signal::USR2, "warn"),
        (Signal::USR2, "error"),
    ] {
        let before = serving.count("what is logged changes to");
        serving.signal(signal);
        // Levels of single parts stay.
        let deadline = std::time::Instant::now() + http::PATIENCE;
        while serving.count("what is logged changes to") == before {
            assert!(std::time::Instant::now() < deadline, "no line for {expected}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let level = level(&serving);
        let mut parts: Vec<_> = level.split(',').collect();
        parts.sort_unstable();
        assert_eq!(parts, ["access=off", expected]);
    }
    // There is nothing beyond the ends, and whoever sees no warning cannot see this one either.
    serving.signal(Signal::USR2);
    serving.signal(Signal::USR2);
    let deadline = std::time::Instant::now() + http::PATIENCE;
    while !level(&serving).contains("off,") && !level(&serving).ends_with(",off") {
        assert!(std::time::Instant::now() < deadline, "{}", level(&serving));
    }
    assert_eq!(http::get(serving.address, "/health/live").status, 200);
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    // What is no folder ends the run after the log has begun.
    let sandbox = Sandbox::with([("rules", "no folder")]);
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = sandbox.command(&["serve"]);
        command.env("PORT", "0").envs(variables.iter().copied());
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.is_empty());
        said.contains(&0x1b)
    };
    assert!(!coloured(&[("LOG_FORMAT", "text")]), "a pipe is no terminal");
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(coloured(&[("LOG_FORMAT", "text"), forced]));
    assert!(!coloured(&[("LOG_FORMAT", "text"), forced, ("NO_COLOR", "1")]));
}

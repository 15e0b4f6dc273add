//! Importing with progress: events, and the report as the last one.

use crate::{
    access::with,
    app::{Answer, TestApp, post},
    import::{IMPORT, MIXED, YAML, counts},
};
use serde_json::{Value, json};

/// The events of a streamed answer: name and data.
pub(crate) fn events(answer: &Answer) -> Vec<(String, Value)> {
    let text = answer.text();
    let parts = text.split_terminator("\n\n").map(|event| {
        let (name, data) = event.split_once('\n').unwrap();
        let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        (name.strip_prefix("event: ").unwrap().to_owned(), data)
    });
    parts.collect()
}

#[tokio::test]
async fn progress_is_streamed_and_ends_with_the_report() {
    let app = TestApp::new().await;
    let streamed = [
        ("accept", "application/json, text/event-stream;q=0.9"),
        ("accept-encoding", "gzip"),
    ];
    let answer = app.send(with(post(IMPORT, YAML, MIXED), &streamed)).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let events = events(&answer);
    let phases: Vec<_> = events
        .iter()
        .map(|(name, data)| (&**name, data["phase"].as_str(), data["rules"].as_u64()))
        .collect();
    assert_eq!(
        phases[..3],
        [
            ("progress", Some("read"), Some(5)),
            ("progress", Some("checked"), Some(5)),
            ("progress", Some("written"), Some(2)),
        ]
    );
    let (name, envelope) = events.last().unwrap();
    assert_eq!(
        (&**name, &envelope["status"], events.len()),
        ("report", &json!("success"), 4)
    );
    assert_eq!(counts(&envelope["data"]), [2, 0, 2, 1, 0]);
}

#[tokio::test]
async fn a_streamed_import_that_fails_ends_with_the_error() {
    let app = TestApp::new().await;
    let streamed = [("accept", "text/event-stream"), ("x-request-id", "req-9")];
    let answer = app.send(with(post(IMPORT, YAML, "- {id: a}\n"), &streamed)).await;
    assert_eq!(answer.status, 200);
    let (name, envelope) = events(&answer).pop().unwrap();
    assert_eq!(
        (&*name, &envelope["code"]),
        ("report", &json!("VALIDATION_FAILED"))
    );
    assert_eq!(counts(&envelope["details"]["report"]), [0, 0, 0, 1, 0]);
    assert_eq!(envelope["details"]["request_id"], "req-9");
    // What is wrong with the request itself needs no stream.
    let answer = app.send(with(post(IMPORT, "text/plain", ""), &streamed)).await;
    assert_eq!(answer.status, 415);
}

//! An event is one line, whatever its texts hold.

use super::{Format, Line};
use proptest::prelude::*;
use rules::Timestamp;
use serde_json::Value;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};
use tracing_subscriber::{fmt::layer, layer::SubscriberExt as _, registry};

/// Collects what is written.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn line(format: Format) -> Line {
    Line {
        format,
        environment: "test".to_owned(),
        colours: false,
        clock: Arc::new(Timestamp::from_millis(0)),
    }
}

/// What is written while `log` runs.
fn written(format: Format, log: impl FnOnce()) -> String {
    let sink = Sink::default();
    let writer = sink.clone();
    let layer = layer()
        .event_format(line(format))
        .with_writer(move || writer.clone());
    tracing::subscriber::with_default(registry().with(layer), log);
    String::from_utf8(sink.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn numbers_and_objects_keep_their_types() {
    let line = written(Format::Json, || {
        tracing::warn!(line = 3_u64, skipped = true, settings = %r#"{"A":1}"#, file = "{}", "a {}", "message");
    });
    let event: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        event,
        serde_json::json!({
            "timestamp": "1970-01-01T00:00:00.000Z", "level": "warn", "message": "a message",
            "target": "asset_injector::telemetry::line::tests", "environment": "test",
            "line": 3, "skipped": true, "settings": { "A": 1 }, "file": "{}",
        })
    );
}

#[test]
fn text_is_for_people() {
    let line = written(Format::Text, || tracing::info!(port = 80_u64, "listening"));
    assert_eq!(
        line,
        "1970-01-01T00:00:00.000Z INFO  listening port=80 environment=test\n"
    );
}

#[test]
fn that_lines_were_lost_is_said_in_the_format_of_the_others() {
    let json: Value = serde_json::from_str(&line(Format::Json).of_lost(3)).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "timestamp": "1970-01-01T00:00:00.000Z", "level": "warn", "message": "log lines were lost",
            "target": "asset_injector::telemetry::line", "environment": "test", "lines": 3,
        })
    );
    assert_eq!(
        line(Format::Text).of_lost(3),
        "1970-01-01T00:00:00.000Z WARN  log lines were lost lines=3 environment=test\n"
    );
}

proptest! {
    /// Feature: asset-injector, Property: a log event is one line that keeps its texts
    #[test]
    fn an_event_is_one_line_that_keeps_its_texts(message in ".{0,40}", field in "(.|\n|\r|\"){0,40}") {
        let log = || tracing::error!(field, "{message}");
        let json = written(Format::Json, log);
        prop_assert_eq!(json.trim_end_matches('\n').lines().count(), 1);
        let event: Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&event["message"], &message);
        prop_assert_eq!(&event["field"], &field);
        let text = written(Format::Text, log);
        prop_assert_eq!(text.chars().filter(|c| c.is_control()).collect::<String>(), "\n");
    }
}

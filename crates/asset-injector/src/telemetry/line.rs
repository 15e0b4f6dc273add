//! How one event is written: as a JSON object, or as a line for people.

use crate::{
    config::Format,
    output::{BAD, DOUBTFUL, FAINT, GOOD, styled},
};
use anstyle::Style;
use rules::{Clock, Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::{cell::RefCell, fmt, io::Write as _, sync::Arc};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Fields whose text is JSON already: objects that an event cannot carry in any other way.
const NESTED: [&str; 2] = ["settings", "rules.by_source"];

/// Writes events.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) format: Format,
    pub(super) environment: String,
    pub(super) colours: bool,
    pub(super) clock: Arc<dyn Clock>,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::new(self);
        event.record(&mut fields);
        let metadata = event.metadata();
        writer.write_str(&self.of(*metadata.level(), metadata.target(), fields))
    }
}

impl Line {
    /// The line that says how many others were lost: no event, since it would wait behind those that fill the queue.
    pub(super) fn of_lost(&self, lines: u64) -> String {
        let mut fields = Fields::new(self);
        "log lines were lost".clone_into(&mut fields.message);
        fields.add("lines", &lines);
        self.of(Level::WARN, module_path!(), fields)
    }

    fn of(&self, level: Level, target: &str, fields: Fields<'_>) -> String {
        match self.format {
            Format::Json => self.json(level, target, fields),
            Format::Text => self.text(level, fields),
        }
    }

    /// One object. There is such a line for each request, so it is written piece by piece.
    fn json(&self, level: Level, target: &str, fields: Fields<'_>) -> String {
        let mut line = Vec::with_capacity(LINE_BYTES);
        line.extend_from_slice(b"{\"timestamp\":\"");
        with_text(self.clock.now(), |now| line.extend_from_slice(now.as_bytes()));
        line.extend_from_slice(b"\",\"level\":\"");
        line.extend_from_slice(name(level).as_bytes());
        line.extend_from_slice(b"\",\"message\":");
        put(&mut line, &fields.message);
        line.extend_from_slice(b",\"target\":");
        put(&mut line, target);
        line.extend_from_slice(b",\"environment\":");
        put(&mut line, &self.environment);
        trace::with_current(|current| {
            if let Some(trace::Context {
                trace_id, span_id, ..
            }) = current
            {
                write!(line, ",\"trace_id\":\"{trace_id}\",\"span_id\":\"{span_id}\"")
                    .expect("a vector takes everything");
            }
        });
        line.extend_from_slice(&fields.others);
        line.extend_from_slice(b"}\n");
        String::from_utf8(line).expect("JSON of strings is UTF-8")
    }

    fn text(&self, level: Level, fields: Fields<'_>) -> String {
        let style = match level {
            Level::ERROR => BAD,
            Level::WARN => DOUBTFUL,
            Level::INFO => GOOD,
            _ => FAINT,
        };
        format!(
            "{} {} {}{}{}\n",
            self.paint(FAINT, self.clock.now().to_string()),
            self.paint(style, format!("{:<5}", level.as_str())),
            plain(&fields.message),
            String::from_utf8_lossy(&fields.others),
            self.paint(FAINT, format!(" environment={}{}", self.environment, ids()))
        )
    }

    fn paint(&self, style: Style, text: String) -> String {
        if self.colours { styled(style, text) } else { text }
    }
}

/// The trace that an event belongs to.
fn ids() -> String {
    trace::with_current(|current| {
        let ids = |at: &trace::Context| format!(" trace_id={} span_id={}", at.trace_id, at.span_id);
        current.map(ids).unwrap_or_default()
    })
}

/// About how many bytes a line has.
const LINE_BYTES: usize = 512;

thread_local! {
    /// The time of this thread's last line, and its text: busy threads write many lines in one millisecond.
    static LAST: RefCell<(Timestamp, String)> = RefCell::default();
}

/// Hands out a time as RFC 3339 writes it.
fn with_text(now: Timestamp, take: impl FnOnce(&str)) {
    LAST.with_borrow_mut(|(last, text)| {
        if *last != now || text.is_empty() {
            (*last, *text) = (now, now.to_string());
        }
        take(text);
    });
}

fn put(bytes: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(bytes, value).expect("plain data serializes");
}

fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// A text without what could end its line or move a terminal's cursor.
fn plain(text: &str) -> String {
    let escaped = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escaped).collect()
}

/// The fields of an event as they stand in its line, in their order.
struct Fields<'a> {
    line: &'a Line,
    message: String,
    others: Vec<u8>,
}

impl<'a> Fields<'a> {
    fn new(line: &'a Line) -> Self {
        Self {
            line,
            message: String::new(),
            others: Vec::with_capacity(LINE_BYTES),
        }
    }

    fn add(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        match self.line.format {
            Format::Json => {
                // The names of fields are words with dots between them: nothing in them is escaped.
                self.others.extend_from_slice(b",\"");
                self.others.extend_from_slice(name.as_bytes());
                self.others.extend_from_slice(b"\":");
                put(&mut self.others, value);
            }
            Format::Text => {
                let text = serde_json::to_string(value).expect("plain data serializes");
                self.add_plain(name, &text);
            }
        }
    }

    fn add_plain(&mut self, name: &str, text: &str) {
        let text = format!(" {name}={}", plain(text));
        self.others
            .extend_from_slice(self.line.paint(FAINT, text).as_bytes());
    }
}

impl Visit for Fields<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match NESTED
            .contains(&field.name())
            .then(|| serde_json::from_str::<Value>(value))
        {
            Some(Ok(nested)) => self.add(field.name(), &nested),
            Some(Err(_)) | None if self.line.format == Format::Text => self.add_plain(field.name(), value),
            Some(Err(_)) | None => self.add(field.name(), value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            _ => self.record_str(field, &format!("{value:?}")),
        }
    }
}

#[cfg(test)]
mod tests;

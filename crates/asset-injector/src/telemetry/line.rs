//! How one event is written: as a JSON object, or as a line for people.

use crate::{
    config::Format,
    output::{BAD, DOUBTFUL, FAINT, GOOD, styled},
};
use rules::Clock;
use serde_json::Value;
use std::{fmt, sync::Arc};
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
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = match self.format {
            Format::Json => self.json(event, fields),
            Format::Text => self.text(event, fields),
        };
        writeln!(writer, "{line}")
    }
}

impl Line {
    fn json(&self, event: &Event<'_>, fields: Fields) -> String {
        let metadata = event.metadata();
        let level = metadata.level().as_str().to_ascii_lowercase();
        let head = [
            ("timestamp", Value::from(self.clock.now().to_string())),
            ("level", Value::from(level)),
            ("message", Value::from(fields.message)),
            ("target", Value::from(metadata.target())),
            ("environment", Value::from(self.environment.as_str())),
        ];
        let all = head.into_iter().chain(fields.others);
        let entries: Vec<_> = all
            .map(|(name, value)| format!("{}:{value}", Value::from(name)))
            .collect();
        format!("{{{}}}", entries.join(","))
    }

    fn text(&self, event: &Event<'_>, fields: Fields) -> String {
        let level = *event.metadata().level();
        let style = match level {
            Level::ERROR => BAD,
            Level::WARN => DOUBTFUL,
            Level::INFO => GOOD,
            _ => FAINT,
        };
        let paint = |style, text: String| if self.colours { styled(style, text) } else { text };
        let mut line = paint(FAINT, self.clock.now().to_string());
        line += &format!(
            " {} {}",
            paint(style, format!("{:<5}", level.as_str())),
            plain(&fields.message)
        );
        for (name, value) in fields.others {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            line += &paint(FAINT, format!(" {name}={}", plain(&value)));
        }
        line += &paint(FAINT, format!(" environment={}", self.environment));
        line
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

/// The fields of an event, in their order.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        self.others.push((field.name(), value));
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match serde_json::from_str(value) {
            Ok(nested) if NESTED.contains(&field.name()) => self.add(field, nested),
            _ => self.add(field, value.into()),
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

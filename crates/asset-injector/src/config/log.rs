//! The settings of the log.

use super::{Reader, keys};
use std::io::IsTerminal as _;
use tracing_subscriber::filter::Targets;

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON object a line.
    Json,
    /// One line for people.
    Text,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub(crate) struct LogConfig {
    /// What is logged.
    pub(crate) filter: Targets,
    /// How.
    pub(crate) format: Format,
    /// The label on every event.
    pub(crate) environment: String,
}

pub(super) fn read(reader: &mut Reader<'_>) -> LogConfig {
    let filter = reader.read(&keys::LOG_LEVEL);
    let set = reader.read_set(&keys::LOG_FORMAT);
    // Programs read JSON, people at a terminal do not.
    let (format, name) = match set {
        Some(format) => (format, ""),
        None if std::io::stderr().is_terminal() => (Format::Text, "text"),
        None => (Format::Json, "json"),
    };
    reader.note_followed(keys::LOG_FORMAT.row, name);
    LogConfig {
        filter,
        format,
        environment: reader.read(&keys::ENVIRONMENT),
    }
}

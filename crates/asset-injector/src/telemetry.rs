//! Sets up the log: one line an event, to standard error, never waiting for whoever reads it.

mod level;
mod line;
pub(crate) mod traces;
mod writer;

use crate::config::LogConfig;
pub(crate) use level::Level;
use line::Line;
use rules::Clock;
use std::{
    io,
    sync::{Arc, atomic::AtomicU64},
};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};
use writer::{Flush, Writer};

/// Keeps the log's writer alive; dropping it writes what still waits.
#[must_use]
pub(crate) struct Log {
    flush: Flush,
    level: Arc<Level>,
}

impl Log {
    /// The counter of lines that were lost because the reader was too slow.
    pub(crate) fn lines_lost(&self) -> Arc<AtomicU64> {
        self.flush.lines_lost()
    }

    /// What is logged.
    pub(crate) fn level(&self) -> Arc<Level> {
        Arc::clone(&self.level)
    }
}

/// Sends every event of this process to standard error from now on.
///
/// # Errors
///
/// When the system has no thread left for it.
pub(crate) fn start(config: &LogConfig, clock: Arc<dyn Clock>) -> io::Result<Log> {
    let colours = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let line = Line {
        format: config.format,
        environment: config.environment.clone(),
        colours,
        clock,
    };
    let same = line.clone();
    let (writer, flush) = Writer::start(io::stderr(), move |lost| same.of_lost(lost))?;
    let layer = tracing_subscriber::fmt::layer()
        .event_format(line)
        .with_writer(writer);
    let (level, filter) = Level::of(config.filter.clone());
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
    tracing::subscriber::set_global_default(subscriber).expect("a process starts its log once");
    Ok(Log { flush, level })
}

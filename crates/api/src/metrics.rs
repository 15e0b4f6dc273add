//! Every metric: its name, what it counts, its labels, and where its value is read.
//!
//! A metric is one row of a table. Its value is read when somebody asks, from whoever counts it or whose state it is,
//! so that `/metrics`, `/v1/stats` and `/health` cannot say different things. The reference is made of the rows.
//! Labels have few values: routes are templates, never paths, and what nobody foresaw shares one value.

mod database;
mod engine;
mod packs;
mod process;
pub(crate) mod requests;
mod series;

use crate::state::State;
use catalog::{PacksStatus, Status};
use prometheus::TextEncoder;
use series::Series;
use std::fmt;
use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64},
};

/// What kind of value a metric has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, from 0 when the process begins.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts of values up to each bound, their number and their sum.
    Histogram,
}

impl Kind {
    /// The kind's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A label of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Its values, in words.
    pub values: &'static str,
}

/// A metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name, which ends with its unit where it has one.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: Kind,
    /// What one of it is, for people.
    pub unit: &'static str,
    /// Its labels, beside `environment`.
    pub labels: &'static [Label],
    /// What it counts.
    pub help: &'static str,
    /// When there is no such metric; always there where this is empty.
    pub absent: &'static str,
    /// Adds its samples.
    read: fn(&Seen<'_>, &mut Series),
}

/// What most metrics have in common; a row says the rest.
const PLAIN: Metric = Metric {
    name: "",
    kind: Kind::Gauge,
    unit: "",
    labels: &[],
    help: "",
    absent: "",
    read: |_, _| {},
};

/// All metrics, under the headings of the reference.
pub const METRICS: [(&str, &[Metric]); 5] = [
    ("Requests", requests::METRICS),
    ("Rules and resolving", engine::METRICS),
    ("Packs", packs::METRICS),
    ("The database", database::METRICS),
    ("The process", process::METRICS),
];

/// The label that every metric has, for the value of `ENVIRONMENT`.
pub const ENVIRONMENT: &str = "environment";

/// How the connections to a database are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DatabaseStatus {
    /// Whether it answered the last time it was asked.
    pub is_up: bool,
    /// Connections that wait for work.
    pub idle: usize,
    /// Connections at work.
    pub in_use: usize,
    /// Calls that wait for a connection.
    pub waiting: usize,
    /// How often the connection that listens for changes was made again.
    pub reconnects: u64,
    /// Notifications of changes that arrived.
    pub notifications: u64,
}

/// Something that knows how the connections to a database are.
pub trait Database: fmt::Debug + Send + Sync {
    /// How they are at this moment.
    fn status(&self) -> DatabaseStatus;
}

/// What is counted by the process around the router, and shown with the rest.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// Lines of the log that were lost because its reader was too slow.
    pub log_lines_lost: Arc<AtomicU64>,
    /// When the certificate ends that is served now, in milliseconds since 1970; nothing without encryption.
    pub certificate_ends_ms: Option<Arc<AtomicI64>>,
    /// The database that holds the rules, where one does.
    pub database: Option<Arc<dyn Database>>,
}

/// What values are read from, once for all metrics.
struct Seen<'a> {
    state: &'a State,
    status: Status,
    packs: PacksStatus,
    database: Option<DatabaseStatus>,
    process: Option<process::Usage>,
}

/// The page: all metrics in Prometheus' text format.
pub(crate) fn page(state: &State) -> String {
    let seen = Seen {
        state,
        status: state.catalog.status(),
        packs: state.packs.status(),
        database: state
            .config
            .outside
            .database
            .as_ref()
            .map(|database| database.status()),
        process: process::Usage::read(),
    };
    let environment = &*state.config.environment;
    let families = METRICS.iter().flat_map(|(_, metrics)| *metrics).map(|metric| {
        let mut series = Series::of(metric, environment);
        (metric.read)(&seen, &mut series);
        series.finish()
    });
    let families: Vec<_> = families
        .filter(|family| !family.get_metric().is_empty())
        .collect();
    let text = TextEncoder::new().encode_to_string(&families);
    text.expect("every family has samples of its own kind")
}

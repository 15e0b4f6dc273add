//! The API from outside: the whole router over a store in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod app;
mod audit;
mod batch;
mod broken;
mod budgets;
mod changing;
mod check;
mod chunks;
mod compression;
mod conditions;
mod cors;
mod creating;
mod envelope;
mod explain;
mod export;
mod fetching;
mod import;
mod import_events;
mod inject;
mod list;
mod log_level;
mod metrics;
mod openapi;
mod operation;
mod order;
mod outcomes;
mod packs;
mod pages;
mod problems;
mod resolve;
mod rights;
mod rule;
mod sources;
mod stats;
mod system;
mod test_store;

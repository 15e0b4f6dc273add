//! The catalog from outside: what it publishes, when, and what it answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cache;
mod commands;
mod differences;
mod fixtures;
mod import;
mod matches;
#[cfg(feature = "shuttle")]
mod models;
mod order;
mod packs;
mod problems;
mod racing;
mod refresh;
mod simulation;
mod stand_in;
mod writing;

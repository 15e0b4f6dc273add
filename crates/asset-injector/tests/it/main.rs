//! The binary from outside: a scrubbed environment, a folder of its own, real sockets and signals.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in what helps it too"
)]

mod access;
mod binary;
mod check;
mod clock;
mod collector;
mod configuration;
mod copying;
mod database;
mod doctor;
mod expected;
mod faults;
mod fmt;
mod health_check;
mod help;
mod hostile;
mod http;
mod import_unwritable;
mod init;
mod last_good;
mod limits;
mod linearizable;
mod log_level;
mod metrics;
mod migrating;
mod moving;
mod numbers;
mod packs;
mod resolve;
mod rules_change;
mod rules_look;
mod rules_place;
mod scale;
mod serve;
mod serving;
mod shim;
mod shutdown;
mod statuses;
mod terminal;
mod tls;
mod trace_encrypted;
mod trace_export;
mod trace_propagation;
mod trace_secrets;
mod volume;
mod watching;
mod wiring;

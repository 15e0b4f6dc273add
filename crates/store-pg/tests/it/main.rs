//! The store over a database from outside: a real server, real connections, real faults.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod contract;
mod faults;
mod following;
mod history;
mod lease;
mod loading;
mod place;
mod pooled;
mod replaced;
mod schema;
mod tls;
mod writing;

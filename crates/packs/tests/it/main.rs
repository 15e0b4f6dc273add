//! Fetching over real connections on loopback, which the guard must be told to let through.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bounds;
mod guard;
mod server;

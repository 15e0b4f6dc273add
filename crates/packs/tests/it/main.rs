//! Fetching for users and from a community repository, over real connections on loopback; the guard of the former must
//! be told to let them through.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bounds;
mod guard;
mod repository;
mod server;

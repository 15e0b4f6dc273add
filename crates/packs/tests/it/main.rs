//! Fetching over real connections on loopback, which the guard must be told to let through.

mod bounds;
mod guard;
mod server;

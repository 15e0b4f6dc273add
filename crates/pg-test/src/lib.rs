//! A PostgreSQL server for tests, and a proxy that breaks the way to it.
//!
//! The Debian package `postgresql` must be installed. A server lives as long as the process that started it, however
//! that ends: a guard beside it waits for the end of a pipe, stops the server and removes its folder.

mod filter;
mod pooler;
mod proxy;
mod server;

pub use pooler::Pooler;
pub use proxy::{Loss, Proxy};
pub use server::{Ballast, Database, Options, Server};

//! A database of a test's own, and stores over it.

use pg_test::{Database, Server};
use std::time::Duration;
use store_pg::{PgStore, Settings, Target};
use tokio::runtime::Builder;

/// Runs a future to its end, on the calling thread.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// An empty database.
pub(crate) fn database() -> Database {
    Server::shared().database()
}

/// A store over the database at a URL.
pub(crate) fn store_at(url: &str) -> PgStore {
    PgStore::open(settings(url)).unwrap()
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings {
        target: Target::parse(url).unwrap(),
        pool_max: 4,
        statement_timeout: Duration::from_secs(5),
        read_only: None,
    }
}

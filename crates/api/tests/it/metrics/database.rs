//! A database that is busier each time that it is asked.

use api::{Database, DatabaseStatus};
use std::sync::atomic::{AtomicU64, Ordering};

/// A database of which more is to be said each time that it is asked.
#[derive(Debug, Default)]
pub(crate) struct BusyDatabase(AtomicU64);

impl Database for BusyDatabase {
    fn status(&self) -> DatabaseStatus {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        let count = usize::try_from(n).unwrap();
        DatabaseStatus {
            is_up: n > 0,
            idle: 2 * count,
            in_use: count,
            waiting: count,
            reconnects: n,
            notifications: 3 * n,
        }
    }
}

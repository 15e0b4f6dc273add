//! The store keeps the contract of stores.

use crate::place::{database, run, store_at};
use pg_test::Database;
use std::sync::Arc;
use store::{RuleStore, contract::Harness};

/// Each place is a database of its own.
struct InDatabases;

impl Harness for InDatabases {
    /// Each needs a database of its own, and each step some hundred statements.
    const HISTORIES: u32 = 100;

    type Place = Database;

    fn place(&self) -> Database {
        database()
    }

    fn open(&self, place: &Database) -> Arc<dyn RuleStore> {
        Arc::new(store_at(&place.url()))
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        run(future)
    }
}

store::contract_tests!(InDatabases);

//! The settings of the database.

use super::{Reader, keys};
use std::time::Duration;
use store_pg::Target;

/// The database that takes the place of rule files.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseConfig {
    /// Where it is.
    pub(crate) target: Target,
    /// The most connections at a time.
    pub(crate) pool_max: usize,
    /// How long a statement may take.
    pub(crate) statement_timeout: Duration,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<DatabaseConfig> {
    let url = reader.read_optional(&keys::DATABASE_URL);
    let pool_max = reader.read(&keys::DATABASE_POOL_MAX);
    let statement_timeout = reader.read(&keys::DATABASE_STATEMENT_TIMEOUT);
    match Target::parse(&url?) {
        Ok(target) => Some(DatabaseConfig {
            target,
            pool_max,
            statement_timeout,
        }),
        Err(reason) => {
            reader.refuse_because(keys::DATABASE_URL.row, &reason);
            None
        }
    }
}

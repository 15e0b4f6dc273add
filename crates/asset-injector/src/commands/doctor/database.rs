//! Whether the database answers, and whether its schema fits.

use super::Diagnosis;
use crate::{assemble, config::DatabaseConfig};

const WHAT: &str = "database";

/// Asks how the schema stands.
pub(super) fn check(config: &DatabaseConfig, read_only: bool) -> Diagnosis {
    let target = &config.target;
    let standing = assemble::database(config, None).and_then(|store| {
        let standing = assemble::runtime()?.block_on(store.standing());
        Ok(standing?)
    });
    let help = "look at DATABASE_URL, at the way there, and at the database's log";
    match standing {
        Err(error) => Diagnosis::bad(WHAT, format!("{target}: {error:#}"), help),
        Ok(standing) if standing.pending.is_empty() => Diagnosis::good(
            WHAT,
            format!("{target} answers, its schema is at version {}", standing.version),
        ),
        Ok(_) if read_only => Diagnosis::bad(
            WHAT,
            format!("{target} answers, its schema is older than this program, and READ_ONLY is true"),
            "run `asset-injector migrate`",
        ),
        Ok(_) => Diagnosis::good(
            WHAT,
            format!("{target} answers; `serve` brings its schema up to date"),
        ),
    }
}

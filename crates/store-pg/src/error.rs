//! What goes wrong with a database, as the kinds of a store's errors: the one table from SQLSTATE to kind.

use deadpool_postgres::PoolError;
use std::error::Error as _;
use store::{Error, ErrorKind};
use tokio_postgres::error::{DbError, Severity, SqlState};

/// SQLSTATEs, or the classes that they begin with, and what they mean; the first that fits. Everything else cannot be
/// helped by the caller either, and may be gone the next time.
const KINDS: &[(&str, ErrorKind, &str)] = &[
    (
        "25006",
        ErrorKind::Unavailable,
        "the database is read-only, as a standby is",
    ),
    (
        "42P01",
        ErrorKind::Unavailable,
        "the database is not migrated: `asset-injector migrate` does it",
    ),
    (
        "42703",
        ErrorKind::Unavailable,
        "the database has the schema of another version of this program",
    ),
    (
        "3F000",
        ErrorKind::Unavailable,
        "the database is not migrated: `asset-injector migrate` does it",
    ),
    (
        "42501",
        ErrorKind::Unavailable,
        "the database's user lacks a privilege",
    ),
    (
        "57014",
        ErrorKind::Unavailable,
        "the database took longer than DATABASE_STATEMENT_TIMEOUT",
    ),
    (
        "55P03",
        ErrorKind::Unavailable,
        "another write holds the database longer than DATABASE_STATEMENT_TIMEOUT",
    ),
    (
        "25P03",
        ErrorKind::Unavailable,
        "the database ended a transaction that stood still",
    ),
    ("53100", ErrorKind::Unavailable, "the database's disk is full"),
    (
        "53300",
        ErrorKind::Unavailable,
        "the database takes no more connections",
    ),
    ("57P", ErrorKind::Unavailable, "the database shuts down or starts"),
    (
        "28",
        ErrorKind::Unavailable,
        "the database does not let this user in",
    ),
    ("3D000", ErrorKind::Unavailable, "there is no such database"),
    (
        "08",
        ErrorKind::Unavailable,
        "the connection to the database broke",
    ),
    ("XX001", ErrorKind::Corrupt, "the database's data are damaged"),
    ("XX002", ErrorKind::Corrupt, "an index of the database is damaged"),
];

/// The kind of an error that the database reported, and what it means for people.
fn meaning(code: &SqlState) -> (ErrorKind, &'static str) {
    let found = KINDS.iter().find(|(begins, ..)| code.code().starts_with(begins));
    found.map_or(
        (ErrorKind::Unavailable, "the database reports an error"),
        |(_, kind, about)| (*kind, about),
    )
}

/// An error of the driver.
pub(crate) fn of(error: tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(reported) => {
            let (kind, about) = meaning(reported.code());
            let message = format!("{about}: {} ({})", reported.message(), reported.code().code());
            Error::new(kind, message).because(error)
        }
        None => {
            let reason = error
                .source()
                .map_or_else(|| error.to_string(), ToString::to_string);
            unavailable(format!("the database cannot be reached: {reason}")).because(error)
        }
    }
}

/// An error of the pool.
pub(crate) fn of_pool(error: PoolError) -> Error {
    match error {
        PoolError::Backend(error) => of(error),
        PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => unavailable(
            "all connections to the database are in use; DATABASE_POOL_MAX says how many there may be",
        ),
        PoolError::Timeout(_)
        | PoolError::Closed
        | PoolError::NoRuntimeSpecified
        | PoolError::PostCreateHook(_) => unavailable("the database cannot be reached").because(error),
    }
}

/// The database did not answer in time.
pub(crate) fn silent() -> Error {
    unavailable("the database does not answer")
}

pub(crate) fn unavailable(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

/// Whether the same connection would give the same error again, and another one might not.
pub(crate) fn is_of_connection(error: &tokio_postgres::Error) -> bool {
    let reported = error.as_db_error().map(|reported| reported.code().code());
    reported.is_none_or(|code| code == "25006" || ["57P", "08"].iter().any(|class| code.starts_with(class)))
}

/// Whether the schema lacks what a statement names.
pub(crate) fn is_of_schema(error: &Error) -> bool {
    has_code(error, &["42703", "42P01", "3F000"])
}

/// Whether a statement was given up because it took too long, or waited too long for somebody else.
pub(crate) fn is_of_waiting(error: &Error) -> bool {
    has_code(error, &["55P03", "57014"])
}

/// Whether the server answers that it takes no more connections: it is there.
pub fn is_full(error: &Error) -> bool {
    has_code(error, &["53300"])
}

fn has_code(error: &Error, codes: &[&str]) -> bool {
    let reported = error.source().and_then(|source| source.downcast_ref());
    let code = reported.and_then(tokio_postgres::Error::code);
    code.is_some_and(|code| codes.contains(&code.code()))
}

/// Whether a failure ends the transaction alone. With any graver one the session ends, and what it was about to do may be
/// done or not.
pub(crate) fn is_of_transaction(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().and_then(DbError::parsed_severity) == Some(Severity::Error)
}

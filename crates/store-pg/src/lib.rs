//! Rules in PostgreSQL, for many processes at a time.
//!
//! `connection` is the way to the database: a pool, transactions, and the bounds on how long anything takes. All
//! statements stand in `sql`. `load` reads one state and the differences between two, `row` and `body` turn columns
//! into rules and problems, `write` turns edits into statements, `follow` finds out that somebody else has written,
//! and `migrate` makes the schema and says by which rule it changes.
//!
//! Whoever writes holds the lock of the one row of `state`, so revisions are committed in their order; each has a
//! token of its own, by which a state is told from one of the same number in another history of the database, and a
//! commit is found again whose answer was lost.

mod body;
mod connect;
mod connection;
mod database;
mod error;
mod follow;
mod load;
mod memory;
mod migrate;
mod pack_row;
mod pg_store;
mod row;
mod sql;
mod target;
mod tls;
mod worker;
mod write;

pub use error::is_full;
pub use migrate::{Migration, Standing};
pub use pg_store::{PgStore, Settings, Status};
pub use target::Target;

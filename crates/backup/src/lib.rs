//! Everything that a store holds in one file, and back: backups, moves between stores, and the contents that a
//! process serves while its store cannot be reached.
//!
//! An archive is lines of JSON in one gzip member: the first says what it is, each further one holds one thing, the
//! last one the number and the SHA-256 of those before it. What it holds stands in [`Saved`], which is made of a store
//! ([`Saved::take`]) or of an archive ([`read`]), written to an archive ([`Saved::write`]) or to a store
//! ([`Saved::edits`]), and compared ([`compare`]).
//!
//! An archive is not trusted: what is read is bounded, and its rules and packs are checked as those of files are. The
//! hash tells a damaged archive from a whole one, not who has made it.

mod compare;
mod line;
mod packs;
mod read;
mod restore;
mod saved;
mod write;

pub use compare::{Comparison, DIFFERENCES_MAX, Row, compare};
pub use line::{LINE_BYTES_MAX, LINES_MAX, UNPACKED_BYTES_MAX, VERSION};
pub use read::{ReadError, read};
pub use saved::{LeftOut, Saved};
pub use write::{Head, Writer};

/// What the name of an archive ends in.
pub const ENDING: &str = ".backup.gz";

//! Where rules live: the trait, and what every store answers. No driver and no file system is known here.
//!
//! # How to add a store
//!
//! 1. Make a crate beside the others that depends on this one and on `rules`, and nothing above them.
//! 2. Read what is stored into [`rules::Value`] and let [`rules::check`] make the rules: there is no other way to
//!    one, so a store cannot hold an invalid rule. What it refuses becomes a [`Problem`] with the best place you
//!    have, and never an error: one bad row must not hide the good ones.
//! 3. Give each rule its [`rules::Origin`]. A pack's rule carries the pack's name in its id and in its origin, which
//!    [`pack_origin`] makes.
//! 4. Implement [`RuleStore`]. [`Contents`] must not depend on timing: the same state in the same order, and
//!    the [`Revision`] grows whenever something of it changed, and only then. At most [`PROBLEMS_MAX`] problems are
//!    listed; the others are counted.
//! 5. Return an [`Error`] only when nothing can be said about the rules at all. Convert the driver's errors in your
//!    own crate: [`ErrorKind`] holds what a caller can do something about. The catalog keeps what it has and tries
//!    again.
//! 6. Let it pass the suite in `contract` (feature `contract`), which has a test of every promise of the trait.
//! 7. Wire it where the parts meet, in the binary. Nothing between knows which store it is.
//!
//! [`MemoryStore`] is the shortest example, and what tests run on.

mod change;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod error;
mod memory;
mod pack;
mod problem;
mod revision;
mod rule_store;

pub use change::{Changes, Edit, Expected, Look, check_packs, check_state, override_pack};
pub use error::{Error, ErrorKind};
pub use memory::MemoryStore;
pub use pack::{NewPack, SOURCE_FILE, Single, SinglesChange, check_uninstall, pack_origin};
pub use problem::Problem;
pub use revision::Revision;
pub use rule_store::{Contents, Digest, PROBLEMS_MAX, RuleStore};

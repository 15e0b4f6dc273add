//! Where rules live: the trait, and what every store answers.

mod error;
mod memory;
mod problem;
mod revision;
mod rule_store;

pub use error::{Error, ErrorKind};
pub use memory::MemoryStore;
pub use problem::Problem;
pub use revision::Revision;
pub use rule_store::{Contents, PROBLEMS_MAX, RuleStore};

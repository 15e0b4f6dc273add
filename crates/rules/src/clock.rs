//! Where "now" comes from.

use crate::Timestamp;

/// A source of the current time; only the wiring and tests choose one.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// A time is a clock that stands still.
impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}

//! Time and chance, as the client of a repository takes them from outside.

use rules::Clock;
use std::time::Duration;

/// What waiting needs: only the wiring and tests choose one.
pub trait Pace: Clock {
    /// The time since some moment in the past, by a clock that is never set.
    fn elapsed(&self) -> Duration;

    /// Does nothing for so long.
    fn sleep(&self, duration: Duration);

    /// A random number; each is as likely as any other.
    fn random(&self) -> u64;
}

//! The number of a state of the rules.

/// A number that only grows: a greater one means a later state of the same store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

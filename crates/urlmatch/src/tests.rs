//! One table of cases for every strategy, the whole set and a naive oracle; properties on random and hostile input.

mod contract;
mod errors;
mod generate;
mod oracle;
mod properties;
mod soak;
mod table;

use crate::PatternKind;

/// The cases of the table that match, for the tests of other modules.
pub(crate) fn matching_cases() -> impl Iterator<Item = (PatternKind, &'static str, &'static str)> {
    table::matching_cases()
}

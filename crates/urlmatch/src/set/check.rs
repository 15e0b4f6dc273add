//! How patterns are verified without a look at the patterns themselves, which are three cache misses away.

use super::table::{Start, Table, TableBuilder};
use crate::{
    Candidate, Pattern, pattern,
    strategy::Strategy,
    wildcard::{Shape, Wildcard},
};

/// How one pattern is verified, and what that costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check {
    steps_per_place: u32,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// What the index found is all that the pattern requires.
    Found,
    /// A program in the table's text, found by its literal.
    Wildcard {
        literal: Start,
        length: u16,
        shape: Shape,
    },
    /// The pattern says.
    Pattern,
}

impl Check {
    /// Stores what verifies a pattern, and returns where its literal begins.
    pub(super) fn new(pattern: &Pattern, table: &mut TableBuilder) -> (Self, Start) {
        let (how, literal) = match (pattern.as_wildcard(), pattern.strategy()) {
            (Some(wildcard), strategy) => Self::of_wildcard(wildcard, strategy, table),
            (None, Strategy::Whole(_, text)) => (How::Found, table.add_text(text, 0)),
            (None, _) => (How::Pattern, table.add_text(&[], 0)),
        };
        let steps_per_place = pattern.steps_per_place();
        (Self { steps_per_place, how }, literal)
    }

    fn of_wildcard(wildcard: &Wildcard, strategy: Strategy<'_>, table: &mut TableBuilder) -> (How, Start) {
        let is_found = match strategy {
            Strategy::Whole(..) => true,
            Strategy::Prefix(_, literal) => wildcard.ends_in_star() && literal.len() > wildcard.rest_start(),
            Strategy::Domain(..) => wildcard.ends_in_star(),
            Strategy::Contains(_) | Strategy::ContainsAny(_) | Strategy::Residual => false,
        };
        if is_found {
            return (How::Found, table.add_text(wildcard.literal(), 0));
        }
        let (program, shape) = (wildcard.program(), wildcard.shape());
        let literal = table.add_text(program, shape.literal_start());
        let length = u16::try_from(program.len()).expect("a normalized pattern is below 64 KiB");
        (
            How::Wildcard {
                literal,
                length,
                shape,
            },
            literal,
        )
    }

    /// What one verification costs at most, in steps.
    pub(super) fn steps(self, candidate: &Candidate) -> u64 {
        pattern::steps(candidate, self.steps_per_place)
    }

    /// Whether the pattern matches a URL that has what the index looks for.
    #[inline]
    pub(super) fn is_match(self, pattern: &Pattern, table: &Table, candidate: &Candidate) -> bool {
        match self.how {
            How::Found => true,
            How::Wildcard {
                literal,
                length,
                shape,
            } => shape.is_match(table.text(literal, shape.literal_start(), length), candidate),
            How::Pattern => pattern.is_match(candidate),
        }
    }
}

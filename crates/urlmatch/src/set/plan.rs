//! Which key each pattern is looked up by: decided once, over the whole set.

use super::{
    grams::GramCounts,
    keys::{Fold, GRAM_BYTES, Rolling},
    table::{self, Place, TableBuilder},
};
use crate::{Pattern, strategy::Strategy, wildcard::Schemes};

/// An index under construction.
pub(super) struct Plan {
    counts: GramCounts,
    pub(super) table: TableBuilder,
    pub(super) residual: Vec<u32>,
    pub(super) used: Used,
}

impl Plan {
    /// Counts the grams of all literals, on which the choice of each depends.
    pub(super) fn new(patterns: &[Pattern]) -> Self {
        let grams = || patterns.iter().flat_map(|pattern| literals(pattern.strategy()));
        let mut counts = GramCounts::with_capacity(grams().map(|(literal, _)| literal.len()).sum());
        grams().for_each(|(literal, fold)| counts.add(literal, fold));
        Self {
            counts,
            table: TableBuilder::default(),
            residual: Vec::new(),
            used: Used::default(),
        }
    }

    pub(super) fn index(&mut self, pattern: u32, strategy: Strategy<'_>) {
        match strategy {
            Strategy::Whole(schemes, text) => {
                self.used.whole = true;
                self.add(
                    Rolling::of(text).whole(),
                    pattern,
                    text,
                    Place::Whole(scheme_bits(schemes)),
                );
            }
            Strategy::Prefix(schemes, text) => {
                self.used.add_prefix(text.len());
                self.add(
                    Rolling::of(text).prefix(),
                    pattern,
                    text,
                    Place::Prefix(scheme_bits(schemes)),
                );
            }
            Strategy::Contains(_) | Strategy::ContainsAny(_) => {
                literals(strategy).for_each(|(literal, fold)| self.index_literal(pattern, literal, fold));
            }
            Strategy::Residual => self.residual.push(pattern),
        }
    }

    fn index_literal(&mut self, pattern: u32, literal: &[u8], fold: Fold) {
        let chosen = self
            .counts
            .choose(literal, fold)
            .expect("a literal that is looked up has three bytes or more");
        let place = match fold {
            Fold::No => Place::Gram(chosen.offset),
            Fold::Yes => Place::Folded(chosen.offset),
        };
        self.used.grams[fold as usize][chosen.size] = true;
        self.add(chosen.key, pattern, literal, place);
    }

    fn add(&mut self, key: u64, pattern: u32, literal: &[u8], place: Place) {
        let start = self.table.add_literal(literal);
        self.table.add(key, pattern, start..start + literal.len(), place);
    }
}

/// The literals of a strategy that are looked up by a gram.
fn literals(strategy: Strategy<'_>) -> impl Iterator<Item = (&[u8], Fold)> {
    let (one, many) = match strategy {
        Strategy::Contains(literal) => (Some(literal), &[][..]),
        Strategy::ContainsAny(literals) => (None, literals),
        Strategy::Whole(..) | Strategy::Prefix(..) | Strategy::Residual => (None, &[][..]),
    };
    let many = many
        .iter()
        .map(|literal| (&*literal.bytes, if literal.folded { Fold::Yes } else { Fold::No }));
    one.into_iter().map(|literal| (literal, Fold::No)).chain(many)
}

fn scheme_bits(schemes: Schemes) -> u16 {
    match schemes {
        Schemes::Http => table::scheme_bit(false),
        Schemes::Https => table::scheme_bit(true),
        Schemes::Both => table::scheme_bit(false) | table::scheme_bit(true),
    }
}

/// Which kinds of key the index holds, so that no others are computed.
#[derive(Debug, Default)]
pub(super) struct Used {
    pub(super) whole: bool,
    /// A bit for each length of a beginning.
    pub(super) prefix_lengths: Vec<u64>,
    /// For [`Fold::No`] and [`Fold::Yes`], which of [`GRAM_BYTES`].
    pub(super) grams: [[bool; GRAM_BYTES.len()]; 2],
}

impl Used {
    fn add_prefix(&mut self, length: usize) {
        if self.prefix_lengths.len() <= length / 64 {
            self.prefix_lengths.resize(length / 64 + 1, 0);
        }
        self.prefix_lengths[length / 64] |= 1 << (length % 64);
    }

    pub(super) fn has_prefix(&self, length: usize) -> bool {
        self.prefix_lengths
            .get(length / 64)
            .is_some_and(|word| word >> (length % 64) & 1 == 1)
    }
}

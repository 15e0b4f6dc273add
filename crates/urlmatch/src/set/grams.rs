//! Which gram of a literal it is looked up by: the one that the literals of the whole set use least.
//!
//! `https://www.` is in most URLs and in many literals; looked up by it, they would all be compared for every page.

use super::{
    keys::{self, Fold, GRAM_BYTES},
    table::GRAM_OFFSET_MAX,
};

/// How often grams occur in the literals of a set, by hash; hashes that collide are counted together.
pub(super) struct GramCounts {
    counts: Vec<u16>,
}

/// The gram that stands for a literal.
pub(super) struct Chosen {
    pub(super) key: u64,
    pub(super) offset: u16,
    /// Its length, as an index into [`GRAM_BYTES`].
    pub(super) size: usize,
}

impl GramCounts {
    /// Makes room for literals of so many bytes together.
    pub(super) fn with_capacity(literal_bytes: usize) -> Self {
        Self {
            counts: vec![0; literal_bytes.next_power_of_two().clamp(1 << 8, 1 << 22)],
        }
    }

    pub(super) fn add(&mut self, literal: &[u8], fold: Fold) {
        let Some(size) = size_for(literal) else { return };
        for gram in literal.windows(GRAM_BYTES[size]) {
            let slot = self.slot(keys::gram(gram, fold));
            self.counts[slot] = self.counts[slot].saturating_add(1);
        }
    }

    /// The least-used gram, the last of equals: hosts come first in a literal and are shared by more URLs than paths.
    pub(super) fn choose(&self, literal: &[u8], fold: Fold) -> Option<Chosen> {
        let size = size_for(literal)?;
        let grams = literal
            .windows(GRAM_BYTES[size])
            .take(GRAM_OFFSET_MAX + 1)
            .map(|gram| keys::gram(gram, fold));
        let (offset, key) = (0_u16..)
            .zip(grams)
            .min_by_key(|&(offset, key)| (self.counts[self.slot(key)], u16::MAX - offset))?;
        Some(Chosen { key, offset, size })
    }

    fn slot(&self, key: u64) -> usize {
        (key >> 32) as usize & (self.counts.len() - 1)
    }
}

fn size_for(literal: &[u8]) -> Option<usize> {
    GRAM_BYTES.iter().position(|&bytes| bytes <= literal.len())
}

//! Which gram of a literal it is looked up by: the one that the literals of the whole set use least.
//!
//! `https://www.` is in most URLs and in many literals; looked up by it, they would all be compared for every page.

use super::{
    keys::{self, GRAM_BYTES, GRAM_BYTES_USUAL},
    table::GRAM_OFFSET_MAX,
};

/// How often something occurs, by hash; hashes that collide are counted together.
pub(super) struct Counts {
    counts: Vec<u16>,
}

impl Counts {
    /// Makes room for about so many different hashes.
    pub(super) fn with_capacity(hashes: usize) -> Self {
        Self {
            counts: vec![0; hashes.next_power_of_two().clamp(1 << 8, 1 << 22)],
        }
    }

    pub(super) fn add(&mut self, hash: u64) {
        let slot = self.slot(hash);
        self.counts[slot] = self.counts[slot].saturating_add(1);
    }

    pub(super) fn of(&self, hash: u64) -> u16 {
        self.counts[self.slot(hash)]
    }

    fn slot(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.counts.len() - 1)
    }
}

/// The gram that stands for a literal.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    pub(super) key: u64,
    pub(super) offset: u16,
}

/// The least used of a literal's grams, given their hashes; the last of equals: hosts come first in a literal and are
/// shared by more URLs than paths.
pub(super) fn choose(grams: &[u64], counts: &Counts) -> Chosen {
    let usable = &grams[..grams.len().min(GRAM_OFFSET_MAX + 1)];
    (0_u16..)
        .zip(usable)
        .map(|(offset, &key)| Chosen { key, offset })
        .min_by_key(|chosen| (counts.of(chosen.key), u16::MAX - chosen.offset))
        .expect("a literal that is looked up is as long as its grams")
}

/// The length of gram by which a literal is looked up if it need not be longer, as an index into [`GRAM_BYTES`].
pub(super) fn usual_size(literal: &[u8]) -> usize {
    let fits = |bytes: usize| bytes <= GRAM_BYTES_USUAL && bytes <= literal.len();
    GRAM_BYTES
        .iter()
        .rposition(|&bytes| fits(bytes))
        .expect("a literal that is looked up has three bytes or more")
}

/// The hashes of a literal's grams. They are lower-case whatever the literal is, so that one look at the URL serves
/// all; comparing the literal heeds it.
#[derive(Default)]
pub(super) struct Grams {
    lowered: Vec<u8>,
    hashes: Vec<u64>,
}

impl Grams {
    pub(super) fn of(&mut self, literal: &[u8], size: usize) -> &[u64] {
        self.lowered.clear();
        self.lowered.extend(literal.iter().map(u8::to_ascii_lowercase));
        keys::hash_grams(&self.lowered, GRAM_BYTES[size], &mut self.hashes);
        &self.hashes
    }
}

//! A filter that says "no" to nearly every key that is not in the index, from memory that stays in the L2 cache.
//!
//! All bits of a key lie in one 64-bit word, so an answer is one load. It never says "no" to a key that was inserted.

/// The largest filter: 1 MiB. Twice that falls out of L2 and was slower than the false answers that it saves.
const WORDS_MAX: usize = 1 << 17;
/// Keys to a word at most, below the largest size. About one stranger in a hundred then passes, or fewer (tested).
const KEYS_PER_WORD: usize = 4;

/// A blocked Bloom filter over hashes.
#[derive(Debug)]
pub(super) struct Bloom {
    words: Box<[u64]>,
}

impl Bloom {
    /// A filter of these keys.
    pub(super) fn of(keys: &[u64]) -> Self {
        let words = (keys.len() / KEYS_PER_WORD).next_power_of_two().min(WORDS_MAX);
        let mut bloom = Self {
            words: vec![0; words].into_boxed_slice(),
        };
        for &key in keys {
            let word = bloom.word(key);
            bloom.words[word] |= bits(key);
        }
        bloom
    }

    #[inline]
    pub(super) fn may_contain(&self, key: u64) -> bool {
        let word = self.words[self.word(key)];
        // The first bit alone dismisses most keys, and the processor foresees that.
        word >> (key & 63) & 1 == 1 && word & bits(key) == bits(key)
    }

    /// The length is a power of two, so the mask keeps the index inside.
    #[inline]
    fn word(&self, key: u64) -> usize {
        (key >> 24) as usize & (self.words.len() - 1)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.words)
    }
}

/// Four of the 64 bits of a word, from bits of the key that do not choose the word.
#[inline]
fn bits(key: u64) -> u64 {
    1 << (key & 63) | 1 << (key >> 6 & 63) | 1 << (key >> 12 & 63) | 1 << (key >> 18 & 63)
}

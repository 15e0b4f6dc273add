//! Hashes of what is looked up: grams at every place, beginnings at every length, the whole.
//!
//! The seeds are fixed, so an index is the same in every process. Someone who makes keys collide gains nothing over
//! someone who writes the same literal many times: both make one long bucket.

/// The lengths of grams, longest first; a literal is found by a gram of the longest length that it has.
pub(super) const GRAM_BYTES: [usize; 4] = [12, 8, 4, 3];

/// Whether upper-case letters were made lower-case before hashing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    No,
    Yes,
}

/// The hash of a gram whose length is known only now; it must be one of [`GRAM_BYTES`].
pub(super) fn gram(gram: &[u8], fold: Fold) -> u64 {
    match GRAM_BYTES.map(|bytes| bytes == gram.len()) {
        [true, ..] => gram_of::<12>(gram, fold),
        [_, true, ..] => gram_of::<8>(gram, fold),
        [_, _, true, _] => gram_of::<4>(gram, fold),
        _ => gram_of::<3>(gram, fold),
    }
}

/// The hash of a gram of a length that the compiler knows, which leaves two loads and a multiplication.
#[inline]
pub(super) fn gram_of<const BYTES: usize>(gram: &[u8], fold: Fold) -> u64 {
    let seed = match fold {
        Fold::No => 0x9e37_79b9_7f4a_7c15,
        Fold::Yes => 0xd6e8_feb8_6659_fd93,
    };
    let gram: &[u8; BYTES] = gram.try_into().expect("the caller's windows have this length");
    let low = word::<BYTES>(gram, 0);
    if BYTES <= 8 {
        mix(low ^ seed, 0x2545_f491_4f6c_dd1d)
    } else {
        mix(low ^ seed, word::<BYTES>(gram, 8) ^ 0xa076_1d64_78bd_642f)
    }
}

/// Up to eight bytes of a gram as a number.
#[inline]
fn word<const BYTES: usize>(gram: &[u8; BYTES], from: usize) -> u64 {
    let mut word = [0; 8];
    let end = BYTES.min(from + 8);
    word[..end - from].copy_from_slice(&gram[from..end]);
    u64::from_le_bytes(word)
}

/// Multiplies to 128 bits and folds the halves, so that every bit of both numbers reaches every bit of the result.
#[inline]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The running hash of a text's beginnings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rolling(u64);

impl Rolling {
    pub(super) const EMPTY: Self = Self(0x1656_67b1_9e37_79f9);

    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.0 = (self.0.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    /// The key of the beginning read so far.
    #[inline]
    pub(super) fn prefix(self) -> u64 {
        mix(self.0, 0x5895_89a6_2f1d_4d39)
    }

    /// The key of a text that ends here.
    #[inline]
    pub(super) fn whole(self) -> u64 {
        mix(self.0, 0xc2b2_ae3d_27d4_eb4f)
    }

    pub(super) fn of(text: &[u8]) -> Self {
        let mut rolling = Self::EMPTY;
        text.iter().for_each(|&byte| rolling.push(byte));
        rolling
    }
}

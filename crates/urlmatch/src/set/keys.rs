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

/// The hash of a gram, which must have one of the lengths of [`GRAM_BYTES`].
#[inline]
pub(super) fn gram(gram: &[u8], fold: Fold) -> u64 {
    let seed = match fold {
        Fold::No => 0x9e37_79b9_7f4a_7c15,
        Fold::Yes => 0xd6e8_feb8_6659_fd93,
    };
    let (low, high) = match gram.split_at_checked(8) {
        Some((low, &[])) => (read8(low), 0x2545_f491_4f6c_dd1d),
        Some((low, high)) => (read8(low), u64::from(read4(high)) ^ 0xa076_1d64_78bd_642f),
        None => match *gram {
            [a, b, c] => (u64::from(u32::from_le_bytes([a, b, c, 0])), 0xe703_7ed1_a0b4_28db),
            _ => (u64::from(read4(gram)), 0x8ebc_6af0_9c88_c6e3),
        },
    };
    mix(low ^ seed, high)
}

#[inline]
fn read8(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("the gram was split here"))
}

#[inline]
fn read4(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("grams have one of four lengths"))
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

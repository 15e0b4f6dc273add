//! Hashes of what is looked up: grams at every place, beginnings at every length, domains at every label, the whole.
//!
//! The seeds are fixed, so an index is the same in every process. Someone who makes keys collide gains nothing over
//! someone who writes the same literal many times: both make one long bucket.

/// The lengths of grams. A literal is found by a gram of up to [`GRAM_BYTES_USUAL`]; longer ones are for literals that
/// would crowd the bucket of a short one.
pub(super) const GRAM_BYTES: [usize; 10] = [3, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// The longest gram that is used without need: longer ones tell hardly more and cost another look at each place.
pub(super) const GRAM_BYTES_USUAL: usize = 8;

/// The hash of the gram at each place of a lower-cased text; `bytes` is one of [`GRAM_BYTES`].
///
/// A long gram's hash is made of those of its halves, so each doubling is one pass, whatever the length.
pub(super) fn hash_grams(text: &[u8], bytes: usize, hashes: &mut Vec<u64>) {
    hashes.clear();
    match bytes {
        3 => hashes.extend(text.windows(3).map(gram_of::<3>)),
        4 => hashes.extend(text.windows(4).map(gram_of::<4>)),
        _ => {
            hashes.extend(text.windows(8).map(gram_of::<8>));
            let mut half = 8;
            while half < bytes {
                double_grams(hashes, half);
                half *= 2;
            }
        }
    }
}

/// Makes the hashes of grams of twice the length of those of grams of `half` bytes.
pub(super) fn double_grams(hashes: &mut Vec<u64>, half: usize) {
    let count = hashes.len().saturating_sub(half);
    for at in 0..count {
        hashes[at] = mix(hashes[at] ^ 0xa076_1d64_78bd_642f, hashes[at + half]);
    }
    hashes.truncate(count);
}

/// The hash of a gram of a length that the compiler knows, which leaves a load and a multiplication.
#[inline]
pub(super) fn gram_of<const BYTES: usize>(gram: &[u8]) -> u64 {
    let gram: &[u8; BYTES] = gram.try_into().expect("the caller's windows have this length");
    let seed = 0x9e37_79b9_7f4a_7c15 ^ (BYTES as u64) << 56;
    mix(word::<BYTES>(gram) ^ seed, 0x2545_f491_4f6c_dd1d)
}

/// The bytes of a gram as a number.
#[inline]
fn word<const BYTES: usize>(gram: &[u8; BYTES]) -> u64 {
    let mut word = [0; 8];
    word[..BYTES].copy_from_slice(gram);
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

    /// The key of a domain and its port that were read backwards.
    #[inline]
    pub(super) fn domain(self) -> u64 {
        mix(self.0, 0xe703_7ed1_a0b4_28db)
    }

    pub(super) fn backwards(text: &[u8]) -> Self {
        let mut rolling = Self::EMPTY;
        text.iter().rev().for_each(|&byte| rolling.push(byte));
        rolling
    }

    pub(super) fn of(text: &[u8]) -> Self {
        let mut rolling = Self::EMPTY;
        text.iter().for_each(|&byte| rolling.push(byte));
        rolling
    }
}

//! From keys to literals to patterns: buckets of entries in two flat arrays, and the literals' bytes in a third.
//!
//! A bucket is a range of entries, in rank order. Many patterns under one key make one long bucket and disturb no
//! other, and nothing ever moves or grows after the build.

/// What one key of one pattern leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The low half of the key; tells most strangers of the bucket apart without a look at the literal.
    tag: u32,
    /// The pattern's index.
    pub(super) pattern: u32,
    literal_start: u32,
    literal_len: u16,
    /// The kind in the two highest bits; below them what the kind needs.
    place: u16,
}

/// Where the literal of an entry must stand in the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The gram that was looked up is so many bytes after the literal's beginning.
    Gram(u16),
    /// Likewise, in the lower-cased URL.
    Folded(u16),
    /// Directly after one of these schemes (see [`scheme_bit`]).
    Prefix(u16),
    /// All that follows one of these schemes, with or without the fragment.
    Whole(u16),
}

/// The largest offset of a gram in its literal; further ones are not chosen.
pub(super) const GRAM_OFFSET_MAX: usize = (1 << 14) - 1;

/// The bit of a scheme in [`Place::Prefix`] and [`Place::Whole`].
pub(super) fn scheme_bit(is_https: bool) -> u16 {
    if is_https { 2 } else { 1 }
}

impl Place {
    fn pack(self) -> u16 {
        match self {
            Self::Gram(offset) => offset,
            Self::Folded(offset) => 1 << 14 | offset,
            Self::Prefix(schemes) => 2 << 14 | schemes,
            Self::Whole(schemes) => 3 << 14 | schemes,
        }
    }

    fn unpack(packed: u16) -> Self {
        let low = packed & ((1 << 14) - 1);
        match packed >> 14 {
            0 => Self::Gram(low),
            1 => Self::Folded(low),
            2 => Self::Prefix(low),
            _ => Self::Whole(low),
        }
    }
}

impl Entry {
    #[inline]
    pub(super) fn is_tagged(&self, key: u64) -> bool {
        self.tag == key as u32
    }

    #[inline]
    pub(super) fn place(&self) -> Place {
        Place::unpack(self.place)
    }
}

/// Collects entries in rank order.
#[derive(Debug, Default)]
pub(super) struct TableBuilder {
    keyed: Vec<(u64, Entry)>,
    literals: Vec<u8>,
}

/// Literals begin at multiples of this, so that a 32-bit start reaches 16 GiB.
const ALIGNMENT: usize = 4;

impl TableBuilder {
    /// Stores a literal for the entries that follow.
    pub(super) fn add_literal(&mut self, literal: &[u8]) -> usize {
        let start = self.literals.len();
        self.literals.extend_from_slice(literal);
        self.literals
            .resize(self.literals.len().next_multiple_of(ALIGNMENT), 0);
        start
    }

    pub(super) fn add(&mut self, key: u64, pattern: u32, literal: std::ops::Range<usize>, place: Place) {
        let literal_start = u32::try_from(literal.start / ALIGNMENT)
            .expect("two million patterns of 2 KiB have far less than 16 GiB of literals");
        let literal_len = u16::try_from(literal.len()).expect("a normalized pattern is below 64 KiB");
        self.keyed.push((
            key,
            Entry {
                tag: key as u32,
                pattern,
                literal_start,
                literal_len,
                place: place.pack(),
            },
        ));
    }

    pub(super) fn keys(&self) -> impl ExactSizeIterator<Item = u64> {
        self.keyed.iter().map(|(key, _)| *key)
    }

    /// Sorts the entries into buckets by counting; the order within a bucket stays.
    pub(super) fn build(mut self) -> Table {
        let bits = self.keyed.len().next_power_of_two().ilog2().max(1);
        let shift = 64 - bits;
        let mut ends = vec![0_u32; (1 << bits) + 1];
        for (key, _) in &self.keyed {
            ends[(key >> shift) as usize + 1] += 1;
        }
        for bucket in 1..ends.len() {
            ends[bucket] += ends[bucket - 1];
        }
        let mut next = ends.clone();
        let mut entries = vec![
            Entry {
                tag: 0,
                pattern: 0,
                literal_start: 0,
                literal_len: 0,
                place: 0
            };
            self.keyed.len()
        ];
        for (key, entry) in &self.keyed {
            let slot = &mut next[(key >> shift) as usize];
            entries[*slot as usize] = *entry;
            *slot += 1;
        }
        self.literals.shrink_to_fit();
        Table {
            shift,
            ends,
            entries,
            literals: self.literals,
        }
    }
}

/// The finished table.
#[derive(Debug)]
pub(super) struct Table {
    /// How far a key is shifted to give its bucket.
    shift: u32,
    /// Where each bucket begins, which is where the one before it ends.
    ends: Vec<u32>,
    entries: Vec<Entry>,
    literals: Vec<u8>,
}

impl Table {
    /// The range of a key's bucket.
    #[inline]
    pub(super) fn bucket(&self, key: u64) -> std::ops::Range<u32> {
        let bucket = (key >> self.shift) as usize;
        self.ends[bucket]..self.ends[bucket + 1]
    }

    #[inline]
    pub(super) fn entries(&self, range: std::ops::Range<u32>) -> &[Entry] {
        &self.entries[range.start as usize..range.end as usize]
    }

    #[inline]
    pub(super) fn literal(&self, entry: &Entry) -> &[u8] {
        let start = entry.literal_start as usize * ALIGNMENT;
        &self.literals[start..start + usize::from(entry.literal_len)]
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.ends) + size_of_val(&*self.entries) + self.literals.len()
    }
}

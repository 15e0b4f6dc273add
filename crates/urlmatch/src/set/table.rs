//! From keys to literals to patterns: buckets of entries in two flat arrays, and all text in a third.
//!
//! A bucket is a range of entries, in rank order. Many patterns under one key make one long bucket and disturb no
//! other, and nothing ever moves or grows after the build. The text of a wildcard is its whole program, of which its
//! literal is a part: what confirms the literal brings along what verifies the pattern.

use crate::{Candidate, wildcard::Schemes};

/// What one key of one pattern leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The low half of the key; tells most strangers of the bucket apart without a look at the literal.
    tag: u32,
    /// The pattern's index.
    pub(super) pattern: u32,
    literal: Start,
    literal_len: u16,
    place: PackedPlace,
}

/// Where a literal begins in the text of a table, in units of [`ALIGNMENT`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Start(u32);

/// The pattern that a literal is required by, and for which schemes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pattern: u32,
    literal: Start,
    literal_len: u16,
    schemes: Schemes,
}

impl Owner {
    pub(super) fn new(pattern: u32, (start, literal): (Start, &[u8]), schemes: Schemes) -> Self {
        Self {
            pattern,
            literal: start,
            literal_len: u16::try_from(literal.len()).expect("a normalized pattern is below 64 KiB"),
            schemes,
        }
    }
}

/// Where the literal of an entry must stand in the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere; the gram that was looked up is so many bytes after the literal's beginning.
    Gram(u16),
    /// Likewise, in the lower-cased URL.
    Folded(u16),
    /// Likewise, at the beginning of the host or after a dot in it.
    DomainGram(u16),
    /// At the label whose domain was looked up.
    Domain,
    /// Directly after the scheme.
    Prefix,
    /// All that follows the scheme, with or without the fragment.
    Whole,
}

/// The largest offset of a gram in its literal; further ones are not chosen.
pub(super) const GRAM_OFFSET_MAX: usize = (1 << 11) - 1;

/// A place and the schemes that it may follow: three bits of kind, two of schemes, the rest an offset.
#[derive(Clone, Copy, Debug)]
struct PackedPlace(u16);

impl PackedPlace {
    fn new(place: Place, schemes: Schemes) -> Self {
        let (kind, offset) = match place {
            Place::Gram(offset) => (0, offset),
            Place::Folded(offset) => (1, offset),
            Place::DomainGram(offset) => (2, offset),
            Place::Domain => (3, 0),
            Place::Prefix => (4, 0),
            Place::Whole => (5, 0),
        };
        let schemes = match schemes {
            Schemes::Http => 1,
            Schemes::Https => 2,
            Schemes::Both => 3,
        };
        Self(kind << 13 | schemes << 11 | offset)
    }

    fn place(self) -> Place {
        let offset = self.0 & GRAM_OFFSET_MAX as u16;
        match self.0 >> 13 {
            0 => Place::Gram(offset),
            1 => Place::Folded(offset),
            2 => Place::DomainGram(offset),
            3 => Place::Domain,
            4 => Place::Prefix,
            _ => Place::Whole,
        }
    }

    fn has_scheme_of(self, candidate: &Candidate) -> bool {
        let bit = if candidate.is_https() { 2 } else { 1 };
        self.0 >> 11 & bit != 0
    }
}

impl Entry {
    #[inline]
    pub(super) fn is_tagged(&self, tag: u32) -> bool {
        self.tag == tag
    }

    /// Where the literal must stand, if the URL has a scheme for it.
    #[inline]
    pub(super) fn place(&self, candidate: &Candidate) -> Option<Place> {
        self.place.has_scheme_of(candidate).then(|| self.place.place())
    }
}

/// Collects entries in rank order.
#[derive(Debug, Default)]
pub(super) struct TableBuilder {
    keyed: Vec<(u64, Entry)>,
    text: Vec<u8>,
}

/// Literals begin at multiples of this, so that a 32-bit start reaches 16 GiB.
const ALIGNMENT: usize = 4;

impl TableBuilder {
    /// Stores a text for the entries that follow; what is aligned, and given back, is the literal's start in it.
    pub(super) fn add_text(&mut self, text: &[u8], literal_start: usize) -> Start {
        let start = (self.text.len() + literal_start).next_multiple_of(ALIGNMENT);
        self.text.resize(start - literal_start, 0);
        self.text.extend_from_slice(text);
        let start = u32::try_from(start / ALIGNMENT);
        Start(start.expect("two million patterns of 2 KiB have far less than 16 GiB of text"))
    }

    pub(super) fn add(&mut self, key: u64, owner: Owner, place: Place) {
        let entry = Entry {
            tag: key as u32,
            pattern: owner.pattern,
            literal: owner.literal,
            literal_len: owner.literal_len,
            place: PackedPlace::new(place, owner.schemes),
        };
        self.keyed.push((key, entry));
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
                literal: Start(0),
                literal_len: 0,
                place: PackedPlace(0),
            };
            self.keyed.len()
        ];
        for (key, entry) in &self.keyed {
            let slot = &mut next[(key >> shift) as usize];
            entries[*slot as usize] = *entry;
            *slot += 1;
        }
        self.text.shrink_to_fit();
        Table {
            shift,
            ends,
            entries,
            text: self.text,
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
    text: Vec<u8>,
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
        let start = entry.literal.0 as usize * ALIGNMENT;
        &self.text[start..start + usize::from(entry.literal_len)]
    }

    /// The text of this length whose literal begins so many bytes into it.
    #[inline]
    pub(super) fn text(&self, literal: Start, literal_start: usize, length: u16) -> &[u8] {
        let start = literal.0 as usize * ALIGNMENT - literal_start;
        &self.text[start..start + usize::from(length)]
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.ends) + size_of_val(&*self.entries) + self.text.len()
    }
}

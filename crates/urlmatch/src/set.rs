//! Many patterns, one pass.
//!
//! # How the index works
//!
//! Asking every pattern costs tens of milliseconds at a hundred thousand. Nearly every pattern, though, requires some
//! text of a URL: an exact one all of it, `https://example.com/*` its beginning, others a literal somewhere
//! ([`Strategy`](crate::strategy::Strategy)). So the index answers one question: *which patterns' required literals
//! stand in this URL where they must?* The answer is exact, which `tests::properties` holds against asking each pattern,
//! and it is short; whoever asked verifies those patterns.
//!
//! What takes time at this scale is not computing but waiting: a load from main memory takes 0.2 µs if the next step
//! needs its result, and a tenth of that if several can be under way at once. Everything below follows from that.
//!
//! 1. **A key for each literal** (`keys`). A whole URL and a beginning are looked up by a hash of all their bytes after
//!    the scheme: one running hash over the URL yields the keys of all its beginnings, and a bitmap tells which
//!    lengths are worth asking for. Any other literal is looked up by one of its grams, of 12 bytes if it has them, else
//!    8, 4 or 3: at each place of the URL the gram there is a key. Which gram stands for a literal is chosen at build
//!    time: the one that the literals of the set use least (`grams`), since `https://www.` would make a key for half
//!    of them. Literals whose case is ignored are looked up in a lower-cased copy of the URL.
//! 2. **A filter in front** (`bloom`). A URL of 50 bytes has some 200 keys, of which two or three are in the index.
//!    The filter is small enough to stay in the cache and dismisses the others.
//! 3. **Buckets of entries** (`table`). An entry names its pattern, its literal and where the literal must stand. It is
//!    confirmed by comparing the whole literal, so hashes only ever decide what is compared.
//! 4. **Phases, not a loop.** [`PatternSet::candidates`] computes all keys, then reads all buckets, then looks at all
//!    entries, then compares all literals. The loads within a phase do not depend on each other, so the processor
//!    overlaps their waits; following one key to its end before the next would add them up.
//! 5. **Hostile URLs.** Nothing is cut off: every place of a URL has its key, whatever the URL's length. Where one gram
//!    stands at many places (`aaaa…`), the literals of its bucket are searched for once instead of compared at each.
//! 6. **Residual patterns**, which require nothing of three bytes, are always in the answer; a bound on their number
//!    is the caller's.
//!
//! Indices are given in rank order, so the answer in ascending order is the order of verification, and "the best" is
//! the first that verifies. A set never changes: a new one replaces it.
//!
//! To index one more kind of requirement: give it a `Strategy`, a [`Place`], a key in `Plan::index`, probes in
//! [`PatternSet::candidates`], and a line in `PatternSet::stands`; the property tests then tell whether the answer is
//! still exact.

mod bloom;
mod grams;
mod keys;
mod plan;
mod table;
#[cfg(test)]
mod tests;

use crate::{Candidate, Pattern};
use bloom::Bloom;
use keys::{Fold, Rolling};
use plan::{Plan, Used};
use table::{Entry, Place, Table};

/// Collects patterns in rank order: the first one added has index 0.
#[derive(Debug, Default)]
pub struct PatternSetBuilder {
    patterns: Vec<Pattern>,
}

impl PatternSetBuilder {
    /// Starts an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next pattern; its index is the number of patterns added before it.
    pub fn add(&mut self, pattern: Pattern) -> &mut Self {
        self.patterns.push(pattern);
        self
    }

    /// Builds the index.
    ///
    /// # Panics
    ///
    /// When there are more patterns than a `u32` counts.
    pub fn build(mut self) -> PatternSet {
        self.patterns.shrink_to_fit();
        let mut plan = Plan::new(&self.patterns);
        for (index, pattern) in (0_u32..).zip(&self.patterns) {
            plan.index(index, pattern.strategy());
        }
        let keys = plan.table.keys();
        let mut bloom = Bloom::with_capacity(keys.len());
        keys.for_each(|key| bloom.insert(key));
        PatternSet {
            bloom,
            table: plan.table.build(),
            residual: plan.residual.into_boxed_slice(),
            used: plan.used,
            patterns: self.patterns,
        }
    }
}

/// An index over many patterns; it never changes.
#[derive(Debug)]
pub struct PatternSet {
    patterns: Vec<Pattern>,
    bloom: Bloom,
    table: Table,
    residual: Box<[u32]>,
    used: Used,
}

/// Working memory of a look-up, reused between calls so that none allocates.
#[derive(Debug, Default)]
pub struct Scratch {
    probes: Vec<Probe>,
    buckets: Vec<(u32, std::ops::Range<u32>)>,
    hits: Vec<(u32, Entry)>,
    lowered: Vec<u8>,
    found: Vec<u32>,
}

/// A key of the URL that may be in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Probe {
    key: u64,
    /// Where the gram begins, or where the beginning or whole ends; [`ANYWHERE`] for a gram of many places.
    at: u32,
}

/// The place of a probe for a gram that occurs so often that literals with it are searched for instead.
const ANYWHERE: u32 = u32::MAX;
/// Fewer probes than this are not looked through for repeated ones.
const PROBES_FEW: usize = 64;
/// A gram with more places than this is searched for.
const PLACES_MAX: usize = 4;

/// Makes one probe of many with the same key.
///
/// On `aaaa…` every literal of one key would be compared at every place: their number times the URL's length. Instead
/// each is searched for once.
fn merge_repeated(probes: &mut Vec<Probe>) {
    if probes.len() < PROBES_FEW {
        return;
    }
    probes.sort_unstable();
    let mut kept = 0;
    let mut start = 0;
    while start < probes.len() {
        let key = probes[start].key;
        let places = probes[start..]
            .iter()
            .take_while(|probe| probe.key == key)
            .count();
        if places > PLACES_MAX {
            probes[kept] = Probe { key, at: ANYWHERE };
            kept += 1;
        } else {
            probes.copy_within(start..start + places, kept);
            kept += places;
        }
        start += places;
    }
    probes.truncate(kept);
}

impl PatternSet {
    /// The indices of all patterns that [`Pattern::may_match`] the URL, ascending, each once.
    pub fn candidates<'s>(&self, candidate: &Candidate, scratch: &'s mut Scratch) -> &'s [u32] {
        let Scratch {
            probes,
            buckets,
            hits,
            lowered,
            found,
        } = scratch;
        probes.clear();
        self.probe_beginnings(candidate, probes);
        self.probe_grams(candidate.bytes(), Fold::No, probes);
        if self.used.grams[Fold::Yes as usize].contains(&true) {
            lowered.clear();
            lowered.extend(candidate.bytes().iter().map(u8::to_ascii_lowercase));
            self.probe_grams(lowered, Fold::Yes, probes);
        }
        merge_repeated(probes);

        buckets.clear();
        buckets.extend(
            (0_u32..)
                .zip(&*probes)
                .map(|(probe, &Probe { key, .. })| (probe, self.table.bucket(key))),
        );

        hits.clear();
        for (probe, bucket) in &*buckets {
            let key = probes[*probe as usize].key;
            let tagged = self
                .table
                .entries(bucket.clone())
                .iter()
                .filter(|entry| entry.is_tagged(key));
            hits.extend(tagged.map(|entry| (probes[*probe as usize].at, *entry)));
        }

        found.clear();
        let standing = hits
            .iter()
            .filter(|(at, entry)| self.stands(entry, *at as usize, candidate, lowered));
        found.extend(standing.map(|(_, entry)| entry.pattern));
        found.extend(&self.residual);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Probes for each beginning of what follows the scheme, and for the whole with and without the fragment.
    fn probe_beginnings(&self, candidate: &Candidate, probes: &mut Vec<Probe>) {
        let after_scheme = candidate.after_scheme();
        let mut rolling = Rolling::EMPTY;
        for (at, &byte) in (1_u32..).zip(after_scheme) {
            rolling.push(byte);
            let length = at as usize;
            if self.used.has_prefix(length) {
                self.probe(rolling.prefix(), at, probes);
            }
            if self.used.whole
                && (length == after_scheme.len() || length == candidate.bare_after_scheme_len())
            {
                self.probe(rolling.whole(), at, probes);
            }
        }
    }

    /// Probes for the gram at each place, for each length in use.
    fn probe_grams(&self, text: &[u8], fold: Fold, probes: &mut Vec<Probe>) {
        let [twelve, eight, four, three] = self.used.grams[fold as usize];
        if twelve {
            self.probe_grams_of::<12>(text, fold, probes);
        }
        if eight {
            self.probe_grams_of::<8>(text, fold, probes);
        }
        if four {
            self.probe_grams_of::<4>(text, fold, probes);
        }
        if three {
            self.probe_grams_of::<3>(text, fold, probes);
        }
    }

    fn probe_grams_of<const BYTES: usize>(&self, text: &[u8], fold: Fold, probes: &mut Vec<Probe>) {
        for (at, gram) in (0_u32..).zip(text.windows(BYTES)) {
            self.probe(keys::gram_of::<BYTES>(gram, fold), at, probes);
        }
    }

    #[inline]
    fn probe(&self, key: u64, at: u32, probes: &mut Vec<Probe>) {
        if self.bloom.may_contain(key) {
            probes.push(Probe { key, at });
        }
    }

    /// Whether an entry's literal stands in the URL where it must, given the place at which its key was found.
    fn stands(&self, entry: &Entry, at: usize, candidate: &Candidate, lowered: &[u8]) -> bool {
        let literal = self.table.literal(entry);
        let has_scheme = |schemes| schemes & table::scheme_bit(candidate.is_https()) != 0;
        match entry.place() {
            Place::Gram(offset) => stands_at(literal, candidate.bytes(), at, offset),
            Place::Folded(offset) => stands_at(literal, lowered, at, offset),
            Place::Prefix(schemes) => has_scheme(schemes) && candidate.after_scheme().starts_with(literal),
            Place::Whole(schemes) => {
                has_scheme(schemes) && candidate.after_scheme().get(..at) == Some(literal)
            }
        }
    }

    /// The pattern with the given index.
    ///
    /// # Panics
    ///
    /// When the set has no such pattern.
    pub fn pattern(&self, index: u32) -> &Pattern {
        &self.patterns[index as usize]
    }

    /// The number of patterns.
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The memory of the index without the patterns themselves, in bytes.
    pub fn index_bytes(&self) -> usize {
        self.bloom.bytes()
            + self.table.bytes()
            + size_of_val(&*self.residual)
            + size_of_val(&*self.used.prefix_lengths)
            + size_of_val(&*self.patterns)
    }
}

/// Whether a literal stands in the text so that its gram at `offset` is at `at`.
fn stands_at(literal: &[u8], text: &[u8], at: usize, offset: u16) -> bool {
    if at == ANYWHERE as usize {
        return memchr::memmem::find(text, literal).is_some();
    }
    at.checked_sub(offset.into())
        .is_some_and(|start| text[start..].starts_with(literal))
}

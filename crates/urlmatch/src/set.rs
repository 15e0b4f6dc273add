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
//! 1. **A key for each literal** (`plan`, `keys`). A whole URL and a beginning are looked up by a hash of all their bytes
//!    after the scheme: one running hash over the URL yields the keys of all its beginnings, and a bitmap for each last
//!    byte tells which lengths are worth asking for. `*.example.com/…` is looked up by its domain, at each label of the
//!    URL's host. Any other literal is looked up by one of its grams, of 8 bytes if it has them, else 4 or 3: at each
//!    place of the URL the gram there is a key. Which gram stands for a literal is chosen at build time: the one that
//!    the literals of the set use least (`grams`), since `https://www.` would make a key for half of them. Grams are
//!    lower-case, so that one look serves literals with and without regard to case; the comparison heeds it.
//! 2. **Filters in front** (`bloom`). A URL of 50 bytes has some hundred keys, of which two or three are in the index.
//!    A filter is small enough to stay in the cache and dismisses the others. Grams, which are many in a URL, have one
//!    of their own, which the keys of the other kinds, which are many in the index, do not fill.
//! 3. **Buckets of entries** (`table`). An entry names its pattern, its literal and where the literal must stand. It is
//!    confirmed by comparing the whole literal, so hashes only ever decide what is compared.
//! 4. **Checks beside the index** (`check`). Of most patterns nothing is left to verify when their literal stands where
//!    it must. The program of the other wildcards lies around their literal, which the comparison has just read, and
//!    what a verification costs is known without the pattern. A [`Pattern`] itself would be three misses away.
//! 5. **Phases, not a loop.** [`PatternSet::candidates`] computes all keys, then reads all buckets, then looks at all
//!    entries. The loads within a phase do not depend on each other, so the processor overlaps their waits; following
//!    one key to its end before the next would add them up. Literals and checks are read in rank order, a few at a
//!    time (`hits`), since the best match is mostly among the first.
//! 6. **Hostile URLs and sets.** Nothing is cut off: every place of a URL has its key, whatever the URL's length. Where
//!    one gram stands at many places (`aaaa…`), the literals of its bucket are searched for once instead of compared at
//!    each. A literal that would crowd a bucket is looked up by a gram twice as long, until there is room or the gram is
//!    more than half of it; hashing those takes one pass over the URL for each doubling in use, and none in most sets.
//!    So what is compared depends on the URL's length and on how many literals are equal but for their two ends, not
//!    on the size of the set; `set::tests::work` attacks that, counting comparisons.
//! 7. **Residual patterns**, which require nothing of three bytes, are always in the answer; a bound on their number
//!    is the caller's.
//!
//! Indices are given in rank order, so the answer in ascending order is the order of verification, and "the best" is
//! the first that verifies. A set never changes: a new one replaces it.
//!
//! To index one more kind of requirement: give it a `Strategy`, a [`Place`], a key in `Plan::index`, probes in
//! `probe`, and a line in `PatternSet::stands`; the property tests then tell whether the answer is still exact.

mod bloom;
mod check;
mod grams;
mod hits;
mod keys;
mod plan;
mod probe;
mod table;
#[cfg(test)]
mod tests;

use crate::{Candidate, Pattern};
use bloom::Bloom;
use check::Check;
pub use hits::{Hit, Hits};
use plan::{Plan, Used};
use probe::{ANYWHERE, Probe};
use std::collections::VecDeque;
use table::{Entry, Place, Table};

/// How many entries a look-up leaves room for: what a hostile one took beyond that is given back by the next.
const ENTRIES_KEPT: usize = 1 << 16;

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
        let plan = Plan::new(&self.patterns);
        let [anchored, grams] = plan.keys.map(|keys| Bloom::of(&keys));
        PatternSet {
            anchored,
            grams,
            table: plan.table.build(),
            checks: plan.checks.into_boxed_slice(),
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
    /// Of beginnings, domains and wholes.
    anchored: Bloom,
    grams: Bloom,
    table: Table,
    checks: Box<[Check]>,
    residual: Box<[u32]>,
    used: Used,
}

/// Working memory of a look-up, reused between calls so that none allocates.
#[derive(Debug, Default)]
pub struct Scratch {
    probes: Vec<Probe>,
    buckets: Vec<(u32, u32, std::ops::Range<u32>)>,
    entries: Vec<(u32, Entry)>,
    lowered: Vec<u8>,
    hashes: Vec<u64>,
    ready: VecDeque<Hit>,
}

impl PatternSet {
    /// All patterns that [`Pattern::may_match`] the URL, ascending by index, each once.
    pub fn candidates<'s>(&'s self, candidate: &'s Candidate, scratch: &'s mut Scratch) -> Hits<'s> {
        self.find(candidate, scratch);
        scratch.ready.clear();
        Hits {
            set: self,
            candidate,
            lowered: &scratch.lowered,
            entries: scratch.entries.iter(),
            residual: self.residual.iter(),
            ready: &mut scratch.ready,
            next: 0,
        }
    }

    /// Collects the entries whose keys are in the URL, by index.
    fn find(&self, candidate: &Candidate, scratch: &mut Scratch) {
        let Scratch {
            probes,
            buckets,
            entries,
            lowered,
            hashes,
            ready: _,
        } = scratch;
        entries.clear();
        entries.shrink_to(ENTRIES_KEPT);
        if self.is_empty() {
            return;
        }
        self.probe(candidate, lowered, hashes, probes);

        buckets.clear();
        buckets.extend(
            probes
                .iter()
                .map(|&Probe { key, at }| (at, key as u32, self.table.bucket(key))),
        );

        for (at, tag, bucket) in &*buckets {
            let tagged = self
                .table
                .entries(bucket.clone())
                .iter()
                .filter(|entry| entry.is_tagged(*tag));
            entries.extend(tagged.map(|entry| (*at, *entry)));
        }
        entries.sort_unstable_by_key(|(_, entry)| entry.pattern);
    }

    /// Whether a pattern that was found for this URL matches it, as [`Pattern::is_match`].
    pub fn is_match(&self, hit: &Hit, candidate: &Candidate) -> bool {
        hit.check
            .is_match(&self.patterns[hit.index as usize], &self.table, candidate)
    }

    /// Whether an entry's literal stands in the URL where it must, given the place at which its key was found.
    fn stands(&self, entry: &Entry, at: usize, candidate: &Candidate, lowered: &[u8]) -> bool {
        let literal = self.table.literal(entry);
        let after_scheme = candidate.after_scheme();
        match entry.place(candidate) {
            None => false,
            Some(Place::Gram(offset)) => stands_at(literal, candidate.bytes(), at, offset),
            Some(Place::Folded(offset)) => stands_at(literal, lowered, at, offset),
            Some(Place::DomainGram(_)) => {
                // The first slash of both is where the host part ends.
                let domain_len = memchr::memchr(b'/', literal).unwrap_or(literal.len());
                let label = candidate.host_and_port().len().checked_sub(domain_len);
                label.is_some_and(|at| stands_at_label(literal, candidate, at))
            }
            Some(Place::Domain) => stands_at_label(literal, candidate, at),
            Some(Place::Prefix) => after_scheme.starts_with(literal),
            Some(Place::Whole) => {
                after_scheme == literal || &after_scheme[..candidate.bare_after_scheme_len()] == literal
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
        self.anchored.bytes()
            + self.grams.bytes()
            + self.table.bytes()
            + size_of_val(&*self.checks)
            + size_of_val(&*self.residual)
            + size_of_val(&*self.patterns)
    }
}

/// Whether a literal stands at this place after the scheme, and a label of the host begins there.
fn stands_at_label(literal: &[u8], candidate: &Candidate, at: usize) -> bool {
    let after_scheme = candidate.after_scheme().get(at..);
    after_scheme.is_some_and(|text| text.starts_with(literal)) && candidate.is_label(at)
}

/// Whether a literal stands in the text so that its gram at `offset` is at `at`.
fn stands_at(literal: &[u8], text: &[u8], at: usize, offset: u16) -> bool {
    if at == ANYWHERE as usize {
        return memchr::memmem::find(text, literal).is_some();
    }
    let start = at.checked_sub(offset.into());
    let text = start.and_then(|start| text.get(start..));
    text.is_some_and(|text| text.starts_with(literal))
}

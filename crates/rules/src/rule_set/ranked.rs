//! Entries in rank order with an index: a part of a set, and the base that sets share.
//!
//! It never changes; sets that differ from it a little share it. A pattern's index is its rule's rank.

use crate::{Entry, Precedence, State, Timestamp};
use std::{ops::Range, sync::Arc};
use urlmatch::{Candidate, Hits, PatternSet, PatternSetBuilder, Scratch};

/// The rules that take part, or those that do not; each have an order and an index of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Active,
    Inactive,
}

impl Part {
    pub(super) const ALL: [Self; 2] = [Self::Active, Self::Inactive];

    pub(super) fn of(entry: &Entry) -> Self {
        match entry.state {
            State::Active => Self::Active,
            State::Disabled | State::Shadowed { .. } | State::Orphaned | State::Untrusted => Self::Inactive,
        }
    }
}

#[derive(Debug)]
pub(super) struct Base {
    /// By id, then layer.
    pub(super) entries: Box<[Arc<Entry>]>,
    parts: [Ranked; 2],
}

/// Entries in rank order, and the index over their patterns.
#[derive(Debug)]
pub(super) struct Ranked {
    /// The place in a list of entries, by rank.
    pub(super) places: Box<[u32]>,
    pub(super) patterns: PatternSet,
}

impl Default for Ranked {
    fn default() -> Self {
        Self::index(&[], Vec::new())
    }
}

impl Base {
    /// Ranks and indexes entries, which are in order; `now` decides which `updated_at` lie in the future.
    pub(super) fn compile(entries: Box<[Arc<Entry>]>, now: Timestamp) -> Self {
        let parts = Part::ALL.map(|part| Ranked::compile(&entries, part, now));
        Self { entries, parts }
    }

    /// A base of entries whose order in each part is known.
    pub(super) fn new(entries: Box<[Arc<Entry>]>, parts: [Ranked; 2]) -> Self {
        Self { entries, parts }
    }

    pub(super) fn part(&self, part: Part) -> &Ranked {
        &self.parts[part as usize]
    }

    /// The places of an id's entries; where there are none, the place where they would stand.
    pub(super) fn group(&self, id: &str) -> Range<usize> {
        group(&self.entries, id)
    }

    /// How many entries of that part stand before this place in the order.
    pub(super) fn rank(&self, part: Part, precedence: &Precedence, now: Timestamp) -> usize {
        let of = |place: u32| {
            let entry = &self.entries[place as usize];
            Precedence::of(&entry.sourced, entry.score, now)
        };
        self.part(part)
            .places
            .partition_point(|&place| of(place) < *precedence)
    }

    pub(super) fn index_bytes(&self) -> usize {
        self.parts.iter().map(|part| part.patterns.index_bytes()).sum()
    }
}

impl Ranked {
    /// Ranks the entries of one part.
    pub(super) fn compile(entries: &[Arc<Entry>], part: Part, now: Timestamp) -> Self {
        let of_part = |place: &u32| Part::of(&entries[*place as usize]) == part;
        let mut places: Vec<u32> = (0..offset(entries.len())).filter(of_part).collect();
        places.sort_by_cached_key(|&place| {
            let entry = &entries[place as usize];
            Precedence::of(&entry.sourced, entry.score, now)
        });
        Self::index(entries, places)
    }

    /// Indexes entries by their places in rank order.
    pub(super) fn index(entries: &[Arc<Entry>], places: Vec<u32>) -> Self {
        let mut patterns = PatternSetBuilder::new();
        for &place in &places {
            patterns.add(entries[place as usize].sourced.rule.pattern.clone());
        }
        Self {
            places: places.into(),
            patterns: patterns.build(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The entries whose patterns may match, in rank order.
    pub(super) fn candidates<'s>(&'s self, candidate: &'s Candidate, scratch: &'s mut Scratch) -> Hits<'s> {
        self.patterns.candidates(candidate, scratch)
    }
}

/// The places of an id's entries in a list that is sorted by id.
pub(super) fn group(entries: &[Arc<Entry>], id: &str) -> Range<usize> {
    let compare = |entry: &Arc<Entry>| entry.sourced.rule.id.cmp_text(id);
    let start = entries.partition_point(|entry| compare(entry).is_lt());
    let len = entries[start..]
        .iter()
        .take_while(|entry| compare(entry).is_eq())
        .count();
    start..start + len
}

/// A place or a rank as it is kept.
pub(super) fn offset(n: usize) -> u32 {
    u32::try_from(n).expect("a set holds fewer rules than 2^32")
}

//! The small part of a set: what differs from its base.
//!
//! An id that was touched is in force as the delta has it, all layers of it: the base's entries of that id are hidden.
//! Each entry of the delta knows where it stands among those of the base, so both are walked as one by comparing
//! numbers.

use super::ranked::{Base, Part, Ranked, group, offset};
use crate::{Entry, Precedence, RuleId, Timestamp};
use std::{collections::BTreeSet, iter::Peekable, sync::Arc};
use urlmatch::Hit;

#[derive(Debug, Default)]
pub(super) struct Delta {
    /// The entries of touched ids, by id, then layer.
    pub(super) entries: Box<[Arc<Entry>]>,
    /// Where each of them stands in the base.
    pub(super) spots: Box<[Spot]>,
    /// The places of the base's entries of touched ids, ascending.
    pub(super) hidden: Box<[u32]>,
    parts: [Overlay; 2],
}

/// Where an entry of the delta stands in the base.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    /// How many of the base's entries have a smaller id.
    pub(super) place: u32,
    /// How many of the base's entries of its part come before it in the order.
    pub(super) rank: u32,
}

/// What the delta does to one part of the base.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    /// The entries that it adds, by their places in the delta.
    pub(super) ranked: Ranked,
    /// By their rank, how many of the base's come before each.
    before: Box<[u32]>,
    /// The base's ranks that are hidden, ascending.
    pub(super) hidden: Box<[u32]>,
}

/// Something of the base or of the delta.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of<T> {
    Base(T),
    Delta(T),
}

/// What has a rank in the base or in the delta.
pub(super) trait HasRank {
    fn rank(&self) -> u32;
}

impl HasRank for u32 {
    fn rank(&self) -> u32 {
        *self
    }
}

impl HasRank for Hit {
    fn rank(&self) -> u32 {
        self.index()
    }
}

impl Delta {
    /// This delta, and these ids touched: `entries` are all that they have now, by id, then layer.
    pub(super) fn touched(
        &self,
        base: &Base,
        touched: &BTreeSet<RuleId>,
        entries: Vec<Arc<Entry>>,
        now: Timestamp,
    ) -> Self {
        let spot = |entry: &Entry| Spot {
            place: offset(base.group(entry.sourced.rule.id.as_str()).start),
            rank: offset(base.rank(
                Part::of(entry),
                &Precedence::of(&entry.sourced, entry.score, now),
                now,
            )),
        };
        let stays = |(entry, _): &(&Arc<Entry>, &Spot)| !touched.contains(&entry.sourced.rule.id);
        let kept = self.entries.iter().zip(&self.spots).filter(stays);
        let mut all: Vec<_> = kept.map(|(entry, spot)| (Arc::clone(entry), *spot)).collect();
        all.extend(entries.into_iter().map(|entry| {
            let spot = spot(&entry);
            (entry, spot)
        }));
        // Stable, so the layers of an id stay in their order.
        all.sort_by(|(a, _), (b, _)| a.sourced.rule.id.cmp(&b.sourced.rule.id));
        let (entries, spots): (Vec<_>, Vec<_>) = all.into_iter().unzip();

        let mut hidden = Hidden::of(self);
        for id in touched {
            hidden.add(base, id, now);
        }
        Self {
            parts: Part::ALL.map(|part| Overlay {
                hidden: std::mem::take(&mut hidden.ranks[part as usize]).into(),
                ..Overlay::new(&entries, &spots, part, now)
            }),
            entries: entries.into(),
            spots: spots.into(),
            hidden: hidden.places.into(),
        }
    }

    /// The entries that it has for an id.
    pub(super) fn group(&self, id: &str) -> &[Arc<Entry>] {
        &self.entries[group(&self.entries, id)]
    }

    /// Whether it hides the base's entry at that place.
    pub(super) fn hides(&self, place: usize) -> bool {
        self.hidden.binary_search(&offset(place)).is_ok()
    }

    /// The ids that it touches.
    pub(super) fn ids<'d>(&'d self, base: &'d Base) -> impl Iterator<Item = &'d RuleId> {
        let hidden = self.hidden.iter().map(|&place| &base.entries[place as usize]);
        self.entries
            .iter()
            .chain(hidden)
            .map(|entry| &entry.sourced.rule.id)
    }

    pub(super) fn part(&self, part: Part) -> &Overlay {
        &self.parts[part as usize]
    }

    /// Entries that it adds and hides.
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.hidden.len()
    }

    pub(super) fn index_bytes(&self) -> usize {
        self.parts
            .iter()
            .map(|part| part.ranked.patterns.index_bytes())
            .sum()
    }
}

/// What is hidden of the base, in the making.
struct Hidden {
    places: Vec<u32>,
    ranks: [Vec<u32>; 2],
}

impl Hidden {
    fn of(delta: &Delta) -> Self {
        Self {
            places: delta.hidden.to_vec(),
            ranks: Part::ALL.map(|part| delta.part(part).hidden.to_vec()),
        }
    }

    /// Hides the base's entries of an id, where they are not yet.
    fn add(&mut self, base: &Base, id: &RuleId, now: Timestamp) {
        let places = base.group(id.as_str());
        let Err(at) = self.places.binary_search(&offset(places.start)) else {
            return;
        };
        self.places
            .splice(at..at, offset(places.start)..offset(places.end));
        for entry in &base.entries[places] {
            let part = Part::of(entry);
            let rank = offset(base.rank(part, &Precedence::of(&entry.sourced, entry.score, now), now));
            let ranks = &mut self.ranks[part as usize];
            let at = ranks.partition_point(|&hidden| hidden < rank);
            ranks.insert(at, rank);
        }
    }
}

impl Overlay {
    fn new(entries: &[Arc<Entry>], spots: &[Spot], part: Part, now: Timestamp) -> Self {
        let ranked = Ranked::compile(entries, part, now);
        let rank = |&place: &u32| spots[place as usize].rank;
        Self {
            before: ranked.places.iter().map(rank).collect(),
            ranked,
            hidden: Box::default(),
        }
    }

    /// What has these ranks in the base, but for what is hidden, and what has these in the delta as one sequence; both
    /// ascend.
    pub(super) fn merge<'o, T: HasRank + 'o>(
        &'o self,
        base: impl Iterator<Item = T> + 'o,
        delta: impl Iterator<Item = T> + 'o,
    ) -> impl Iterator<Item = Of<T>> + 'o {
        let is_seen = |item: &T| self.hidden.is_empty() || self.hidden.binary_search(&item.rank()).is_err();
        let (mut base, mut delta) = (base.filter(is_seen).peekable(), delta.peekable());
        std::iter::from_fn(move || match self.is_delta_next(&mut base, &mut delta)? {
            true => delta.next().map(Of::Delta),
            false => base.next().map(Of::Base),
        })
    }

    /// Which of the two goes on; absent where both have ended.
    fn is_delta_next<T: HasRank>(
        &self,
        base: &mut Peekable<impl Iterator<Item = T>>,
        delta: &mut Peekable<impl Iterator<Item = T>>,
    ) -> Option<bool> {
        match (base.peek(), delta.peek()) {
            (Some(base), Some(delta)) => Some(self.before[delta.rank() as usize] <= base.rank()),
            (None, None) => None,
            (_, delta) => Some(delta.is_some()),
        }
    }
}

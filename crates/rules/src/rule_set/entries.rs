//! All entries of a set in one order, whether they stand in its base or in its delta.

use super::{delta::Delta, ranked::Base};
use crate::Entry;
use std::{fmt, iter::FusedIterator, sync::Arc};

/// Every rule of a set, whatever its state, by effective id, then layer.
#[derive(Clone, Copy)]
pub struct Entries<'s> {
    base: &'s Base,
    delta: &'s Delta,
}

impl<'s> Entries<'s> {
    pub(super) fn new(base: &'s Base, delta: &'s Delta) -> Self {
        Self { base, delta }
    }

    /// Goes through them.
    pub fn iter(&self) -> EntriesIter<'s> {
        EntriesIter {
            entries: *self,
            place: 0,
            hidden: 0,
            added: 0,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.base.entries.len() - self.delta.hidden.len() + self.delta.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'s> IntoIterator for Entries<'s> {
    type Item = &'s Arc<Entry>;
    type IntoIter = EntriesIter<'s>;

    fn into_iter(self) -> EntriesIter<'s> {
        self.iter()
    }
}

/// Goes through the entries of a set.
#[derive(Clone, Debug)]
pub struct EntriesIter<'s> {
    entries: Entries<'s>,
    /// How many of the base were passed,
    place: usize,
    /// how many of them hidden,
    hidden: usize,
    /// and how many of the delta.
    added: usize,
}

impl<'s> Iterator for EntriesIter<'s> {
    type Item = &'s Arc<Entry>;

    fn next(&mut self) -> Option<&'s Arc<Entry>> {
        let Entries { base, delta } = self.entries;
        // Smaller where hidden ones were just passed.
        let stands_here = |place: u32| place as usize <= self.place;
        if delta
            .spots
            .get(self.added)
            .is_some_and(|spot| stands_here(spot.place))
        {
            self.added += 1;
            return delta.entries.get(self.added - 1);
        }
        let hidden = &delta.hidden[self.hidden..];
        let skipped = (self.place..)
            .zip(hidden)
            .take_while(|(place, hidden)| *place == **hidden as usize)
            .count();
        if skipped > 0 {
            self.hidden += skipped;
            self.place += skipped;
            return self.next();
        }
        let entry = base.entries.get(self.place)?;
        self.place += 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let Entries { base, delta } = self.entries;
        let of_base = base.entries.len().saturating_sub(self.place);
        let left = of_base + delta.entries.len() - self.added - (delta.hidden.len() - self.hidden);
        (left, Some(left))
    }
}

impl ExactSizeIterator for EntriesIter<'_> {}

impl FusedIterator for EntriesIter<'_> {}

//! What was found for a URL, in rank order, confirmed as it is asked for.
//!
//! Popular hosts have dozens of entries, and who wants the best match alone stops at one of the first. So literals are
//! compared a few at a time: few enough not to do much in vain, and enough for their loads to overlap.

use super::{Check, Entry, PatternSet};
use crate::Candidate;
use std::{collections::VecDeque, slice};

/// How many entries are confirmed at a time.
const BATCH: usize = 4;

/// A pattern of a set that may match a URL, with what the set needs to verify it.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    pub(super) index: u32,
    pub(super) check: Check,
}

impl Hit {
    /// The pattern's index.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// What verifying it costs, as [`Pattern::steps`](crate::Pattern::steps).
    pub fn steps(&self, candidate: &Candidate) -> u64 {
        self.check.steps(candidate)
    }
}

/// The patterns that may match a URL, ascending by index, each once.
#[derive(Debug)]
pub struct Hits<'s> {
    pub(super) set: &'s PatternSet,
    pub(super) candidate: &'s Candidate,
    pub(super) lowered: &'s [u8],
    /// By index; the same one may come several times.
    pub(super) entries: slice::Iter<'s, (u32, Entry)>,
    pub(super) residual: slice::Iter<'s, u32>,
    /// What is confirmed and not yet given out.
    pub(super) ready: &'s mut VecDeque<Hit>,
    /// What comes after the last index that was confirmed.
    pub(super) next: u32,
}

impl Hits<'_> {
    /// Confirms the next few entries, and the residual patterns among them.
    fn confirm(&mut self) {
        for _ in 0..BATCH {
            let Some((at, entry)) = self.entries.next() else {
                return;
            };
            if entry.pattern >= self.next
                && self.set.stands(entry, *at as usize, self.candidate, self.lowered)
            {
                self.add_residual(entry.pattern);
                self.add(entry.pattern);
            }
        }
    }

    /// Adds the residual patterns before this index.
    fn add_residual(&mut self, end: u32) {
        while let Some(&index) = self.residual.as_slice().first().filter(|&&index| index < end) {
            self.residual.next();
            self.add(index);
        }
    }

    fn add(&mut self, index: u32) {
        let check = self.set.checks[index as usize];
        self.ready.push_back(Hit { index, check });
        self.next = index + 1;
    }
}

impl Iterator for Hits<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        while self.ready.is_empty() && self.entries.len() > 0 {
            self.confirm();
        }
        if self.ready.is_empty() {
            // Only residual patterns are left.
            let &index = self.residual.next()?;
            self.add(index);
        }
        self.ready.pop_front()
    }
}

//! Many patterns, one pass.

use crate::{Candidate, Pattern};

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
    pub fn build(self) -> PatternSet {
        PatternSet {
            patterns: self.patterns,
        }
    }
}

/// An index over many patterns; it never changes.
#[derive(Debug)]
pub struct PatternSet {
    patterns: Vec<Pattern>,
}

/// Working memory of a look-up, reused between calls so that none allocates.
#[derive(Debug, Default)]
pub struct Scratch {
    found: Vec<u32>,
}

impl PatternSet {
    /// The indices of all patterns that [`Pattern::may_match`] the URL, ascending, each once.
    pub fn candidates<'s>(&self, candidate: &Candidate, scratch: &'s mut Scratch) -> &'s [u32] {
        scratch.found.clear();
        let admitted = (0_u32..)
            .zip(&self.patterns)
            .filter(|(_, pattern)| pattern.may_match(candidate));
        scratch.found.extend(admitted.map(|(index, _)| index));
        &scratch.found
    }

    /// The pattern with the given index.
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
        0
    }
}

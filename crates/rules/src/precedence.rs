//! Who wins: a total order over rules that no URL has a part in.

/// How a rule's score came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreFrom {
    /// The rule's own `priority`.
    Priority,
    /// The base of its pattern's kind plus the pattern's length.
    Computed {
        /// 1000 for exact, 500 for regex, 100 for wildcard.
        base: u32,
        /// The pattern's bytes, at most [`crate::limits::SCORE_LENGTH_MAX`].
        length: u32,
    },
}

/// A rule's score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// The number that is compared; higher wins.
    pub value: u32,
    /// Where it comes from.
    pub from: ScoreFrom,
}

/// A rule's place in the total order; smaller wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Precedence(());

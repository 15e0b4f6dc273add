//! What can go wrong in the catalog, by what a caller can do about it.

use rules::{Layer, RuleId, Violations};
use std::sync::Arc;
use store::{ErrorKind, Revision};

/// An operation of the catalog that failed; cheap to clone, since every waiter of a refresh gets it.
///
/// A write that failed changed nothing, except where the variant says so.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store could not be read; the snapshot stays as it was.
    #[error("rules cannot be loaded: {0}")]
    Store(#[source] Arc<store::Error>),
    /// The store answered with an older state than it did before; the snapshot stays as it was.
    #[error("the store went back from revision {in_force:?} to {loaded:?}")]
    Backwards {
        /// The revision of the snapshot, or of what was just written.
        in_force: Revision,
        /// The revision that the store answered with.
        loaded: Revision,
    },
    /// Loading or compiling panicked; the snapshot stays as it was.
    #[error("a refresh panicked")]
    Panicked,
    /// The process is stopping, nobody does the refresh any more.
    #[error("the refresh was abandoned because the process is stopping")]
    Stopped,
    /// There is no snapshot yet, so nobody knows what a write would change.
    #[error("the rules are still being loaded")]
    Loading,
    /// The rules in force stand in for those of the store, which could not be loaded yet.
    #[error("the rules of the store could not be loaded yet, and kept ones stand in for them")]
    StandIn,
    /// There is no rule with that id.
    #[error("there is no rule `{0}`")]
    NoSuchRule(RuleId),
    /// There is a rule with that id, perhaps in another case.
    #[error("there is a rule `{0}` already")]
    Exists(RuleId),
    /// There are as many rules as a set may hold, all of them the user's own.
    #[error("there are {0} rules already, which is the most (`MAX_RULES`)")]
    Full(usize),
    /// A pack's rule cannot be deleted.
    #[error("`{0}` is a pack's rule, which cannot be deleted")]
    OfPack(RuleId),
    /// Several rules of one layer have that id, and only one of them is in force.
    #[error("`{id}` stands more than once: in `{}`", files.join("`, `"))]
    Doubles {
        /// The id.
        id: RuleId,
        /// All files that it stands in.
        files: Vec<String>,
    },
    /// The pack's rule is pinned, so that a change of one's own would not count.
    #[error("`{0}` is pinned to its pack's rule, which cannot be changed")]
    Pinned(RuleId),
    /// There is no rule with that id in that layer.
    #[error("`{id}` has no {} rule", layer.as_str())]
    NoSuchSource {
        /// The id.
        id: RuleId,
        /// The layer that was asked for.
        layer: Layer,
    },
    /// The caller's condition does not hold for the rule in force.
    #[error("the rule is not the one that the condition names")]
    Unmet,
    /// The rule would not be valid.
    #[error("the rule is not valid: {0}")]
    Invalid(Violations),
    /// Nothing can be written here at all.
    #[error("{0}")]
    ReadOnly(String),
    /// What is to be changed cannot be rewritten without losing something of it.
    #[error("{0}")]
    Unwritable(#[source] Arc<store::Error>),
    /// What is stored keeps being something else than what was seen: others are writing it.
    #[error("{0}")]
    Changed(#[source] Arc<store::Error>),
    /// The store could not make the change.
    #[error("nothing was changed: {0}")]
    NotWritten(#[source] Arc<store::Error>),
    /// So many writes wait for their turn that no more are taken.
    #[error("too many writes wait for their turn")]
    Busy,
    /// The change *is* stored, and will be in force when the rules can be loaded again.
    #[error("the change is stored and not in force yet: {0}")]
    NotInForce(#[source] Arc<Self>),
    /// The store broke off while it wrote: nobody knows whether the change is stored, and reading shows it.
    #[error("nobody knows whether the change is stored: {0}")]
    Undecided(#[source] Arc<store::Error>),
    /// The change *is* stored, and its rule is not part of the set, with the reason.
    #[error("the rule is stored and left out: {0}")]
    LeftOut(String),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl Error {
    /// Whether it is the rules in force that stand in the way of a write, and not the write itself.
    pub(crate) fn is_about_what_is_there(&self) -> bool {
        matches!(
            self,
            Self::NoSuchRule(_)
                | Self::Exists(_)
                | Self::Full(_)
                | Self::OfPack(_)
                | Self::Doubles { .. }
                | Self::Pinned(_)
                | Self::NoSuchSource { .. }
                | Self::Unmet
        )
    }

    /// What a store's refusal to write means to the one who wanted it.
    pub(crate) fn of_write(error: store::Error) -> Self {
        match error.kind {
            ErrorKind::ReadOnly => Self::ReadOnly(error.message),
            ErrorKind::Unwritable => Self::Unwritable(Arc::new(error)),
            ErrorKind::Changed => Self::Changed(Arc::new(error)),
            ErrorKind::Torn => Self::Undecided(Arc::new(error)),
            ErrorKind::Unavailable | ErrorKind::Corrupt | _ => Self::NotWritten(Arc::new(error)),
        }
    }
}

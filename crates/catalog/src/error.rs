//! What can go wrong in the catalog, by what a caller can do about it.

use std::sync::Arc;
use store::Revision;

/// An operation of the catalog that failed; cheap to clone, since every waiter of a refresh gets it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store could not be read; the snapshot stays as it was.
    #[error("rules cannot be loaded: {0}")]
    Store(#[source] Arc<store::Error>),
    /// The store answered with an older state than the one in force, which stays.
    #[error("the store went back from revision {in_force:?} to {loaded:?}")]
    Backwards {
        /// The revision of the snapshot.
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
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

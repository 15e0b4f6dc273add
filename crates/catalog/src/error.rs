//! What can go wrong in the catalog, by what a caller can do about it.

/// An operation of the catalog that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store could not be read; the snapshot stays as it was.
    #[error("rules cannot be loaded")]
    Store(#[from] store::Error),
}

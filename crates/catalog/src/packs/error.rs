//! What can go wrong with packs, by what a caller can do about it.

use crate::Error;
use ::packs::{content, fetch, index, plan, repository};

/// An operation on packs that failed. It changed nothing, except where the catalog's error says so.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// It must not be done; the refusal has a code of the API.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: plan::Refusal,
        /// What is wrong with the files of the pack, where it is about those.
        problems: Vec<content::Problem>,
    },
    /// There is no community repository to ask.
    #[error("no community repository is configured (`COMMUNITY_REPO_URL`)")]
    NoRepository,
    /// The community repository did not give what was asked for.
    #[error(transparent)]
    Repository(#[from] repository::Error),
    /// The index of the community repository must not be followed.
    #[error(transparent)]
    Index(#[from] index::Error),
    /// What was to be fetched from a URL cannot be had.
    #[error("the URL {0}")]
    Fetch(#[from] fetch::Error),
    /// `packs.lock` is missing, or does not say what to restore.
    #[error("{0}")]
    Lock(String),
    /// So many operations on packs wait that no more are taken.
    #[error("other operations on packs run, and too many wait")]
    Busy,
    /// The catalog did not make the change.
    #[error(transparent)]
    Catalog(#[from] Error),
}

impl From<plan::Refusal> for PackError {
    fn from(refusal: plan::Refusal) -> Self {
        Self::Refused {
            refusal,
            problems: Vec::new(),
        }
    }
}

impl From<content::Refusal> for PackError {
    fn from(refused: content::Refusal) -> Self {
        Self::Refused {
            refusal: (&refused).into(),
            problems: match refused {
                content::Refusal::Manifest(problems) | content::Refusal::Rules(problems) => problems,
                content::Refusal::Archive(_) | content::Refusal::Engine { .. } => Vec::new(),
            },
        }
    }
}

impl PackError {
    /// When to try again, where that is known.
    pub fn until(&self) -> Option<rules::Timestamp> {
        match self {
            Self::Repository(error) => error.until(),
            Self::Refused { .. }
            | Self::NoRepository
            | Self::Index(_)
            | Self::Fetch(_)
            | Self::Lock(_)
            | Self::Busy
            | Self::Catalog(_) => None,
        }
    }

    /// Whether it was refused here; else something that was needed failed.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::NoRepository | Self::Lock(_) | Self::Index(_) => true,
            Self::Fetch(error) => error.is_refusal(),
            Self::Catalog(error) => matches!(error, Error::ReadOnly(_) | Error::Unwritable(_)),
            Self::Repository(_) | Self::Busy => false,
        }
    }

    /// The kind of it, for those who count.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refused { refusal, .. } => refusal.code(),
            Self::NoRepository => "no_repository",
            Self::Repository(error) => error.name(),
            Self::Index(_) => "index",
            Self::Fetch(error) => error.name(),
            Self::Lock(_) => "lock",
            Self::Busy => "busy",
            Self::Catalog(_) => "catalog",
        }
    }
}

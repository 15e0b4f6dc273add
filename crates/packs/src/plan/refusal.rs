//! Why nothing is installed: one kind for each thing that somebody could do about it.

use crate::{archive, content};
use semver::Version;

/// Why nothing is installed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such pack or version (`PACK_NOT_FOUND`).
    #[error("{0}")]
    NotFound(String),
    /// The archive or its rules are not valid, or not what was asked for (`PACK_INVALID`).
    #[error("{0}")]
    Invalid(String),
    /// The manifest is not valid (`MANIFEST_INVALID`).
    #[error("{0}")]
    Manifest(String),
    /// It is for another engine, or a lower version that was not written out (`VERSION_CONFLICT`).
    #[error("{0}")]
    Version(String),
    /// Nobody that is trusted vouches for it (`SIGNATURE_INVALID`).
    #[error("{0}")]
    Signature(String),
}

impl Refusal {
    pub(super) fn lower(name: &str, offered: &Version, installed: &Version) -> Self {
        Self::Version(format!(
            "`{name}` {installed} is installed, and {offered} is lower; write it out as `{name}@{offered}` to go back"
        ))
    }

    /// The code of the refusal in the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "PACK_NOT_FOUND",
            Self::Invalid(_) => "PACK_INVALID",
            Self::Manifest(_) => "MANIFEST_INVALID",
            Self::Version(_) => "VERSION_CONFLICT",
            Self::Signature(_) => "SIGNATURE_INVALID",
        }
    }
}

impl From<&content::Refusal> for Refusal {
    fn from(refusal: &content::Refusal) -> Self {
        let reason = refusal.to_string();
        match refusal {
            content::Refusal::Archive(_) | content::Refusal::Rules(_) => Self::Invalid(reason),
            content::Refusal::Manifest(_) => Self::Manifest(reason),
            content::Refusal::Engine { .. } => Self::Version(reason),
        }
    }
}

impl From<&archive::Error> for Refusal {
    fn from(error: &archive::Error) -> Self {
        Self::Invalid(error.to_string())
    }
}

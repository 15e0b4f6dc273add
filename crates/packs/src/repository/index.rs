//! The two indexes: what is asked for again, and what serves meanwhile.

use super::{
    Cached, Client, Error, Progress, RAW,
    attempt::{Ask, Got},
};
use crate::index::INDEX_BYTES_MAX;

/// Which index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// `index.json`: packs.
    Packs,
    /// `singles/index.json`: single rules.
    Singles,
}

impl IndexKind {
    /// Its path in the repository.
    pub fn path(self) -> &'static str {
        match self {
            Self::Packs => "index.json",
            Self::Singles => "singles/index.json",
        }
    }
}

/// What is known of an index after asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// It is another one than the copy, or there was no copy.
    Fresh(Cached),
    /// It is the same index; when it was asked for, its `ETag` and its signature may be newer than the copy's.
    Unchanged(Cached),
    /// It cannot be had, and the copy is what there is.
    Stale(Error),
}

impl Client {
    /// Asks for an index, given a copy of it if there is one. Whether it is time to ask, [`Cached::is_current`] says.
    ///
    /// With signatures configured its signature comes along; that there is none is not an error here.
    ///
    /// # Errors
    ///
    /// When it cannot be had and there is no copy, or only one of another repository.
    pub fn index(
        &self,
        kind: IndexKind,
        copy: Option<&Cached>,
        progress: Progress<'_>,
    ) -> Result<Refreshed, Error> {
        let copy = copy.filter(|copy| copy.source == self.source());
        match self.ask_index(kind, copy, progress) {
            Err(error) if copy.is_some() => Ok(Refreshed::Stale(error)),
            asked => asked,
        }
    }

    fn ask_index(
        &self,
        kind: IndexKind,
        copy: Option<&Cached>,
        progress: Progress<'_>,
    ) -> Result<Refreshed, Error> {
        let ask = Ask {
            what: kind.path(),
            url: self.location.file(kind.path()),
            bytes_max: INDEX_BYTES_MAX,
            etag: copy.and_then(|copy| copy.etag.as_deref()),
            github_type: RAW,
        };
        let fetched_at = self.retry.now();
        let got = self.retry.get(&ask, progress)?;
        let (cached, is_same) = match (got, copy) {
            (Got::NotModified, Some(copy)) => (
                Cached {
                    fetched_at,
                    ..copy.clone()
                },
                true,
            ),
            (Got::NotModified, None) => {
                return Err(Error::invalid(kind.path(), "it is not there, but not modified"));
            }
            (Got::File { bytes, etag }, copy) => {
                let is_same = copy.is_some_and(|copy| *copy.bytes == *bytes);
                let source = self.source().to_owned();
                let bytes = bytes.into();
                (
                    Cached {
                        source,
                        fetched_at,
                        etag,
                        bytes,
                        signature: None,
                    },
                    is_same,
                )
            }
        };
        let cached = match &cached.signature {
            None if self.with_signatures => Cached {
                signature: self.signature(kind.path())?,
                ..cached
            },
            _ => cached,
        };
        Ok(match is_same {
            true => Refreshed::Unchanged(cached),
            false => Refreshed::Fresh(cached),
        })
    }
}

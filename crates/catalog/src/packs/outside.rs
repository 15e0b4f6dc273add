//! What packs need from outside: a repository, somebody who fetches, and small files.

use ::packs::{
    fetch::Fetcher,
    repository::{Archive, Cached, Client, Error, IndexKind, Plan, Progress, Refreshed, Round},
};
use semver::Version;
use std::{fmt, io, sync::Arc, time::Duration};

/// What [`Sources::held_bytes_max`] is where nobody has a reason for another bound.
pub const HELD_BYTES_MAX: usize = 256 << 20;

/// A community repository. Every call blocks, within a time of its own.
pub trait Upstream: Send + Sync {
    /// The URL that everything in it is below.
    fn source(&self) -> &str;

    /// Asks for an index, given a copy of it if there is one.
    ///
    /// # Errors
    ///
    /// When it cannot be had and there is no copy.
    fn index(&self, kind: IndexKind, copy: Option<&Cached>) -> Result<Refreshed, Error>;

    /// Gets the archive of a version of a pack, and with `with_signature` its signature, where there is one.
    /// `progress` hears how much of the archive has come.
    ///
    /// # Errors
    ///
    /// When it cannot be had.
    fn archive(
        &self,
        pack: (&str, &Version),
        with_signature: bool,
        progress: Progress<'_>,
    ) -> Result<Archive, Error>;

    /// Downloads the single rules that a plan names.
    fn singles(&self, plan: &Plan) -> Round;
}

impl Upstream for Client {
    fn source(&self) -> &str {
        Self::source(self)
    }

    fn index(&self, kind: IndexKind, copy: Option<&Cached>) -> Result<Refreshed, Error> {
        Self::index(self, kind, copy, &mut |_, _| {})
    }

    fn archive(
        &self,
        pack: (&str, &Version),
        with_signature: bool,
        progress: Progress<'_>,
    ) -> Result<Archive, Error> {
        Self::archive(self, pack, with_signature, progress)
    }

    fn singles(&self, plan: &Plan) -> Round {
        Self::singles(self, plan, &mut |_, _| {})
    }
}

/// A small file that outlives the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// A copy of the index of packs.
    Index,
    /// A copy of the index of single rules.
    SinglesIndex,
    /// What the last synchronization of single rules left to do.
    Singles,
    /// Which overrides stand beside a rule that updates have left as it was.
    Overrides,
    /// A change of packs that `packs.lock` may not have followed; empty while there is none.
    Unrecorded,
    /// `packs.lock`: what is installed. It stands beside the packs, and unlike the others must not be lost.
    Lock,
}

impl Kept {
    /// Its name.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Index => "community-index.cache",
            Self::SinglesIndex => "community-singles-index.cache",
            Self::Singles => "community-singles.json",
            Self::Overrides => "pack-overrides.json",
            Self::Unrecorded => "packs-unrecorded.json",
            Self::Lock => ::packs::lock::LOCK_FILE,
        }
    }
}

/// Where small files are kept. Every call blocks; a file is the old one or the new one, never a part of either.
pub trait Keep: Send + Sync {
    /// Reads a file; `None` where there is none.
    ///
    /// # Errors
    ///
    /// When there is one that cannot be read.
    fn read(&self, file: Kept) -> io::Result<Option<Vec<u8>>>;

    /// Puts a file in the place of the one that is there.
    ///
    /// # Errors
    ///
    /// When it cannot be written, and the old one stays.
    fn write(&self, file: Kept, bytes: &[u8]) -> io::Result<()>;
}

/// What packs need from outside.
#[derive(Clone)]
pub struct Sources {
    /// The community repository (`COMMUNITY_REPO_URL`), if there is one.
    pub repository: Option<Arc<dyn Upstream>>,
    /// Fetches archives that a user names by their URL.
    pub fetcher: Fetcher,
    /// Where small files are kept (`DATA_DIR`, and `packs.lock` beside the packs).
    pub keep: Arc<dyn Keep>,
    /// How long an index serves before the repository is asked again (`COMMUNITY_INDEX_TTL`).
    pub index_ttl: Duration,
    /// How many bytes of packs that are to be written may be held at once, give or take one pack.
    pub held_bytes_max: usize,
    /// The version of this program, which `requires` is held against.
    pub engine: Version,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("index_ttl", &self.index_ttl)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

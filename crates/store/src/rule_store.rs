//! The capability that makes something a store.

use crate::{Changes, Edit, Error, Look, Problem, Revision};
use async_trait::async_trait;
use rules::{InstalledPack, Layer, PackFile, RuleId, Sourced};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    time::Duration,
};

/// Everything that a store holds.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The state's number.
    pub revision: Revision,
    /// The valid rules of all layers.
    pub rules: Vec<Sourced>,
    /// The installed packs by name; among them [`SINGLES`](rules::SINGLES), once there have been any.
    pub packs: BTreeMap<String, InstalledPack>,
    /// Disabled effective ids.
    pub disabled: BTreeSet<RuleId>,
    /// Pinned layers by effective id.
    pub pins: BTreeMap<RuleId, Layer>,
    /// What was skipped or ignored, at most [`PROBLEMS_MAX`].
    pub problems: Vec<Problem>,
    /// Problems beyond those listed.
    pub problems_more: usize,
}

/// What tells the bytes of a file from others, such as a hash in hexadecimal digits; never empty.
pub type Digest = fn(&[u8]) -> String;

/// The most problems that are kept; beyond, they are counted.
pub const PROBLEMS_MAX: usize = 10_000;

/// A place where rules live.
#[async_trait]
pub trait RuleStore: Send + Sync {
    /// Loads everything, as it is now. One bad file or row never hides the good ones: it becomes a [`Problem`].
    ///
    /// # Errors
    ///
    /// When nothing can be said about the rules at all.
    async fn load(&self) -> Result<Contents, Error>;

    /// What changed since a state that this store object gave out before; `None` when it cannot tell, and
    /// everything has to be loaded; so it is whenever anything about a pack is other than it was.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    async fn changes(&self, since: Revision, look: Look) -> Result<Option<Changes>, Error> {
        let _ = (since, look);
        Ok(None)
    }

    /// The files of single community rules as they are stored at this moment, whatever is in them: by their paths in the
    /// folder of the singles, each with what `digest` makes of its bytes; an empty text where they cannot be read.
    ///
    /// # Errors
    ///
    /// When nothing can be said about the files.
    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error>;

    /// The files of an installed pack, or of [`SINGLES`](rules::SINGLES), as they are stored at this moment: sorted by path,
    /// without [`SOURCE_FILE`](crate::SOURCE_FILE); none where there is no such pack.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read: what is returned is complete.
    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error>;

    /// Makes all of these changes, in this order, or none of them; they are durable when it returns.
    ///
    /// Returns the number of a state that holds them. Edits that change nothing may leave the number as it was.
    ///
    /// # Errors
    ///
    /// When nothing was changed, with the reason.
    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error>;

    /// Asks to be the only one who does what has that name, for so long from now; whether that is granted. Whoever
    /// holds it already gets it for longer. A store of one process has nobody else, and grants it always.
    ///
    /// # Errors
    ///
    /// When nobody can say who holds it.
    async fn lease(&self, name: &str, holder: &str, duration: Duration) -> Result<bool, Error> {
        let _ = (name, holder, duration);
        Ok(true)
    }

    /// Waits until something outside of this store object may have changed what is stored.
    ///
    /// A call that was given up loses nothing: what happened meanwhile ends the next call at once.
    async fn changed(&self) {
        pending().await
    }

    /// Why nothing can be written, for people; `None` where writing is possible.
    fn read_only(&self) -> Option<String> {
        None
    }

    /// Whether other processes are expected to write it all the time, so that a process may not have heard of a write
    /// that was acknowledged elsewhere.
    fn is_shared(&self) -> bool {
        false
    }

    /// What tells the place that a state is of from every other one that may come under the same name. `None` where the
    /// store object did not give that state out or has forgotten it, or no other place can come.
    fn identity(&self, of: Revision) -> Option<String> {
        let _ = of;
        None
    }

    /// A short name of the kind of store, for people: `files`, `memory`.
    fn kind(&self) -> &'static str;
}

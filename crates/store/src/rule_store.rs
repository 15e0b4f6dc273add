//! The capability that makes something a store.

use crate::{Error, Problem, Revision};
use async_trait::async_trait;
use rules::{Layer, RuleId, Sourced};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a store holds.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The state's number.
    pub revision: Revision,
    /// The valid rules of all layers.
    pub rules: Vec<Sourced>,
    /// The installed packs.
    pub packs: BTreeSet<String>,
    /// Disabled effective ids.
    pub disabled: BTreeSet<RuleId>,
    /// Pinned layers by effective id.
    pub pins: BTreeMap<RuleId, Layer>,
    /// What was skipped or ignored, at most [`PROBLEMS_MAX`].
    pub problems: Vec<Problem>,
    /// Problems beyond those listed.
    pub problems_more: usize,
}

/// The most problems that are kept; beyond, they are counted.
pub const PROBLEMS_MAX: usize = 10_000;

/// A place where rules live.
#[async_trait]
pub trait RuleStore: Send + Sync {
    /// Loads everything. One bad file or row never hides the good ones: it becomes a [`Problem`].
    ///
    /// # Errors
    ///
    /// When nothing can be said about the rules at all.
    async fn load(&self) -> Result<Contents, Error>;

    /// A short name of the kind of store, for people: `files`, `memory`.
    fn kind(&self) -> &'static str;
}

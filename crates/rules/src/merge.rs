//! Turns rules of all layers into one entry a rule: in force, or why not.

use crate::{Layer, LeftOut, RuleId, Score, Sourced, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Whose packs' JavaScript is given to pages (`PACK_JS`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PackJs {
    /// That of trusted packs.
    #[default]
    Trusted,
    /// That of every pack.
    All,
    /// That of none.
    None,
}

/// Whether a rule takes part in matching, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It does (unless it has expired, which depends on the time of the question).
    Active,
    /// Its id is disabled.
    Disabled,
    /// A rule with the same id from this origin stands above it.
    Shadowed {
        /// The layer of the rule that hides it.
        by: Layer,
        /// That rule's file, where it has one.
        file: Option<Arc<str>>,
    },
    /// An override whose pack is not installed.
    Orphaned,
    /// It has only JavaScript, and its pack's JavaScript is not given to pages.
    Untrusted,
}

/// A rule, its origin, and its state.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The rule and where it comes from.
    pub sourced: Sourced,
    /// Whether it takes part.
    pub state: State,
    /// Its score under the policy in force.
    pub score: Score,
    /// Whether its JavaScript is given to pages.
    pub gives_js: bool,
}

impl Entry {
    /// The state at a time: `active` turns into `expired`.
    pub fn state_at(&self, _now: Timestamp) -> &'static str {
        todo!()
    }
}

/// All that decides which rules are in force.
#[derive(Clone, Debug, Default)]
pub struct MergeInput {
    /// The rules of all layers, in any order.
    pub rules: Vec<Sourced>,
    /// The installed packs.
    pub packs: BTreeSet<String>,
    /// Disabled effective ids.
    pub disabled: BTreeSet<RuleId>,
    /// Pinned layers by effective id.
    pub pins: BTreeMap<RuleId, Layer>,
    /// Whose JavaScript counts.
    pub pack_js: PackJs,
    /// The most rules a set may hold.
    pub rules_max: usize,
}

/// The result of a merge.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// Every rule, by effective id, then layer; equal input in any order gives an equal list.
    pub entries: Vec<Arc<Entry>>,
    /// Rules left out of the set, and doubles that were reported.
    pub left_out: Vec<LeftOut>,
}

/// Merges the layers. `now` decides which `updated_at` lie in the future.
pub fn merge(_input: MergeInput, _now: Timestamp) -> Merged {
    todo!()
}

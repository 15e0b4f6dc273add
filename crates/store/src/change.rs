//! What a writer asks of a store, and what a reader is told of the difference.

use crate::{Error, ErrorKind, NewPack, Problem, Revision, SinglesChange};
use rules::{InstalledPack, Layer, Rule, RuleId, Sourced};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One step of a write.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Puts a rule into a layer, in the place of the one with its id there.
    Put {
        /// [`Layer::Local`] or [`Layer::Override`]: packs are never edited.
        layer: Layer,
        /// The rule, under its effective id.
        rule: Arc<Rule>,
        /// What must stand in its place before.
        replaces: Expected,
    },
    /// Takes every rule with that id out of a layer.
    Remove {
        /// [`Layer::Local`] or [`Layer::Override`].
        layer: Layer,
        /// The effective id.
        id: RuleId,
        /// What must stand there before.
        replaces: Expected,
    },
    /// Changes nothing: the write is made only if this still stands there.
    Expect {
        /// Any layer.
        layer: Layer,
        /// The effective id.
        id: RuleId,
        /// What must stand there.
        seen: Expected,
    },
    /// Changes nothing: the write is made only if these packs are installed, and no others, each just so; among them
    /// [`SINGLES`](rules::SINGLES), once there have been any.
    ExpectPacks(Arc<BTreeMap<String, InstalledPack>>),
    /// Changes nothing: the write is made only if this state, which the store object gave out, is known to have led to
    /// what is stored. It did not where another place, or an earlier state of the same one, has come under its name.
    ExpectState(Revision),
    /// Disables an id, whether or not there are rules with it.
    Disable(RuleId),
    /// Enables an id again.
    Enable(RuleId),
    /// Lets a layer win for an id.
    Pin(RuleId, Layer),
    /// Lets the usual order decide for an id again.
    Unpin(RuleId),
    /// Installs a pack in the place of the version that is there; overrides, disabled ids and pins stay.
    Install(Arc<NewPack>),
    /// Takes out the pack of that name with its rules; overrides, disabled ids and pins stay.
    Uninstall(String),
    /// Changes the single community rules.
    Singles(Arc<SinglesChange>),
}

impl Edit {
    /// The id that it is about; none where it is about a pack or about everything.
    pub fn id(&self) -> Option<&RuleId> {
        match self {
            Self::Put { rule, .. } => Some(rule.id()),
            Self::Remove { id, .. }
            | Self::Expect { id, .. }
            | Self::Disable(id)
            | Self::Enable(id)
            | Self::Pin(id, _)
            | Self::Unpin(id) => Some(id),
            Self::ExpectPacks(_)
            | Self::ExpectState(_)
            | Self::Install(_)
            | Self::Uninstall(_)
            | Self::Singles(_) => None,
        }
    }
}

/// The pack among whose overrides a rule with that id is written to a layer; `None` for a local rule.
///
/// # Errors
///
/// When nothing with that id is ever written to that layer.
pub fn override_pack(layer: Layer, id: &RuleId) -> Result<Option<&str>, Error> {
    match (layer, id.pack()) {
        (Layer::Local, _) => Ok(None),
        (Layer::Override, Some(pack)) => Ok(Some(pack)),
        (Layer::Override, None) | (Layer::Community, _) => Err(Error::new(
            ErrorKind::Unwritable,
            format!("`{id}` cannot be written to the layer {}", layer.as_str()),
        )),
    }
}

/// Refuses a write whose writer has seen other packs than those that are installed.
///
/// # Errors
///
/// [`ErrorKind::Changed`], with the first pack that is not what it was.
pub fn check_packs(
    seen: &BTreeMap<String, InstalledPack>,
    found: &BTreeMap<String, InstalledPack>,
) -> Result<(), Error> {
    let mut names = seen.keys().chain(found.keys());
    match names.find(|name| seen.get(*name) != found.get(*name)) {
        None => Ok(()),
        Some(name) => Err(Error::new(
            ErrorKind::Changed,
            format!("the pack `{name}` is not what it was"),
        )),
    }
}

/// Refuses a write whose writer has seen a state that is still to come: it is not of this history. For stores whose place
/// no other one takes.
///
/// # Errors
///
/// [`ErrorKind::Changed`].
pub fn check_state(seen: Revision, found: Revision) -> Result<(), Error> {
    match seen <= found {
        true => Ok(()),
        false => {
            let message = format!("the state {} is not of this history", seen.0);
            Err(Error::new(ErrorKind::Changed, message))
        }
    }
}

/// What a writer has seen in the place that it changes, or that it has judged by.
#[derive(Clone, Debug)]
pub enum Expected {
    /// It does not matter.
    Anything,
    /// No rule with that id in that layer.
    Nothing,
    /// This rule, as it was loaded: the same in all fields, the time of its last change included.
    Rule(Arc<Rule>),
}

impl Expected {
    /// Whether what stands there is what the writer has seen.
    pub fn is_met_by(&self, found: Option<&Rule>) -> bool {
        match (self, found) {
            (Self::Anything, _) | (Self::Nothing, None) => true,
            (Self::Rule(seen), Some(found)) => {
                seen.same_rule(found) && seen.updated_at() == found.updated_at()
            }
            (Self::Nothing, Some(_)) | (Self::Rule(_), None) => false,
        }
    }
}

/// How far a store looks for changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// At what was written through this store object; others' changes may show or not.
    OwnWrites,
    /// At everything, since something outside of this process may have changed what is stored.
    Everywhere,
}

/// The difference between two states of a store.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The number of the later state.
    pub revision: Revision,
    /// Every id that was touched in any way, disabling and pinning included, with all of its rules in all layers
    /// as they are now; none where the id is gone. The packs are the same in both states.
    pub rules: BTreeMap<RuleId, Vec<Sourced>>,
    /// All disabled effective ids.
    pub disabled: BTreeSet<RuleId>,
    /// All pinned layers by effective id.
    pub pins: BTreeMap<RuleId, Layer>,
    /// All that was skipped or ignored, at most [`PROBLEMS_MAX`](crate::PROBLEMS_MAX).
    pub problems: Vec<Problem>,
    /// Problems beyond those listed.
    pub problems_more: usize,
}

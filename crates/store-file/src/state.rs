//! `.state.json`: disabled ids and pinned sources.
//!
//! What stands in the file and is not understood is a problem, and is kept when the file is written.

mod write;

pub(crate) use write::StateDraft;

use crate::{bytes, problem::whole};
use rulefile::Format;
use rules::{Layer, RuleId, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};
use store::Problem;

/// The name of the file, below the rules folder.
pub(crate) const STATE_FILE: &str = ".state.json";

/// What the user has decided about ids, whether or not there are rules with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) disabled: BTreeSet<RuleId>,
    pub(crate) pins: BTreeMap<RuleId, Layer>,
    /// What could not be used.
    pub(crate) problems: Vec<Problem>,
}

impl State {
    /// Reads the file below the rules folder; none is an empty state.
    pub(crate) fn load(root: &Path) -> Self {
        match bytes::read(&root.join(STATE_FILE)) {
            Ok(bytes) => Self::parse(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::default(),
            Err(error) => Self {
                problems: vec![whole(STATE_FILE, bytes::reason(&error), None)],
                ..Self::default()
            },
        }
    }

    /// Reads the text of the file.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        match rulefile::parse_value(bytes, Format::Json) {
            Ok(value) => Self::of(&value),
            Err(diagnostics) => {
                let problem = |diagnostic| crate::problem::of_diagnostic(STATE_FILE, diagnostic);
                Self {
                    problems: diagnostics.into_iter().map(problem).collect(),
                    ..Self::default()
                }
            }
        }
    }

    /// The ids about which another state says something else.
    pub(crate) fn differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a RuleId> {
        let disabled = self.disabled.symmetric_difference(&other.disabled);
        let pinned = self.pins.keys().chain(other.pins.keys());
        disabled.chain(pinned.filter(|id| self.pins.get(*id) != other.pins.get(*id)))
    }

    fn of(value: &Value) -> Self {
        let mut state = Self::default();
        let mut problems = Vec::new();
        let mut refuse = |field: String, reason: &str| {
            problems.push(Problem {
                field,
                ..whole(STATE_FILE, reason, None)
            });
        };
        match value.get("disabled") {
            None | Some(Value::Null) => {}
            Some(Value::List(ids)) => {
                for (n, id) in ids.iter().enumerate() {
                    match rule_id(id) {
                        Some(id) => drop(state.disabled.insert(id)),
                        None => refuse(format!("disabled[{n}]"), "is not the id of a rule"),
                    }
                }
            }
            Some(_) => refuse("disabled".to_owned(), "is not a list of ids"),
        }
        match value.get("pins") {
            None | Some(Value::Null) => {}
            Some(Value::Map(pins)) => {
                for (id, layer) in pins {
                    match (RuleId::parse(id).ok(), layer_named(layer)) {
                        (Some(id), Some(layer)) => drop(state.pins.insert(id, layer)),
                        (None, _) => refuse(format!("pins.{id}"), "is not the id of a rule"),
                        (_, None) => {
                            refuse(
                                format!("pins.{id}"),
                                "is none of `local`, `override` and `community`",
                            );
                        }
                    }
                }
            }
            Some(_) => refuse("pins".to_owned(), "is not a mapping from ids to sources"),
        }
        state.problems = problems;
        state
    }
}

fn rule_id(value: &Value) -> Option<RuleId> {
    let Value::Text(text) = value else { return None };
    RuleId::parse(text).ok()
}

fn layer_named(value: &Value) -> Option<Layer> {
    let Value::Text(name) = value else { return None };
    [Layer::Local, Layer::Override, Layer::Community]
        .into_iter()
        .find(|layer| layer.as_str() == name)
}

//! `.state.json`: disabled ids and pinned sources.

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
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) disabled: BTreeSet<RuleId>,
    pub(crate) pins: BTreeMap<RuleId, Layer>,
}

impl State {
    /// Reads the file below the rules folder; none is an empty state, and what cannot be used is a problem.
    pub(crate) fn load(root: &Path, problems: &mut Vec<Problem>) -> Self {
        let bytes = match bytes::read(&root.join(STATE_FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                problems.push(whole(STATE_FILE, bytes::reason(&error), None));
                return Self::default();
            }
        };
        match rulefile::parse_value(&bytes, Format::Json) {
            Ok(value) => Self::of(&value, problems),
            Err(diagnostics) => {
                let found = diagnostics
                    .into_iter()
                    .map(|d| crate::problem::of_diagnostic(STATE_FILE, d));
                problems.extend(found);
                Self::default()
            }
        }
    }

    fn of(value: &Value, problems: &mut Vec<Problem>) -> Self {
        let mut state = Self::default();
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

//! What is asked of a replica, and which outcomes are honest.

use super::world::{State, World};
use catalog::{Catalog, Condition, Error, Snapshot, Terms};
use rules::{Layer, Rule, RuleId, Value};
use std::sync::Arc;
use store::{Edit, Revision};

/// What somebody wants.
#[derive(Clone, Debug)]
pub(super) enum Intent {
    Create(RuleId, Vec<(String, Value)>),
    Update(RuleId, (String, Value)),
    Delete(RuleId),
    Disable(RuleId),
    Enable(RuleId),
    Pin(RuleId, Layer),
    Unpin(RuleId),
    Write(Vec<Edit>),
    Refresh,
}

/// Somebody who asks a replica for something.
pub(super) struct Op {
    pub(super) n: usize,
    pub(super) replica: usize,
    pub(super) intent: Intent,
    /// The rule that must be in force.
    pub(super) if_match: Option<Arc<Rule>>,
    /// The states that hold what was written.
    pub(super) durable: Vec<Revision>,
    /// The newest state of the store when it was asked for.
    pub(super) since: Revision,
    /// What had become of the replica's calls until then.
    pub(super) faults: usize,
    pub(super) lags: usize,
}

/// What the caller got.
pub(super) struct Shown {
    pub(super) snapshot: Arc<Snapshot>,
    /// Whether something was written, as far as the caller was told.
    changed: Option<bool>,
}

impl Shown {
    /// Whether it is what a refresh made for this caller.
    pub(super) fn is_refreshed(&self) -> bool {
        self.changed != Some(false)
    }
}

pub(super) type Outcome = Result<Shown, Error>;

/// Asks for it.
pub(super) async fn carry_out(world: Arc<World>, catalog: Arc<Catalog>, n: usize) -> Outcome {
    let (intent, terms) = {
        let state = world.state();
        let op = &state.ops[n];
        (op.intent.clone(), terms(op, &world))
    };
    let written = match intent {
        Intent::Create(_, draft) => {
            catalog
                .create(Value::Map(draft), "unnamed".to_owned(), terms)
                .await
        }
        Intent::Update(id, change) => catalog.update(id, Value::Map(vec![change]), terms).await,
        Intent::Delete(id) => catalog.delete(id, terms).await,
        Intent::Disable(id) => catalog.disable(id, terms).await,
        Intent::Enable(id) => catalog.enable(id, terms).await,
        Intent::Pin(id, layer) => catalog.pin(id, layer, terms).await,
        Intent::Unpin(id) => catalog.unpin(id, terms).await,
        Intent::Write(edits) => {
            let snapshot = catalog.write(edits).await?;
            return Ok(Shown {
                snapshot,
                changed: Some(true),
            });
        }
        Intent::Refresh => {
            let snapshot = catalog.refresh().await?;
            return Ok(Shown {
                snapshot,
                changed: None,
            });
        }
    };
    written.map(|written| Shown {
        changed: Some(written.changed),
        snapshot: written.snapshot,
    })
}

/// The condition also tells the store for whom the replica decides, where no rule is signed.
fn terms(op: &Op, world: &Arc<World>) -> Terms {
    let (n, replica, named) = (op.n, op.replica, op.if_match.clone());
    let is_signed = matches!(op.intent, Intent::Create(..) | Intent::Update(..));
    let world = Arc::clone(world);
    let condition: Condition = Arc::new(move |rule| {
        world.state().deciding[replica] = Some(n);
        named.as_ref().is_none_or(|named| {
            rule.is_some_and(|rule| named.same_rule(rule) && named.updated_at() == rule.updated_at())
        })
    });
    Terms {
        by: Some(format!("op{n}").into()),
        condition: (op.if_match.is_some() || !is_signed).then_some(condition),
    }
}

/// How an outcome is called in the trace.
pub(super) fn name_of(outcome: &Outcome) -> String {
    match outcome {
        Ok(shown) => format!(
            "ok at {}, changed {:?}",
            shown.snapshot.revision().0,
            shown.changed
        ),
        Err(Error::Invalid(violations)) => format!("invalid: {violations}"),
        Err(error) => error.to_string(),
    }
}

/// Of which kind an outcome is.
pub(super) fn kind_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Ok(shown) if shown.changed == Some(true) => "written",
        Ok(_) => "shown",
        Err(Error::NotInForce(_)) => "not in force",
        Err(Error::Undecided(_)) => "undecided",
        Err(Error::LeftOut(_)) => "left out",
        Err(Error::Unmet) => "unmet",
        Err(Error::Changed(_)) => "changed by others",
        Err(Error::Full(_)) => "full",
        Err(Error::Exists(_) | Error::NoSuchRule(_) | Error::NoSuchSource { .. }) => {
            "not there or there already"
        }
        Err(Error::OfPack(_) | Error::Pinned(_)) => "of a pack",
        Err(_) => "failed",
    }
}

impl Op {
    /// Whether it changes packs.
    pub(super) fn changes_packs(&self) -> bool {
        let is_change =
            |edit: &Edit| matches!(edit, Edit::Install(_) | Edit::Uninstall(_) | Edit::Singles(_));
        matches!(&self.intent, Intent::Write(edits) if edits.iter().any(is_change))
    }

    /// What is dishonest about the outcome.
    pub(super) fn judge(&self, outcome: &Outcome, state: &State) -> Result<(), String> {
        let times = self.durable.len();
        match outcome {
            Ok(shown) => self.judge_shown(shown, state),
            Err(Error::NotInForce(_) | Error::LeftOut(_)) if times == 1 => Ok(()),
            Err(Error::NotInForce(_) | Error::LeftOut(_)) => Err(format!("it is stored {times} times")),
            Err(Error::Undecided(_)) if times <= 1 => Ok(()),
            Err(_) if times > 0 => Err("it is stored, and its caller was told that it failed".to_owned()),
            Err(_) => Ok(()),
        }?;
        let had_fault = state.faults[self.replica] > self.faults;
        match outcome {
            Err(Error::Invalid(_) | Error::Busy | Error::Stopped | Error::ReadOnly(_)) => {
                Err("nothing calls for that outcome".to_owned())
            }
            Err(
                Error::NotInForce(_)
                | Error::Undecided(_)
                | Error::Store(_)
                | Error::Panicked
                | Error::Backwards { .. }
                | Error::NotWritten(_)
                | Error::Unwritable(_),
            ) if !had_fault => Err("it failed without a fault".to_owned()),
            _ => Ok(()),
        }
    }

    fn judge_shown(&self, shown: &Shown, state: &State) -> Result<(), String> {
        let revision = shown.snapshot.revision();
        let lagged = state.lags[self.replica] > self.lags;
        match (shown.changed, &self.durable[..]) {
            (None, []) if revision >= self.since || lagged => Ok(()),
            (None, _) => Err(format!("{revision:?} was loaded, and {:?} was there", self.since)),
            (Some(true), [written]) if revision >= *written => Ok(()),
            (Some(true), durable) => Err(format!("acknowledged at {revision:?}, durable as {durable:?}")),
            (Some(false), []) => self.judge_unchanged(&shown.snapshot),
            (Some(false), durable) => Err(format!("nothing was to be changed, and {durable:?} was written")),
        }
    }

    fn judge_unchanged(&self, snapshot: &Snapshot) -> Result<(), String> {
        let Intent::Update(id, (name, wanted)) = &self.intent else {
            return Err("only an update may change nothing".to_owned());
        };
        let fields = snapshot
            .set()
            .find(id.as_str())
            .map(|entry| entry.sourced.rule.to_value());
        let Some(Value::Map(fields)) = fields else {
            return Err("there is no such rule".to_owned());
        };
        let is = fields.iter().find(|(field, _)| field == name).map(|(_, is)| is);
        (is.unwrap_or(&Value::Null) == wanted)
            .then_some(())
            .ok_or_else(|| format!("{name} is {is:?}, and {wanted:?} was wanted"))
    }
}

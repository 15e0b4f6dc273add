//! What edits of rules come to: judged one after the other in memory, and carried out together.

use super::{ROWS, body, put_rules};
use crate::{
    connection::Transaction,
    row::{self, RuleKey},
    sql,
};
use rules::{Layer, Rule, RuleId};
use std::{collections::BTreeMap, sync::Arc};
use store::{Edit, Error, ErrorKind, Expected, override_pack};

/// A row of the table of rules that is to be written.
pub(super) struct PutRow<'r> {
    pub(super) key: &'r str,
    pub(super) layer: Layer,
    pub(super) file: &'r str,
    pub(super) ordinal: i32,
    pub(super) pack: Option<&'r str>,
    pub(super) body: &'r str,
}

/// A rule that edits before have put, or what was there before them.
enum Standing {
    Stored(String),
    Put(Arc<Rule>),
    Removed,
}

/// What edits change together.
#[derive(Default)]
pub(super) struct Plan {
    /// The rule with its text, or none where it goes.
    rules: BTreeMap<RuleKey, Option<(Arc<Rule>, String)>>,
    disabled: BTreeMap<String, Option<RuleId>>,
    pins: BTreeMap<String, Option<(RuleId, Layer)>>,
}

/// The place that an edit is about or looks at, if that is a rule.
pub(super) fn rule_key(edit: &Edit) -> Option<RuleKey> {
    match edit {
        Edit::Put { layer, rule, .. } => Some(RuleKey::of(*layer, rule.id())),
        Edit::Remove { layer, id, .. } | Edit::Expect { layer, id, .. } => Some(RuleKey::of(*layer, id)),
        Edit::ExpectPacks(_)
        | Edit::ExpectState(_)
        | Edit::Disable(_)
        | Edit::Enable(_)
        | Edit::Pin(..)
        | Edit::Unpin(_)
        | Edit::Install(_)
        | Edit::Uninstall(_)
        | Edit::Singles(_) => None,
    }
}

impl Plan {
    /// Judges edits on what is there; on a stack that parsers fit in.
    ///
    /// # Errors
    ///
    /// When one of them cannot be made.
    pub(super) fn of(edits: &[Edit], stored: BTreeMap<RuleKey, String>) -> Result<Self, Error> {
        let mut plan = Self::default();
        let stored = stored
            .into_iter()
            .map(|(key, body)| (key, Standing::Stored(body)));
        let mut standing: BTreeMap<RuleKey, Standing> = stored.collect();
        let mut unwritable: Option<Error> = None;
        for edit in edits {
            match plan.add(edit, &mut standing) {
                Ok(()) => {}
                Err(error) if !error.rules.is_empty() => {
                    unwritable = Some(match unwritable {
                        Some(others) => others.and(error),
                        None => error,
                    });
                }
                Err(error) => return Err(error),
            }
        }
        unwritable.map_or(Ok(plan), Err)
    }

    fn add(&mut self, edit: &Edit, standing: &mut BTreeMap<RuleKey, Standing>) -> Result<(), Error> {
        match edit {
            Edit::Put {
                layer,
                rule,
                replaces,
            } => {
                override_pack(*layer, rule.id())?;
                let key = RuleKey::of(*layer, rule.id());
                expect(standing.get(&key), rule.id(), replaces)?;
                standing.insert(key.clone(), Standing::Put(Arc::clone(rule)));
                self.rules.insert(key, Some((Arc::clone(rule), body(rule))));
            }
            Edit::Remove { layer, id, replaces } => {
                override_pack(*layer, id)?;
                let key = RuleKey::of(*layer, id);
                let stands = standing.get(&key);
                expect(stands, id, replaces)?;
                if !matches!(stands, None | Some(Standing::Removed)) {
                    standing.insert(key.clone(), Standing::Removed);
                    self.rules.insert(key, None);
                }
            }
            Edit::Expect { layer, id, seen } => expect(standing.get(&RuleKey::of(*layer, id)), id, seen)?,
            Edit::Disable(id) => drop(self.disabled.insert(row::key(id), Some(id.clone()))),
            Edit::Enable(id) => drop(self.disabled.insert(row::key(id), None)),
            Edit::Pin(id, layer) => drop(self.pins.insert(row::key(id), Some((id.clone(), *layer)))),
            Edit::Unpin(id) => drop(self.pins.insert(row::key(id), None)),
            Edit::ExpectPacks(_)
            | Edit::ExpectState(_)
            | Edit::Install(_)
            | Edit::Uninstall(_)
            | Edit::Singles(_) => {
                unreachable!("edits without an id are made one by one")
            }
        }
        Ok(())
    }

    /// The keys of all ids that it is about.
    pub(super) fn touched(&self) -> impl Iterator<Item = String> {
        let rules = self.rules.keys().map(|key| &key.key);
        rules.chain(self.disabled.keys()).chain(self.pins.keys()).cloned()
    }

    /// Changes the tables.
    pub(super) async fn carry_out(&self, transaction: &Transaction) -> Result<(), Error> {
        let gone: Vec<&RuleKey> = self
            .rules
            .iter()
            .filter(|(_, put)| put.is_none())
            .map(|(key, _)| key)
            .collect();
        for gone in gone.chunks(ROWS) {
            let keys: Vec<&str> = gone.iter().map(|gone| &*gone.key).collect();
            let layers: Vec<&str> = gone.iter().map(|gone| gone.layer.as_str()).collect();
            transaction.run(&sql::REMOVE_RULES, &[&keys, &layers]).await?;
        }
        let put = self
            .rules
            .iter()
            .filter_map(|(key, put)| Some((key, put.as_ref()?)));
        let put = put.map(|(key, (rule, body))| PutRow {
            key: &key.key,
            layer: key.layer,
            file: "",
            ordinal: 0,
            pack: rule.id().pack().filter(|_| key.layer == Layer::Override),
            body,
        });
        put_rules(transaction, &put.collect::<Vec<_>>()).await?;
        self.switch(transaction).await?;
        self.pin(transaction).await
    }

    async fn switch(&self, transaction: &Transaction) -> Result<(), Error> {
        let (on, off): (Vec<_>, Vec<_>) = self.disabled.iter().partition(|(_, id)| id.is_none());
        let enabled: Vec<&str> = on.into_iter().map(|(key, _)| key.as_str()).collect();
        let (keys, ids): (Vec<&str>, Vec<&str>) = off
            .into_iter()
            .filter_map(|(key, id)| Some((key.as_str(), id.as_ref()?.as_str())))
            .unzip();
        if !enabled.is_empty() {
            transaction.run(&sql::ENABLE, &[&enabled]).await?;
        }
        if !keys.is_empty() {
            transaction.run(&sql::DISABLE, &[&keys, &ids]).await?;
        }
        Ok(())
    }

    async fn pin(&self, transaction: &Transaction) -> Result<(), Error> {
        let unpinned = self.pins.iter().filter(|(_, pin)| pin.is_none());
        let unpinned: Vec<&str> = unpinned.map(|(key, _)| key.as_str()).collect();
        if !unpinned.is_empty() {
            transaction.run(&sql::UNPIN, &[&unpinned]).await?;
        }
        let pinned = self
            .pins
            .iter()
            .filter_map(|(key, pin)| Some((key, pin.as_ref()?)));
        let pinned: Vec<_> = pinned.collect();
        if !pinned.is_empty() {
            let keys: Vec<&str> = pinned.iter().map(|(key, _)| key.as_str()).collect();
            let ids: Vec<&str> = pinned.iter().map(|(_, (id, _))| id.as_str()).collect();
            let layers: Vec<&str> = pinned.iter().map(|(_, (_, layer))| layer.as_str()).collect();
            transaction.run(&sql::PIN, &[&keys, &ids, &layers]).await?;
        }
        Ok(())
    }
}

/// Whether what stands there is what a writer has seen.
fn expect(stands: Option<&Standing>, id: &RuleId, expected: &Expected) -> Result<(), Error> {
    let is_met = match (stands, expected) {
        (_, Expected::Anything) => true,
        (None | Some(Standing::Removed), expected) => expected.is_met_by(None),
        (Some(Standing::Put(rule)), expected) => expected.is_met_by(Some(rule)),
        (Some(Standing::Stored(stored)), Expected::Rule(seen)) if *stored == body(seen) => true,
        (Some(Standing::Stored(stored)), expected) => match row::rule_of(stored) {
            Ok((rule, _)) => expected.is_met_by(Some(&rule)),
            // Nobody who writes can have seen it, and it may be somebody's work.
            Err(_) => {
                let message =
                    format!("`{id}` is stored in a form that is not valid, and is not written over");
                return Err(Error::new(ErrorKind::Unwritable, message).about([id]));
            }
        },
    };
    match is_met {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::Changed,
            format!("`{id}` is not what it was"),
        )),
    }
}

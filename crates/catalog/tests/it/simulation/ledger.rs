//! What should stand in the store, kept by hand from what was asked for: fields, not rules.
//!
//! It knows nothing of merging, of drafts or of how a store writes. An update that was decided on something old
//! would put back what another one has changed, and the store would differ from the ledger.

use super::ops::{Intent, Op};
use rules::{InstalledPack, Layer, Rule, RuleId, SINGLES, Value};
use std::collections::{BTreeMap, BTreeSet};
use store::{Contents, Edit, SinglesChange};

/// What the author of a rule wrote.
pub(super) type Fields = BTreeMap<String, Value>;

/// Fields that the service sets.
const STAMPS: [&str; 4] = ["base_version", "created_at", "modified_by", "updated_at"];

#[derive(Default)]
pub(super) struct Ledger {
    places: BTreeMap<(Layer, RuleId), Fields>,
    disabled: BTreeSet<RuleId>,
    pins: BTreeMap<RuleId, Layer>,
    packs: BTreeMap<String, InstalledPack>,
    /// Every version that a pack's rule ever had: an override is made of the one that was in force.
    of_packs: BTreeMap<RuleId, Vec<Fields>>,
}

/// The fields of a rule without those that the service sets.
fn fields_of(rule: &Rule) -> Fields {
    let Value::Map(fields) = rule.to_value() else {
        unreachable!("a rule is a mapping");
    };
    let is_stamp = |name: &str| STAMPS.contains(&name);
    fields.into_iter().filter(|(name, _)| !is_stamp(name)).collect()
}

fn patch(fields: &mut Fields, (name, value): &(String, Value)) {
    if *value == Value::Null {
        fields.remove(name);
    } else {
        fields.insert(name.clone(), value.clone());
    }
}

fn found<'a>(contents: &'a Contents, layer: Layer, id: &RuleId) -> Option<&'a Rule> {
    let mut rules = contents.rules.iter();
    let found = rules.find(|sourced| sourced.origin.layer == layer && sourced.rule.id() == id);
    found.map(|sourced| &*sourced.rule)
}

impl Ledger {
    /// Begins anew with what is stored.
    pub(super) fn read(&mut self, contents: &Contents) {
        let place = |sourced: &rules::Sourced| (sourced.origin.layer, sourced.rule.id().clone());
        let rules = contents.rules.iter();
        self.places = rules
            .map(|sourced| (place(sourced), fields_of(&sourced.rule)))
            .collect();
        self.disabled = contents.disabled.clone();
        self.pins = contents.pins.clone();
        self.packs = contents.packs.clone();
        for ((layer, id), fields) in &self.places {
            if *layer == Layer::Community {
                self.of_packs.entry(id.clone()).or_default().push(fields.clone());
            }
        }
    }

    /// What is wrong with the store, if anything is.
    pub(super) fn compare(&self, contents: &Contents) -> Result<(), String> {
        let mut stored = Self::default();
        stored.read(contents);
        if stored.places.len() != contents.rules.len() {
            return Err("two rules stand in one place".to_owned());
        }
        for (place, fields) in &self.places {
            if stored.places.get(place) != Some(fields) {
                let stored = stored.places.get(place);
                return Err(format!("{place:?} should be {fields:?} and is {stored:?}"));
            }
        }
        if self.packs != stored.packs {
            return Err(format!("installed is {:?}, not {:?}", stored.packs, self.packs));
        }
        let marks = (&self.disabled, &self.pins) == (&stored.disabled, &stored.pins);
        (marks && stored.places.len() == self.places.len())
            .then_some(())
            .ok_or_else(|| format!("what is disabled or pinned differs, or there is more: {stored:?}"))
    }

    /// Enters what was asked for; the edits only say in which place it was done.
    pub(super) fn enter(&mut self, op: &Op, edits: &[Edit], before: &Contents) -> Result<(), String> {
        op.admits(before)?;
        // What only looks changes nothing.
        let is_made = |edit: &&Edit| {
            !matches!(
                edit,
                Edit::Expect { .. } | Edit::ExpectPacks(_) | Edit::ExpectState(_)
            )
        };
        let made: Vec<_> = edits.iter().filter(is_made).collect();
        match (&op.intent, &made[..]) {
            (Intent::Create(id, fields), [Edit::Put { layer, .. }]) => {
                let fields = fields.iter().cloned().collect();
                let taken = self.places.insert((*layer, id.clone()), fields);
                (*layer == Layer::Local && taken.is_none())
                    .then_some(())
                    .ok_or_else(|| format!("{id} was created where a rule was"))
            }
            (Intent::Update(id, change), [Edit::Put { layer, rule, .. }]) => {
                self.update((*layer, id), change, rule)?;
                let was = found(before, *layer, id).and_then(Rule::updated_at);
                (was < rule.updated_at())
                    .then_some(())
                    .ok_or_else(|| format!("`updated_at` went back from {was:?}"))
            }
            (Intent::Delete(id), [Edit::Remove { layer, .. }, unpin @ ..]) => {
                let removed = self.places.remove(&(*layer, id.clone()));
                if !unpin.is_empty() {
                    self.pins.remove(id);
                }
                removed.map(drop).ok_or_else(|| format!("{id} was not there"))
            }
            (Intent::Disable(id), [Edit::Disable(other)])
            | (Intent::Enable(id), [Edit::Enable(other)])
            | (Intent::Unpin(id), [Edit::Unpin(other)])
                if id == other =>
            {
                self.apply(made[0]);
                Ok(())
            }
            (Intent::Pin(id, layer), [Edit::Pin(other, to)]) if (id, layer) == (other, to) => {
                self.apply(made[0]);
                Ok(())
            }
            (Intent::Write(all), made) if all.len() == made.len() => {
                all.iter().for_each(|edit| self.apply(edit));
                Ok(())
            }
            (intent, made) => Err(format!("{intent:?} wrote {made:?}")),
        }
    }

    /// The field changes, whatever else stands there stays.
    fn update(
        &mut self,
        place: (Layer, &RuleId),
        change: &(String, Value),
        rule: &Rule,
    ) -> Result<(), String> {
        let (layer, id) = place;
        if let Some(fields) = self.places.get_mut(&(layer, id.clone())) {
            patch(fields, change);
            return Ok(());
        }
        let written = fields_of(rule);
        let versions = self.of_packs.get(id).into_iter().flatten();
        let mut copies = versions.cloned().map(|mut fields| {
            patch(&mut fields, change);
            fields
        });
        if layer != Layer::Override || !copies.any(|copy| copy == written) {
            return Err(format!("{id} became {written:?}, of no pack's rule"));
        }
        self.places.insert((layer, id.clone()), written);
        Ok(())
    }

    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Put { layer, rule, .. } => {
                drop(self.places.insert((*layer, rule.id().clone()), fields_of(rule)))
            }
            Edit::Remove { layer, id, .. } => drop(self.places.remove(&(*layer, id.clone()))),
            Edit::Expect { .. } | Edit::ExpectPacks(_) | Edit::ExpectState(_) => {}
            Edit::Disable(id) => drop(self.disabled.insert(id.clone())),
            Edit::Enable(id) => drop(self.disabled.remove(id)),
            Edit::Pin(id, layer) => drop(self.pins.insert(id.clone(), *layer)),
            Edit::Unpin(id) => drop(self.pins.remove(id)),
            Edit::Install(new) => {
                let name = new.pack.manifest.as_ref().unwrap().name.to_string();
                self.forget_pack(&name);
                self.packs.insert(name, new.pack.clone());
                new.rules.iter().for_each(|rule| self.add_of_pack(rule));
            }
            Edit::Uninstall(name) => {
                self.forget_pack(name);
                self.packs.remove(name);
            }
            Edit::Singles(change) => self.change_singles(change),
        }
    }

    fn forget_pack(&mut self, name: &str) {
        let is_of_it = |(layer, id): &(Layer, RuleId)| *layer == Layer::Community && id.pack() == Some(name);
        self.places.retain(|place, _| !is_of_it(place));
    }

    fn add_of_pack(&mut self, rule: &Rule) {
        let (id, fields) = (rule.id().clone(), fields_of(rule));
        self.of_packs.entry(id.clone()).or_default().push(fields.clone());
        self.places.insert((Layer::Community, id), fields);
    }

    /// Each file of the seed's singles holds the one rule that it is named after.
    fn change_singles(&mut self, change: &SinglesChange) {
        for path in &change.remove {
            let name = path.split('.').next().unwrap();
            let id = RuleId::in_pack(SINGLES, name).unwrap();
            self.places.remove(&(Layer::Community, id));
        }
        let rules = change.put.iter().flat_map(|single| &single.rules);
        rules.for_each(|rule| self.add_of_pack(rule));
        let installed = InstalledPack {
            manifest: None,
            source: Some(change.source.clone()),
        };
        self.packs.insert(SINGLES.to_owned(), installed);
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?} {:?}", self.places.keys(), self.disabled, self.pins)
    }
}

impl Op {
    /// Whether the rule that the condition names is still there.
    fn admits(&self, before: &Contents) -> Result<(), String> {
        let Some(named) = self.if_match.as_ref() else {
            return Ok(());
        };
        let is_named = |rule: &Rule| rule.same_rule(named) && rule.updated_at() == named.updated_at();
        let mut of_id = before
            .rules
            .iter()
            .filter(|sourced| sourced.rule.id() == named.id());
        of_id
            .any(|sourced| is_named(&sourced.rule))
            .then_some(())
            .ok_or_else(|| {
                format!(
                    "its condition names {:?} of {:?}",
                    named.to_value(),
                    named.updated_at()
                )
            })
    }
}

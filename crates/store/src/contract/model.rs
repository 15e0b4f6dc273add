//! A store that is obviously right: three maps.

use crate::{Contents, Edit, ErrorKind, Expected};
use rules::{Layer, Rule, RuleId};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a store must hold.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The rules that were written, or put there from outside.
    pub rules: BTreeMap<(Layer, RuleId), Arc<Rule>>,
    /// Disabled ids.
    pub disabled: BTreeSet<RuleId>,
    /// Pinned layers.
    pub pins: BTreeMap<RuleId, Layer>,
    /// Rules that stand where they cannot be rewritten without a loss.
    pub stuck: BTreeSet<(Layer, RuleId)>,
}

impl Model {
    /// Makes all edits or none.
    ///
    /// # Errors
    ///
    /// The kind of error that the store must answer with.
    pub fn write(&mut self, edits: &[Edit]) -> Result<(), ErrorKind> {
        let mut next = self.clone();
        edits.iter().try_for_each(|edit| next.edit(edit))?;
        *self = next;
        Ok(())
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), ErrorKind> {
        match edit {
            Edit::Put {
                layer,
                rule,
                replaces,
            } => {
                writable(*layer, rule.id())?;
                self.expect(*layer, rule.id(), replaces)?;
                let place = (*layer, rule.id().clone());
                self.unstuck(&place)?;
                // The key is taken out as well: its case is that of the rule that was put last.
                self.rules.remove(&place);
                self.rules.insert(place, Arc::clone(rule));
            }
            Edit::Remove { layer, id, replaces } => {
                writable(*layer, id)?;
                self.expect(*layer, id, replaces)?;
                let place = (*layer, id.clone());
                self.unstuck(&place)?;
                self.rules.remove(&place);
            }
            Edit::Expect { layer, id, seen } => self.expect(*layer, id, seen)?,
            Edit::Disable(id) => drop(self.disabled.insert(id.clone())),
            Edit::Enable(id) => drop(self.disabled.remove(id)),
            Edit::Pin(id, layer) => drop(self.pins.insert(id.clone(), *layer)),
            Edit::Unpin(id) => drop(self.pins.remove(id)),
        }
        Ok(())
    }

    fn expect(&self, layer: Layer, id: &RuleId, expected: &Expected) -> Result<(), ErrorKind> {
        let found = self.rules.get(&(layer, id.clone()));
        let is_met = expected.is_met_by(found.map(|rule| &**rule));
        is_met.then_some(()).ok_or(ErrorKind::Changed)
    }

    fn unstuck(&self, place: &(Layer, RuleId)) -> Result<(), ErrorKind> {
        match self.stuck.contains(place) {
            true => Err(ErrorKind::Unwritable),
            false => Ok(()),
        }
    }

    /// Compares with what a store has loaded.
    ///
    /// # Panics
    ///
    /// When they differ.
    #[track_caller]
    pub fn assert_agrees(&self, contents: &Contents) {
        let shown = |(layer, rule): (Layer, &Rule)| format!("{} {:?}", layer.as_str(), rule.to_value());
        let mut loaded: Vec<_> = contents
            .rules
            .iter()
            .map(|sourced| shown((sourced.origin.layer, &sourced.rule)))
            .collect();
        let mut expected: Vec<_> = self
            .rules
            .iter()
            .map(|((layer, _), rule)| shown((*layer, rule)))
            .collect();
        loaded.sort();
        expected.sort();
        assert_eq!(loaded, expected, "problems: {:?}", contents.problems);
        assert_eq!(contents.disabled, self.disabled);
        assert_eq!(contents.pins, self.pins);
    }
}

/// Packs are never edited, and only their rules have overrides.
fn writable(layer: Layer, id: &RuleId) -> Result<(), ErrorKind> {
    match (layer, id.pack()) {
        (Layer::Local, _) | (Layer::Override, Some(_)) => Ok(()),
        (Layer::Override, None) | (Layer::Community, _) => Err(ErrorKind::Unwritable),
    }
}

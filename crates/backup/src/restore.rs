//! What has to be written to a store so that it holds what was saved.

use crate::Saved;
use rules::{Layer, RuleId, SINGLES, Sourced};
use std::{collections::BTreeMap, sync::Arc};
use store::{Edit, Expected};

impl Saved {
    /// Whether there is nothing in it: no rule, pack, disabled id or pin.
    ///
    /// A record of singles without any of them counts as nothing: no store forgets it.
    pub fn is_empty(&self) -> bool {
        let contents = &self.contents;
        let has_packs = contents
            .packs
            .keys()
            .any(|name| name != SINGLES || !self.files_of(SINGLES).is_empty());
        contents.rules.is_empty()
            && !has_packs
            && contents.disabled.is_empty()
            && contents.pins.is_empty()
            && self.left_out.is_empty()
    }

    /// The edits that let a store which holds `there` hold what is saved here, in one write.
    ///
    /// What is the same in both is not touched, and what somebody else changes before the write makes that fail with
    /// [`ErrorKind::Changed`](store::ErrorKind::Changed). Singles cannot be taken out of a store as a whole: where none are saved,
    /// their files go and the record of their source stays.
    pub fn edits(&self, there: &Self) -> Vec<Edit> {
        let mut edits = self.edits_of_packs(there);
        edits.extend(self.edits_of_rules(there));
        let (wanted, found) = (&self.contents, &there.contents);
        let (disable, enable) = (
            wanted.disabled.iter().filter(|id| !found.disabled.contains(id)),
            found.disabled.iter().filter(|id| !wanted.disabled.contains(id)),
        );
        edits.extend(enable.cloned().map(Edit::Enable));
        edits.extend(disable.cloned().map(Edit::Disable));
        let unpin = found.pins.keys().filter(|id| !wanted.pins.contains_key(id));
        edits.extend(unpin.cloned().map(Edit::Unpin));
        let pin = wanted.pins.iter();
        let pin = pin.filter(|(id, layer)| found.pins.get(id) != Some(layer));
        edits.extend(pin.map(|(id, layer)| Edit::Pin(id.clone(), *layer)));
        // Packs that are left out stand there as well, and nobody has kept how.
        if !edits.is_empty() && there.left_out.is_empty() {
            edits.insert(0, Edit::ExpectPacks(Arc::new(found.packs.clone())));
        }
        edits
    }

    fn edits_of_packs(&self, there: &Self) -> Vec<Edit> {
        let (wanted, found) = (&self.contents.packs, &there.contents.packs);
        let gone = found
            .keys()
            .filter(|name| *name != SINGLES && !wanted.contains_key(*name));
        let mut edits: Vec<Edit> = gone.cloned().map(Edit::Uninstall).collect();
        for (name, pack) in wanted.iter().filter(|(name, _)| *name != SINGLES) {
            let is_same = found.get(name) == Some(pack) && self.files_of(name) == there.files_of(name);
            if !is_same {
                edits.push(Edit::Install(Arc::new(self.new_pack(name, pack))));
            }
        }
        let (files, there_files) = (self.files_of(SINGLES), there.files_of(SINGLES));
        let is_same_record = files.is_empty() || wanted.get(SINGLES) == found.get(SINGLES);
        let is_same = is_same_record && files == there_files;
        if !is_same {
            let without = || {
                let source = found.get(SINGLES)?.source.clone()?;
                Some(store::SinglesChange {
                    source,
                    put: Vec::new(),
                    remove: there_files.iter().map(|file| file.path.clone()).collect(),
                })
            };
            let change = self.singles(there_files).or_else(without);
            edits.extend(change.map(|change| Edit::Singles(Arc::new(change))));
        }
        edits
    }

    fn edits_of_rules(&self, there: &Self) -> Vec<Edit> {
        let (wanted, found) = (own_rules(self), own_rules(there));
        let gone = found.keys().filter(|place| !wanted.contains_key(*place));
        let mut edits: Vec<Edit> = gone
            .map(|place| Edit::Remove {
                layer: place.0,
                id: place.1.clone(),
                replaces: seen(found.get(place)),
            })
            .collect();
        let changed = wanted
            .iter()
            .filter(|(place, sourced)| !found.get(*place).is_some_and(|found| is_equal(found, sourced)));
        edits.extend(changed.map(|(place, sourced)| Edit::Put {
            layer: place.0,
            rule: Arc::clone(&sourced.rule),
            replaces: seen(found.get(place)),
        }));
        edits
    }
}

/// What stands in the place of an edit, as it was read.
fn seen(found: Option<&&Sourced>) -> Expected {
    found.map_or(Expected::Nothing, |found| Expected::Rule(Arc::clone(&found.rule)))
}

/// The rules of the user's own layers.
fn own_rules(saved: &Saved) -> BTreeMap<(Layer, &RuleId), &Sourced> {
    let rules = saved.contents.rules.iter();
    let own = rules.filter(|sourced| sourced.origin.layer != Layer::Community);
    own.map(|sourced| ((sourced.origin.layer, sourced.rule.id()), sourced))
        .collect()
}

/// Whether two rules are the same in all that is saved of them.
pub(crate) fn is_equal(a: &Sourced, b: &Sourced) -> bool {
    a.rule.same_rule(&b.rule) && a.rule.updated_at() == b.rule.updated_at()
}

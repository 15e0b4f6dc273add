//! A store that is obviously right: a few maps.

use crate::{Contents, Edit, ErrorKind, Expected, NewPack, SinglesChange};
use rules::{InstalledPack, Layer, Rule, RuleId, SINGLES, Sourced, check_pack_name};
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
    /// The installed packs.
    pub packs: BTreeMap<String, InstalledPack>,
    /// The rules of packs by pack and file; those of an installed pack stand under no file.
    pub community: BTreeMap<(String, String), Vec<Arc<Rule>>>,
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
            // Only a store knows which numbers it gave out: the suite writes none that it did not.
            Edit::ExpectState(_) => {}
            Edit::ExpectPacks(seen) => (**seen == self.packs).then_some(()).ok_or(ErrorKind::Changed)?,
            Edit::Disable(id) => drop(self.disabled.insert(id.clone())),
            Edit::Enable(id) => drop(self.disabled.remove(id)),
            Edit::Pin(id, layer) => drop(self.pins.insert(id.clone(), *layer)),
            Edit::Unpin(id) => drop(self.pins.remove(id)),
            Edit::Install(new) => self.install(new)?,
            Edit::Uninstall(name) => {
                check_pack_name(name).map_err(|_| ErrorKind::Unwritable)?;
                self.packs.remove(name);
                self.community.retain(|(pack, _), _| pack != name);
            }
            Edit::Singles(change) => self.change_singles(change)?,
        }
        Ok(())
    }

    fn install(&mut self, new: &NewPack) -> Result<(), ErrorKind> {
        let name = new
            .pack
            .manifest
            .as_ref()
            .map(|manifest| manifest.name.to_string());
        let name = name.ok_or(ErrorKind::Unwritable)?;
        check_pack_name(&name).map_err(|_| ErrorKind::Unwritable)?;
        new.files.iter().try_for_each(|file| inside(&file.path))?;
        of_pack(&name, &new.rules)?;
        self.packs.insert(name.clone(), new.pack.clone());
        self.community.insert((name, String::new()), new.rules.clone());
        Ok(())
    }

    fn change_singles(&mut self, change: &SinglesChange) -> Result<(), ErrorKind> {
        let place = |path: &str| (SINGLES.to_owned(), path.to_owned());
        for path in &change.remove {
            inside(path)?;
            self.community.remove(&place(path));
        }
        for single in &change.put {
            inside(&single.file.path)?;
            of_pack(SINGLES, &single.rules)?;
            self.community
                .insert(place(&single.file.path), single.rules.clone());
        }
        let pack = InstalledPack {
            manifest: None,
            source: Some(change.source.clone()),
        };
        self.packs.insert(SINGLES.to_owned(), pack);
        Ok(())
    }

    fn expect(&self, layer: Layer, id: &RuleId, expected: &Expected) -> Result<(), ErrorKind> {
        let found = self.standing(layer, id);
        let is_met = expected.is_met_by(found.map(|rule| &**rule));
        is_met.then_some(()).ok_or(ErrorKind::Changed)
    }

    /// The rule with that id in that layer; packs have one at most.
    pub(super) fn standing(&self, layer: Layer, id: &RuleId) -> Option<&Arc<Rule>> {
        let mut of_packs = self.community.values().flatten();
        match layer {
            Layer::Community => of_packs.find(|rule| rule.id() == id),
            Layer::Local | Layer::Override => self.rules.get(&(layer, id.clone())),
        }
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
        let mut loaded: Vec<_> = contents.rules.iter().map(shown).collect();
        let own = self.rules.iter().map(|((layer, id), rule)| {
            let pack = id.pack().filter(|_| *layer == Layer::Override);
            let version = pack.and_then(|pack| self.version(pack));
            format!(
                "{} {pack:?} {version:?} None true {:?}",
                layer.as_str(),
                rule.to_value()
            )
        });
        let community = self.community.iter().flat_map(|((pack, _), rules)| {
            let source = self.packs[pack].source.as_ref();
            let url = source.and_then(|source| source.url.as_deref());
            let trusted = source.is_some_and(|source| source.trusted);
            let place = format!("{:?} {:?} {url:?} {trusted}", Some(pack), self.version(pack));
            rules
                .iter()
                .map(move |rule| format!("community {place} {:?}", rule.to_value()))
        });
        let mut expected: Vec<_> = own.chain(community).collect();
        loaded.sort();
        expected.sort();
        assert_eq!(loaded, expected, "problems: {:?}", contents.problems);
        assert_eq!(contents.disabled, self.disabled);
        assert_eq!(contents.pins, self.pins);
        assert_eq!(contents.packs, self.packs);
    }

    /// The installed version of a pack: what it says itself, else what was recorded.
    fn version(&self, pack: &str) -> Option<String> {
        let pack = self.packs.get(pack)?;
        let recorded = || pack.source.as_ref().map(|source| &source.version);
        let said = pack.manifest.as_ref().map(|manifest| &manifest.version);
        said.or_else(recorded).map(ToString::to_string)
    }
}

fn shown(sourced: &Sourced) -> String {
    let origin = &sourced.origin;
    let (pack, version) = (origin.pack_name.as_deref(), origin.pack_version.as_deref());
    let place = format!(
        "{pack:?} {version:?} {:?} {}",
        origin.source_url.as_deref(),
        origin.trusted
    );
    format!("{} {place} {:?}", origin.layer.as_str(), sourced.rule.to_value())
}

/// A pack's files stay in its folder, and never say whom to trust.
fn inside(path: &str) -> Result<(), ErrorKind> {
    let is_bad = |part: &str| ["", ".", ".."].contains(&part) || part.contains(['\\', '\0']);
    let is_inside = !path.split('/').any(is_bad) && !path.eq_ignore_ascii_case(".source.json");
    is_inside.then_some(()).ok_or(ErrorKind::Unwritable)
}

fn of_pack(pack: &str, rules: &[Arc<Rule>]) -> Result<(), ErrorKind> {
    let is_all = rules.iter().all(|rule| rule.id().pack() == Some(pack));
    is_all.then_some(()).ok_or(ErrorKind::Unwritable)
}

/// Packs are never edited, and only their rules have overrides.
fn writable(layer: Layer, id: &RuleId) -> Result<(), ErrorKind> {
    match (layer, id.pack()) {
        (Layer::Local, _) | (Layer::Override, Some(_)) => Ok(()),
        (Layer::Override, None) | (Layer::Community, _) => Err(ErrorKind::Unwritable),
    }
}

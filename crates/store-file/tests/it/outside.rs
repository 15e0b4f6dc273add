//! Somebody who edits a tree by hand: makes, changes, moves, removes, breaks and repairs files.

use crate::tree::Tree;
use rules::{Layer, Rule, RuleId};
use std::{cell::Cell, collections::BTreeMap, fs, sync::Arc};
use store::contract::{Model, any_id, rule};

/// A tree and the one who edits it.
pub(crate) struct Outside {
    pub(crate) tree: Tree,
    /// Counts names and contents that were not used before.
    next: Cell<u32>,
}

impl Default for Outside {
    fn default() -> Self {
        Self {
            tree: Tree::quick(),
            next: Cell::new(0),
        }
    }
}

const BROKEN: &str = "broken: [\n";

impl Outside {
    /// Does one thing to the tree, and to the model what must follow from it.
    pub(crate) fn interfere(&self, model: &mut Model, dice: u64) {
        let rest = dice / 8;
        match dice % 8 {
            0 => self.add(model, &[any_id(rest)]),
            1 => self.add(model, &[any_id(rest), any_id(rest / 16)]),
            2 => self.with_a_file(rest, |path, rules| {
                fs::remove_file(self.tree.path(path)).unwrap();
                for place in rules.keys() {
                    model.rules.remove(place);
                }
            }),
            3 => self.with_a_file(rest, |path, _| {
                let (folder, _) = path.rsplit_once('/').unwrap();
                let to = self
                    .tree
                    .path(&format!("{folder}/moved-{}.rule.yaml", self.number()));
                fs::rename(self.tree.path(path), to).unwrap();
            }),
            4 => self.with_a_file(rest, |path, rules| {
                let changed = rules.keys().map(|place| (place.clone(), self.rule(&place.1)));
                let changed: BTreeMap<_, _> = changed.collect();
                self.write(path, &changed);
                model.rules.extend(changed);
            }),
            5 => self.with_a_file(rest, |path, rules| {
                self.tree.put(path, BROKEN);
                model.stuck.extend(rules.keys().cloned());
            }),
            6 => self.decide(model, &any_id(rest)),
            _ => self.repair(model),
        }
    }

    fn number(&self) -> u32 {
        self.next.replace(self.next.get() + 1)
    }

    /// A rule that was not there before.
    fn rule(&self, id: &RuleId) -> Arc<Rule> {
        rule(id.as_str(), &format!("/*{}*/", self.number()))
    }

    /// Makes a file with those of the ids that there are no local rules of.
    fn add(&self, model: &mut Model, ids: &[RuleId]) {
        let places = ids.iter().map(|id| (Layer::Local, id.clone()));
        let free = places.filter(|place| !model.rules.contains_key(place));
        let added: BTreeMap<_, _> = free.map(|place| (place.clone(), self.rule(&place.1))).collect();
        if !added.is_empty() {
            self.write(&format!("local/by/hand-{}.rule.yaml", self.number()), &added);
            model.rules.extend(added);
        }
    }

    /// Writes a file anew, without regard to who reads it meanwhile.
    fn write(&self, path: &str, rules: &BTreeMap<(Layer, RuleId), Arc<Rule>>) {
        let text = rulefile::print(&rules.values().map(|rule| &**rule).collect::<Vec<_>>());
        let ids_are_short = path.starts_with("overrides/");
        let text = match text.split_once(':') {
            Some((_, id_and_rest)) if ids_are_short => format!("id:{}", strip_pack(id_and_rest)),
            _ => text,
        };
        self.tree.put(path, text);
    }

    /// Does something to one of the files that are in order.
    fn with_a_file(&self, dice: u64, act: impl FnOnce(&str, &BTreeMap<(Layer, RuleId), Arc<Rule>>)) {
        let contents = self.tree.load();
        let mut files: BTreeMap<Arc<str>, BTreeMap<_, _>> = BTreeMap::new();
        let own = contents.rules.into_iter();
        for sourced in own.filter(|sourced| sourced.origin.layer != Layer::Community) {
            let file = sourced.origin.file.clone().unwrap();
            let place = (sourced.origin.layer, sourced.rule.id().clone());
            files.entry(file).or_default().insert(place, sourced.rule);
        }
        let n = usize::try_from(dice).unwrap() % files.len().max(1);
        if let Some((path, rules)) = files.iter().nth(n) {
            act(path, rules);
        }
    }

    /// Disables one more id, or enables it again.
    fn decide(&self, model: &mut Model, id: &RuleId) {
        if !model.disabled.remove(id) {
            model.disabled.insert(id.clone());
        }
        let quoted = |text: &str| format!("\"{text}\"");
        let disabled: Vec<_> = model.disabled.iter().map(|id| quoted(id.as_str())).collect();
        let pin =
            |(id, layer): (&RuleId, &Layer)| format!("{}:{}", quoted(id.as_str()), quoted(layer.as_str()));
        let pins: Vec<_> = model.pins.iter().map(pin).collect();
        let text = format!(
            "{{\"pins\":{{{}}},\"disabled\":[{}]}}",
            pins.join(","),
            disabled.join(",")
        );
        self.tree.put(".state.json", text);
    }

    /// Empties all files that are broken: their entries are gone.
    fn repair(&self, model: &mut Model) {
        for path in self
            .tree
            .files()
            .iter()
            .filter(|path| path.ends_with(".rule.yaml"))
        {
            if self.tree.read(path) == BROKEN {
                self.tree.put(path, "[]\n");
            }
        }
        let stuck = std::mem::take(&mut model.stuck);
        model.rules.retain(|place, _| !stuck.contains(place));
    }
}

/// The rest of a file after `id:`, its id without the pack's name.
fn strip_pack(id_and_rest: &str) -> String {
    let (id, rest) = id_and_rest.split_once('\n').unwrap();
    format!(
        " {}\n{rest}",
        id.rsplit_once(':').unwrap().1.trim_end_matches('\'')
    )
}

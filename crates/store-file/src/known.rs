//! What is known of the files: which rules stand where, and what changes when one of them does.

use crate::{outcome::Entry, read::Read, scan::RuleFile};
use rules::{Layer, Origin, Rule, RuleId, Sourced};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::Problem;

/// A file's place in the order in which rules are loaded. Names that differ only in ASCII case stand side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) layer: Layer,
    /// The path as problems and origins show it; one in its layer.
    pub(crate) shown: Arc<str>,
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_layer = self.layer.cmp(&other.layer);
        by_layer
            .then_with(|| self.folded().cmp(other.folded()))
            .then_with(|| self.shown.cmp(&other.shown))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Key {
    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.shown.bytes().map(|byte| byte.to_ascii_lowercase())
    }

    /// The first of all keys with this name in any case.
    pub(crate) fn first_alike(&self) -> Self {
        Self {
            layer: self.layer,
            shown: self.shown.to_ascii_uppercase().into(),
        }
    }

    /// Whether the names are the same but for ASCII case.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        self.layer == other.layer && self.shown.eq_ignore_ascii_case(&other.shown)
    }
}

/// A file and what it gave.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) file: RuleFile,
    /// Shared by its rules.
    pub(crate) origin: Arc<Origin>,
    pub(crate) read: Read,
}

impl Known {
    /// A file that was read; what an earlier look has made of it is shared.
    pub(crate) fn new(file: RuleFile, read: Read, earlier: Option<&Self>) -> Self {
        let origin = file.origin();
        let origin = match earlier {
            Some(earlier) if *earlier.origin == origin => Arc::clone(&earlier.origin),
            Some(_) | None => Arc::new(origin),
        };
        Self { file, origin, read }
    }

    fn rules(&self) -> &[Entry] {
        &self.read.outcome.rules
    }

    fn places<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = Place> + 'a {
        let rules = self.rules().iter().enumerate();
        rules.map(|(n, (rule, _))| Place {
            id: rule.id().clone(),
            key: key.clone(),
            n,
        })
    }

    fn sourced(&self, (rule, line): &Entry) -> Sourced {
        Sourced {
            rule: Arc::clone(rule),
            origin: Arc::clone(&self.origin),
            line: *line,
        }
    }
}

/// A rule of one id in one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    id: RuleId,
    key: Key,
    /// Its position among the file's rules.
    n: usize,
}

/// What a change touched.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub(crate) ids: BTreeSet<RuleId>,
    /// Whether anything that a reader is told has changed.
    pub(crate) is_changed: bool,
}

/// All files, in the order in which their rules are loaded.
#[derive(Debug, Default)]
pub(crate) struct Files {
    all: BTreeMap<Key, Known>,
    /// Those with problems.
    faulty: BTreeSet<Key>,
    /// Which ids stand where; made when it is first asked for.
    places: Option<BTreeSet<Place>>,
}

impl Files {
    pub(crate) fn get(&self, key: &Key) -> Option<&Known> {
        self.all.get(key)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.all.keys()
    }

    /// Whether there is a file in a layer.
    pub(crate) fn has_any_in(&self, layer: Layer) -> bool {
        let shown = "".into();
        let mut from = self.all.range(Key { layer, shown }..);
        from.next().is_some_and(|(found, _)| found.layer == layer)
    }

    /// The files whose names begin like that.
    pub(crate) fn below(&self, layer: Layer, start: &str) -> Vec<&Known> {
        let first = Key {
            layer,
            shown: start.into(),
        };
        let is_alike = |shown: &str| {
            let begins = shown.as_bytes().get(..start.len());
            begins.is_some_and(|begins| begins.eq_ignore_ascii_case(start.as_bytes()))
        };
        let from = self.all.range(first.first_alike()..);
        let alike = from.take_while(|(key, _)| key.layer == layer && is_alike(&key.shown));
        let below = alike.filter(|(key, _)| key.shown.starts_with(start));
        below.map(|(_, known)| known).collect()
    }

    /// Whether there is a file with this name, in any case.
    pub(crate) fn holds_alike(&self, key: &Key) -> bool {
        let mut from = self.all.range(key.first_alike()..);
        from.next().is_some_and(|(found, _)| found.is_alike(key))
    }

    /// Puts a file in the place of what was known under its name, or takes that out.
    pub(crate) fn set(&mut self, key: &Key, known: Option<Known>, touched: &mut Touched) {
        let earlier = self.all.get(key);
        compare(earlier, known.as_ref(), touched);
        if let Some(places) = &mut self.places {
            for place in earlier.into_iter().flat_map(|earlier| earlier.places(key)) {
                places.remove(&place);
            }
            places.extend(known.iter().flat_map(|known| known.places(key)));
        }
        match known
            .as_ref()
            .is_some_and(|known| known.read.outcome.has_problems())
        {
            true => drop(self.faulty.insert(key.clone())),
            false => drop(self.faulty.remove(key)),
        }
        match known {
            Some(known) => drop(self.all.insert(key.clone(), known)),
            None => drop(self.all.remove(key)),
        }
    }

    /// All rules.
    pub(crate) fn rules(&self) -> impl Iterator<Item = Sourced> {
        let of_file = |known: &Known| -> Vec<Sourced> {
            known.rules().iter().map(|entry| known.sourced(entry)).collect()
        };
        self.all.values().flat_map(of_file)
    }

    /// The rules with an id, each with its file.
    pub(crate) fn rules_of(&mut self, id: &RuleId) -> Vec<(Key, Sourced)> {
        let all = &self.all;
        let places = self
            .places
            .get_or_insert_with(|| all.iter().flat_map(|(key, known)| known.places(key)).collect());
        let first = Place {
            id: id.clone(),
            key: Key {
                layer: Layer::Local,
                shown: "".into(),
            },
            n: 0,
        };
        let of_id = places.range(first..).take_while(|place| place.id == *id);
        let sourced = |Place { key, n, .. }: &Place| {
            let known = &all[key];
            (key.clone(), known.sourced(&known.rules()[*n]))
        };
        of_id.map(sourced).collect()
    }

    /// The problems of all files, and how many are only counted.
    pub(crate) fn problems(&self, problems: &mut Vec<Problem>) -> usize {
        let outcomes = self.faulty.iter().map(|key| &self.all[key].read.outcome);
        let mut more = 0;
        for outcome in outcomes {
            problems.extend(outcome.problems.iter().cloned());
            more += outcome.problems_more;
        }
        more
    }
}

/// Finds the ids whose rules differ.
fn compare(earlier: Option<&Known>, later: Option<&Known>, touched: &mut Touched) {
    if let (Some(earlier), Some(later)) = (earlier, later)
        && Arc::ptr_eq(&earlier.read.outcome, &later.read.outcome)
        && Arc::ptr_eq(&earlier.origin, &later.origin)
    {
        return;
    }
    type Shown = Vec<(*const Rule, Option<u32>, *const Origin)>;
    let by_id = |known: Option<&Known>| {
        let mut by_id: BTreeMap<RuleId, Shown> = BTreeMap::new();
        let Some(known) = known else { return by_id };
        for (rule, line) in known.rules() {
            let shown = (Arc::as_ptr(rule), *line, Arc::as_ptr(&known.origin));
            by_id.entry(rule.id().clone()).or_default().push(shown);
        }
        by_id
    };
    let (earlier_rules, later_rules) = (by_id(earlier), by_id(later));
    let ids = earlier_rules.keys().chain(later_rules.keys());
    let differing = ids.filter(|id| earlier_rules.get(*id) != later_rules.get(*id));
    let before = touched.ids.len();
    touched.ids.extend(differing.cloned());
    let told = |known: Option<&Known>| {
        let outcome = known.map(|known| &known.read.outcome);
        outcome.map_or((Vec::new(), 0), |outcome| {
            (outcome.problems.clone(), outcome.problems_more)
        })
    };
    touched.is_changed |= touched.ids.len() > before || told(earlier) != told(later);
}

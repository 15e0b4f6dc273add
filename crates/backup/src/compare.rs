//! What two saved contents have in common.

use crate::{Saved, restore::is_equal};
use rules::{InstalledPack, Layer, PackFile, SINGLES, Sourced};
use std::{collections::BTreeMap, fmt::Display};

/// The most differences of a kind that are named.
pub const DIFFERENCES_MAX: usize = 5;

/// Two saved contents, kind by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// One row a kind of thing, always the same ones.
    pub rows: Vec<Row>,
}

/// What both have of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is compared: `local rules`, `packs`, …
    pub kind: &'static str,
    /// How many the source has.
    pub source: usize,
    /// How many the target has.
    pub target: usize,
    /// How many are in one of them only, or not the same in both.
    pub differences: usize,
    /// The names of the first [`DIFFERENCES_MAX`] of those.
    pub first: Vec<String>,
}

impl Comparison {
    /// Whether everything is the same.
    pub fn is_equal(&self) -> bool {
        self.rows.iter().all(|row| row.differences == 0)
    }
}

/// Compares everything but the numbers of the states and where the user's own rules stand.
pub fn compare(source: &Saved, target: &Saved) -> Comparison {
    let of_layer = |kind, layer| {
        let rules = |saved| of_layer(saved, layer);
        row(kind, &rules(source), &rules(target), |a, b| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_equal(a, b))
        })
    };
    let (a, b) = (&source.contents, &target.contents);
    let disabled = |saved: &Saved| {
        saved
            .contents
            .disabled
            .iter()
            .map(|id| (id.clone(), ()))
            .collect()
    };
    Comparison {
        rows: vec![
            of_layer("local rules", Layer::Local),
            of_layer("overrides", Layer::Override),
            of_layer("rules of packs", Layer::Community),
            row("packs", &packs(source), &packs(target), PartialEq::eq),
            row("singles", &singles(source), &singles(target), PartialEq::eq),
            row(
                "disabled ids",
                &disabled(source),
                &disabled(target),
                PartialEq::eq,
            ),
            row("pins", &a.pins, &b.pins, PartialEq::eq),
        ],
    }
}

fn row<K: Ord + Display, V>(
    kind: &'static str,
    source: &BTreeMap<K, V>,
    target: &BTreeMap<K, V>,
    is_same: impl Fn(&V, &V) -> bool,
) -> Row {
    let differs = |(key, value): &(&K, &V)| !target.get(key).is_some_and(|other| is_same(value, other));
    let missing = target.keys().filter(|key| !source.contains_key(key));
    let names: Vec<&K> = source
        .iter()
        .filter(differs)
        .map(|(key, _)| key)
        .chain(missing)
        .collect();
    Row {
        kind,
        source: source.len(),
        target: target.len(),
        differences: names.len(),
        first: names
            .iter()
            .take(DIFFERENCES_MAX)
            .map(ToString::to_string)
            .collect(),
    }
}

/// The rules of a layer by id; a pack may have several of one.
fn of_layer(saved: &Saved, layer: Layer) -> BTreeMap<rules::RuleId, Vec<&Sourced>> {
    let mut by_id: BTreeMap<_, Vec<&Sourced>> = BTreeMap::new();
    for sourced in &saved.contents.rules {
        if sourced.origin.layer == layer {
            by_id.entry(sourced.rule.id().clone()).or_default().push(sourced);
        }
    }
    by_id
}

fn packs(saved: &Saved) -> BTreeMap<&str, (&InstalledPack, &[PackFile])> {
    let packs = saved.contents.packs.iter();
    let packs = packs.filter(|(name, _)| *name != SINGLES);
    packs
        .map(|(name, pack)| (name.as_str(), (pack, saved.files_of(name))))
        .collect()
}

/// The files of the singles, each with where they come from: without files there is nothing to be told of it.
fn singles(saved: &Saved) -> BTreeMap<&str, (&[u8], Option<&InstalledPack>)> {
    let pack = saved.contents.packs.get(SINGLES);
    let files = saved.files_of(SINGLES).iter();
    files
        .map(|file| (file.path.as_str(), (file.bytes.as_slice(), pack)))
        .collect()
}

//! Turns rules of all layers into one entry a rule: in force, or why not.
//!
//! The result does not depend on the order in which the rules were loaded, and merging it again changes nothing.

use crate::{
    Layer, LeftOut, Origin, Precedence, RuleId, Score, Sourced, Timestamp, limits, precedence::credible,
};
use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Whose packs' JavaScript is given to pages (`PACK_JS`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PackJs {
    /// That of trusted packs.
    #[default]
    Trusted,
    /// That of every pack.
    All,
    /// That of none.
    None,
}

/// Whether a rule takes part in matching, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It does (unless it has expired, which depends on the time of the question).
    Active,
    /// Its id is disabled.
    Disabled,
    /// A rule with the same id from this origin stands above it.
    Shadowed {
        /// The layer of the rule that hides it.
        by: Layer,
        /// That rule's file, where it has one.
        file: Option<Arc<str>>,
    },
    /// An override whose pack is not installed.
    Orphaned,
    /// It has only JavaScript, and its pack's JavaScript is not given to pages.
    Untrusted,
}

/// A rule, its origin, and its state.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The rule and where it comes from.
    pub sourced: Sourced,
    /// Whether it takes part.
    pub state: State,
    /// Its score under the policy in force.
    pub score: Score,
    /// Whether its JavaScript is given to pages.
    pub gives_js: bool,
}

impl Entry {
    /// Whether every page has to be verified against it.
    pub(crate) fn is_residual(&self) -> bool {
        self.state == State::Active && self.sourced.rule.pattern.is_residual()
    }

    /// The state at a time: `active` turns into `expired`.
    pub fn state_at(&self, now: Timestamp) -> &'static str {
        match self.state {
            State::Active if self.sourced.rule.is_expired(now) => "expired",
            State::Active => "active",
            State::Disabled => "disabled",
            State::Shadowed { .. } => "shadowed",
            State::Orphaned => "orphaned",
            State::Untrusted => "untrusted",
        }
    }
}

/// All that decides which rules are in force.
#[derive(Clone, Debug)]
pub struct MergeInput {
    /// The rules of all layers, in any order.
    pub rules: Vec<Sourced>,
    /// The installed packs.
    pub packs: BTreeSet<String>,
    /// Packs that are recorded as trusted, and are not by the keys that are configured now.
    pub distrusted: BTreeSet<String>,
    /// Disabled effective ids.
    pub disabled: BTreeSet<RuleId>,
    /// Pinned layers by effective id.
    pub pins: BTreeMap<RuleId, Layer>,
    /// Whose JavaScript counts.
    pub pack_js: PackJs,
    /// The most rules a set may hold.
    pub rules_max: usize,
}

impl Default for MergeInput {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            packs: BTreeSet::new(),
            distrusted: BTreeSet::new(),
            disabled: BTreeSet::new(),
            pins: BTreeMap::new(),
            pack_js: PackJs::default(),
            rules_max: limits::RULES_MAX,
        }
    }
}

/// The result of a merge.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// Every rule, by effective id, then layer; equal input in any order gives an equal list.
    pub entries: Vec<Arc<Entry>>,
    /// Rules left out of the set, and doubles that were reported.
    pub left_out: Vec<LeftOut>,
    /// The time of the merge, by which an `updated_at` lies in the future.
    pub merged_at: Timestamp,
    /// At which other times the merge of the same rules comes out the same.
    pub holds: Span,
    /// Whether a bound of the set left rules out.
    pub is_cut: bool,
}

/// A span of time in which the same `updated_at` lie in the future, so that the same rules merge the same way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The latest `updated_at` that does not; before it, it would. None: the span has no beginning.
    pub from: Option<Timestamp>,
    /// The first `updated_at` that does; from it on, it no longer would. None: the span has no end.
    pub until: Option<Timestamp>,
}

impl Span {
    /// The span around `now` of these rules.
    fn of(rules: &[Sourced], now: Timestamp) -> Self {
        let times = || rules.iter().filter_map(|sourced| sourced.rule.updated_at);
        Self {
            from: times().filter(|time| *time <= now).max(),
            until: times().filter(|time| *time > now).min(),
        }
    }

    /// Whether the time lies in it.
    pub fn covers(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }

    /// What lies in both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            until: self.until.into_iter().chain(other.until).min(),
        }
    }
}

/// Merges the layers. `now` decides which `updated_at` lie in the future.
pub fn merge(mut input: MergeInput, now: Timestamp) -> Merged {
    let mut rules = std::mem::take(&mut input.rules);
    take_trust(&mut rules, &input.distrusted);
    let holds = Span::of(&rules, now);
    rules.sort_by(|a, b| compare_doubles(a, b, now));
    let mut left_out = Vec::new();
    drop_doubles(&mut rules, &mut left_out);
    let mut entries = Vec::with_capacity(rules.len());
    for group in rules.chunk_by(|a, b| a.rule.id == b.rule.id) {
        let winner = winner_of(group, &input);
        entries.extend(group.iter().map(|sourced| entry(sourced, winner, group, &input)));
    }
    let merged = entries.len();
    drop_beyond_residual(&mut entries, &mut left_out, now);
    drop_beyond_max(&mut entries, input.rules_max, &mut left_out, now);
    let is_cut = entries.len() < merged;
    let entries = entries.into_iter().map(Arc::new).collect();
    Merged {
        entries,
        left_out,
        merged_at: now,
        holds,
        is_cut,
    }
}

/// Takes the trust away from the rules of packs that have lost it; from here on nobody sees what was recorded.
fn take_trust(rules: &mut [Sourced], distrusted: &BTreeSet<String>) {
    let has_lost_it = |sourced: &&mut Sourced| {
        let Origin {
            layer,
            pack_name,
            trusted,
            ..
        } = &*sourced.origin;
        let pack = pack_name.as_deref();
        *trusted && *layer == Layer::Community && pack.is_some_and(|pack| distrusted.contains(pack))
    };
    for sourced in rules.iter_mut().filter(has_lost_it) {
        Arc::make_mut(&mut sourced.origin).trusted = false;
    }
}

/// Of several rules with one id in one layer, the position of the one that counts.
pub fn in_force(doubles: &[Sourced], now: Timestamp) -> Option<usize> {
    (0..doubles.len()).min_by(|a, b| compare_doubles(&doubles[*a], &doubles[*b], now))
}

/// By id, then layer; of rules of one layer with the same id the one that counts comes first.
fn compare_doubles(a: &Sourced, b: &Sourced, now: Timestamp) -> Ordering {
    let by_id = a
        .rule
        .id
        .cmp(&b.rule.id)
        .then_with(|| a.origin.layer.cmp(&b.origin.layer));
    by_id.then_with(|| {
        let age = |sourced: &Sourced| Reverse(credible(sourced.rule.updated_at, now));
        age(a)
            .cmp(&age(b))
            .then_with(|| a.origin.file.cmp(&b.origin.file))
            .then_with(|| {
                // Nothing that the user can see decides here; what decides must still be the same in every process.
                let rest = |sourced: &Sourced| {
                    format!(
                        "{:?}{:?}{}",
                        sourced.rule.to_value(),
                        sourced.origin,
                        sourced.rule.id
                    )
                };
                rest(a).cmp(&rest(b))
            })
    })
}

/// Keeps the first rule of each id and layer, and reports both it and those that it hides.
fn drop_doubles(rules: &mut Vec<Sourced>, left_out: &mut Vec<LeftOut>) {
    let same = |a: &Sourced, b: &Sourced| a.rule.id == b.rule.id && a.origin.layer == b.origin.layer;
    for doubles in rules.chunk_by(same).filter(|doubles| doubles.len() > 1) {
        let (kept, hidden) = (&doubles[0], &doubles[1..]);
        let others: Vec<_> = hidden.iter().take(3).map(place).collect();
        let more = if hidden.len() > others.len() { ", …" } else { "" };
        let reason = format!(
            "the same id stands in {}{more}; this one is used",
            others.join(", ")
        );
        left_out.push(LeftOut {
            skipped: false,
            ..LeftOut::of(kept, "id", reason)
        });
        left_out.extend(hidden.iter().map(|sourced| {
            let reason = format!(
                "the same id stands in {}, which is used: the newer `updated_at` counts, then the path that sorts first",
                place(kept)
            );
            LeftOut::of(sourced, "id", reason)
        }));
    }
    rules.dedup_by(|later, earlier| same(later, earlier));
}

fn place(sourced: &Sourced) -> String {
    sourced
        .origin
        .file
        .as_ref()
        .map_or_else(|| "the same source".to_owned(), |file| format!("`{file}`"))
}

/// The rule of a group with one id that hides the others; absent where all are orphaned.
fn winner_of<'a>(group: &'a [Sourced], input: &MergeInput) -> Option<&'a Sourced> {
    let mut present = group.iter().filter(|sourced| !is_orphaned(sourced, group, input));
    let pinned = input.pins.get(&group[0].rule.id);
    let mut by_pin = present
        .clone()
        .filter(|sourced| Some(&sourced.origin.layer) == pinned);
    by_pin.next().or_else(|| present.next())
}

fn is_orphaned(sourced: &Sourced, group: &[Sourced], input: &MergeInput) -> bool {
    let is_installed = |pack: &str| {
        input.packs.contains(pack) || group.iter().any(|other| other.origin.layer == Layer::Community)
    };
    sourced.origin.layer == Layer::Override && !sourced.rule.id.pack().is_some_and(is_installed)
}

fn entry(sourced: &Sourced, winner: Option<&Sourced>, group: &[Sourced], input: &MergeInput) -> Entry {
    let origin = &sourced.origin;
    let is_own = origin.layer != Layer::Community;
    let gives_js = is_own
        || match input.pack_js {
            PackJs::Trusted => origin.trusted,
            PackJs::All => true,
            PackJs::None => false,
        };
    let assets = sourced.rule.assets();
    let state = match winner {
        _ if is_orphaned(sourced, group, input) => State::Orphaned,
        Some(winner) if !std::ptr::eq(winner, sourced) => State::Shadowed {
            by: winner.origin.layer,
            file: winner.origin.file.clone(),
        },
        _ if input.disabled.contains(&sourced.rule.id) => State::Disabled,
        _ if !gives_js && assets.css.is_empty() => State::Untrusted,
        _ => State::Active,
    };
    let score = Score::of(&sourced.rule, is_own || origin.trusted);
    Entry {
        sourced: sourced.clone(),
        state,
        score,
        gives_js,
    }
}

/// Leaves out rules that no index can keep from being verified on every page, beyond a bound.
fn drop_beyond_residual(entries: &mut Vec<Entry>, left_out: &mut Vec<LeftOut>, now: Timestamp) {
    let reason = format!(
        "its pattern has no literal of three bytes, and a set holds at most {} such rules",
        limits::RESIDUAL_RULES_MAX
    );
    let bound = limits::RESIDUAL_RULES_MAX;
    drop_beyond(
        entries,
        (Entry::is_residual, bound),
        left_out,
        ("pattern", &reason),
        now,
    );
}

fn drop_beyond_max(entries: &mut Vec<Entry>, bound: usize, left_out: &mut Vec<LeftOut>, now: Timestamp) {
    let reason = format!("a set holds at most {bound} rules (`MAX_RULES`)");
    drop_beyond(entries, (|_: &Entry| true, bound), left_out, ("", &reason), now);
}

/// Leaves out the entries of a kind that pass a bound: community rules first, then those of lowest rank.
fn drop_beyond(
    entries: &mut Vec<Entry>,
    (is_counted, bound): (impl Fn(&Entry) -> bool, usize),
    left_out: &mut Vec<LeftOut>,
    (field, reason): (&'static str, &str),
    now: Timestamp,
) {
    let mut counted: Vec<usize> = (0..entries.len()).filter(|&n| is_counted(&entries[n])).collect();
    if counted.len() <= bound {
        return;
    }
    counted.sort_by_cached_key(|&n| {
        let entry = &entries[n];
        let is_community = entry.sourced.origin.layer == Layer::Community;
        (is_community, Precedence::of(&entry.sourced, entry.score, now))
    });
    let dropped: BTreeSet<usize> = counted.split_off(bound).into_iter().collect();
    let report = |&n: &usize| LeftOut::of(&entries[n].sourced, field, reason.to_owned());
    left_out.extend(dropped.iter().map(report));
    let mut n = 0;
    entries.retain(|_| {
        n += 1;
        !dropped.contains(&(n - 1))
    });
}

#[cfg(test)]
mod tests;

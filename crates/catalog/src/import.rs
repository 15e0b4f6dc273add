//! Many rules become local in one write: which are taken is a plan, made without looking anywhere but at its input.
//!
//! A rule keeps its id and its attribution. It keeps `created_at` too, so that what is exported and imported is the
//! same rule; the time of its last change is that of the import. An id counts as taken if a *local* rule has it: a
//! pack's rule, or an override, is hidden by the local one as everywhere.

use crate::{Catalog, Error, Snapshot};
use rules::{Entry, Layer, Rule, RuleId, Timestamp};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};
use store::{Edit, Expected};

/// What becomes of a rule whose id is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// The one that is there stays.
    #[default]
    Skip,
    /// The imported one takes its place.
    Replace,
}

/// How an import is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// What becomes of a rule whose id is taken.
    pub on_conflict: OnConflict,
    /// Whether one rule that is refused keeps all others out.
    pub atomic: bool,
}

/// What became of one rule of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Added,
    /// It took the place of a local rule with its id.
    Replaced,
    /// A local rule has its id, and stays.
    Skipped,
    /// An earlier rule of the same import, at this index, has its id.
    Repeated(usize),
    /// It is not valid.
    Refused,
    /// It is valid, and another one was refused in an import that is atomic.
    Withheld,
}

/// How often an import is planned anew without the rules that the store could not write.
const ATTEMPTS_MAX: usize = 16;

/// What an import came to.
#[derive(Clone)]
pub struct Imported {
    /// In the order of the rules.
    pub outcomes: Vec<Outcome>,
    /// Of valid rules that were refused because their place cannot be written: the index and the reason.
    pub unwritable: Vec<(usize, String)>,
    /// Of rules that are stored and left out of the set: the index and the reason.
    pub left_out: Vec<(usize, String)>,
    /// The rules after it.
    pub snapshot: Arc<Snapshot>,
    /// Whether anything was written.
    pub changed: bool,
}

impl Imported {
    /// The indices of the rules that were taken.
    pub fn taken(&self) -> impl Iterator<Item = usize> + '_ {
        let is_taken = |outcome: &Outcome| matches!(outcome, Outcome::Added | Outcome::Replaced);
        let outcomes = self.outcomes.iter().enumerate();
        outcomes
            .filter(move |(_, outcome)| is_taken(outcome))
            .map(|(n, _)| n)
    }
}

/// What an import is going to do.
#[derive(Debug, Default)]
struct Plan {
    outcomes: Vec<Outcome>,
    edits: Vec<Edit>,
}

/// What stands in the way of a new local rule.
enum Taken {
    /// A local rule.
    By(Arc<Rule>),
    /// A local rule of which only the id is known, since it is left out of the set.
    BySomething,
}

impl Catalog {
    /// Makes rules local, in one write; `None` stands for one that was refused before.
    ///
    /// A rule that cannot be written, since the entry that it would replace cannot be rewritten, is refused like one
    /// that is not valid.
    ///
    /// # Errors
    ///
    /// [`Error::Full`], and those of [`change`](Self::change); nothing was changed, except where the variant says so.
    pub async fn import(
        &self,
        mut rules: Vec<Option<Arc<Rule>>>,
        options: ImportOptions,
    ) -> Result<Imported, Error> {
        let mut unwritable = Vec::new();
        for _ in 1..ATTEMPTS_MAX {
            match self.import_writable(rules.clone(), options).await {
                Err(Error::Unwritable(error)) if set_aside(&mut rules, &error, &mut unwritable) => {}
                done => {
                    return done.map(|imported| Imported {
                        unwritable,
                        ..imported
                    });
                }
            }
        }
        let done = self.import_writable(rules, options).await;
        done.map(|imported| Imported {
            unwritable,
            ..imported
        })
    }

    async fn import_writable(
        &self,
        rules: Vec<Option<Arc<Rule>>>,
        options: ImportOptions,
    ) -> Result<Imported, Error> {
        let rules_max = self.settings().rules_max;
        let rules: Arc<[_]> = rules.into();
        let outcomes = Arc::new(Mutex::new(Vec::new()));
        let (imported, planned) = (Arc::clone(&rules), Arc::clone(&outcomes));
        let changed = self
            .change(move |snapshot, now| {
                let left_out: HashSet<_> = local_left_out(snapshot).collect();
                let Plan { outcomes, edits } =
                    plan(&imported, |id| taken(snapshot, &left_out, id), options, now);
                refuse_if_full(snapshot, &outcomes, rules_max)?;
                *planned.lock().expect("no holder of the lock panics") = outcomes;
                Ok(edits)
            })
            .await?;
        let outcomes = std::mem::take(&mut *outcomes.lock().expect("no holder of the lock panics"));
        Ok(Imported {
            unwritable: Vec::new(),
            left_out: left_out_of(&changed.snapshot, &rules, &outcomes),
            outcomes,
            changed: !changed.edits.is_empty(),
            snapshot: changed.snapshot,
        })
    }
}

/// Takes out the rules that the store could not write; says whether there were any.
fn set_aside(
    rules: &mut [Option<Arc<Rule>>],
    error: &store::Error,
    unwritable: &mut Vec<(usize, String)>,
) -> bool {
    let reasons: HashMap<_, _> = error.rules.iter().map(|(id, reason)| (id, reason)).collect();
    let before = unwritable.len();
    for (n, slot) in rules.iter_mut().enumerate() {
        let reason = slot.as_ref().and_then(|rule| reasons.get(rule.id()));
        if let Some(reason) = reason {
            unwritable.push((n, (*reason).clone()));
            *slot = None;
        }
    }
    unwritable.len() > before
}

/// Refuses rules that would push others out of the set; a pack's make room by themselves.
fn refuse_if_full(snapshot: &Snapshot, outcomes: &[Outcome], rules_max: usize) -> Result<(), Error> {
    let added = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::Added)
        .count();
    let entries = snapshot.set().entries();
    let is_own = |entry: &&Arc<Entry>| entry.sourced.origin.layer != Layer::Community;
    if added > 0 && entries.iter().filter(is_own).count() + added > rules_max {
        return Err(Error::Full(rules_max));
    }
    Ok(())
}

/// Ids of local rules that are stored and no part of the set.
fn local_left_out(snapshot: &Snapshot) -> impl Iterator<Item = &RuleId> {
    let left_out = snapshot.set().left_out().iter();
    left_out
        .filter(|left_out| left_out.skipped && left_out.origin.layer == Layer::Local)
        .map(|left_out| &left_out.id)
}

fn taken(snapshot: &Snapshot, left_out: &HashSet<&RuleId>, id: &RuleId) -> Option<Taken> {
    let mut entries = snapshot.set().all_of(id.as_str()).iter();
    let local = entries.find(|entry| entry.sourced.origin.layer == Layer::Local);
    let is_left_out = || left_out.contains(id).then_some(Taken::BySomething);
    local
        .filter(|_| !left_out.contains(id))
        .map(|entry| Taken::By(Arc::clone(&entry.sourced.rule)))
        .or_else(is_left_out)
}

/// Decides what becomes of each rule.
fn plan(
    rules: &[Option<Arc<Rule>>],
    taken: impl Fn(&RuleId) -> Option<Taken>,
    options: ImportOptions,
    now: Timestamp,
) -> Plan {
    if options.atomic && rules.iter().any(Option::is_none) {
        let outcome = |rule: &Option<_>| rule.as_ref().map_or(Outcome::Refused, |_| Outcome::Withheld);
        return Plan {
            outcomes: rules.iter().map(outcome).collect(),
            edits: Vec::new(),
        };
    }
    let mut plan = Plan::default();
    let mut first = HashMap::new();
    for (n, rule) in rules.iter().enumerate() {
        let outcome = match rule {
            None => Outcome::Refused,
            Some(rule) => match *first.entry(rule.id()).or_insert(n) {
                earlier if earlier < n => Outcome::Repeated(earlier),
                _ => plan.take(rule, taken(rule.id()), options.on_conflict, now),
            },
        };
        plan.outcomes.push(outcome);
    }
    plan
}

impl Plan {
    fn take(
        &mut self,
        rule: &Arc<Rule>,
        taken: Option<Taken>,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Outcome {
        if taken.is_some() && on_conflict == OnConflict::Skip {
            return Outcome::Skipped;
        }
        let outcome = taken.as_ref().map_or(Outcome::Added, |_| Outcome::Replaced);
        let (created_at, updated_at, replaces) = match taken {
            None => (None, now, Expected::Nothing),
            Some(Taken::BySomething) => (None, now, Expected::Anything),
            Some(Taken::By(seen)) => (seen.created_at(), after(&seen, now), Expected::Rule(seen)),
        };
        let created_at = rule.created_at().or(created_at);
        self.edits.push(Edit::Put {
            layer: Layer::Local,
            rule: Arc::new(Rule::clone(rule).with_times(created_at, updated_at)),
            replaces,
        });
        outcome
    }
}

/// The time of a change: later than the one before, even where the clock went back.
fn after(seen: &Rule, now: Timestamp) -> Timestamp {
    let next = |seen: Timestamp| Timestamp::from_millis(seen.as_millis().saturating_add(1));
    seen.updated_at().map_or(now, |seen| now.max(next(seen)))
}

/// Which of the rules that were taken are no part of the set, and why.
fn left_out_of(
    snapshot: &Snapshot,
    rules: &[Option<Arc<Rule>>],
    outcomes: &[Outcome],
) -> Vec<(usize, String)> {
    let left_out = snapshot
        .set()
        .left_out()
        .iter()
        .filter(|left_out| left_out.skipped);
    let reasons: HashMap<_, _> = left_out
        .filter(|left_out| left_out.origin.layer == Layer::Local)
        .map(|left_out| (&left_out.id, &left_out.reason))
        .collect();
    let is_taken = |outcome: &Outcome| matches!(outcome, Outcome::Added | Outcome::Replaced);
    let taken = rules
        .iter()
        .zip(outcomes)
        .enumerate()
        .filter(|(_, (_, outcome))| is_taken(outcome));
    let reason = |(n, (rule, _)): (usize, (&Option<Arc<Rule>>, _))| {
        let reason = reasons.get(rule.as_ref()?.id())?;
        Some((n, (*reason).clone()))
    };
    taken.filter_map(reason).collect()
}

#[cfg(test)]
mod tests;

//! What the store holds becomes a snapshot: the only way into one.
//!
//! Where the store can tell what changed since the snapshot in force, only that is merged, into a set beside the same
//! base; else everything is loaded, merged and compiled. Both give the same set. Merging and compiling run off the
//! threads that answer requests.

use crate::{
    Error, SeenProblem, Snapshot, catalog::Inner, census::Census, problems, queue::Outcome,
    snapshot::Compiled, tally::Operation,
};
use rules::{InstalledPack, MergeInput, RuleId, RuleSet, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
};
use store::{Changes, Contents, Look, PROBLEMS_MAX, Problem, Revision};

/// A delta that has grown so many times beyond its bound is compacted at once: the background does not keep up.
const DELTA_FACTOR_MAX: usize = 8;

pub(crate) async fn refresh(inner: Arc<Inner>, look: Look) -> Outcome {
    let threads = inner.settings.threads;
    if let Some(previous) = loaded(&inner)
        && let Some(changes) = changes(&inner, previous.revision, look).await?
    {
        let inner = Arc::clone(&inner);
        let followed = threads.run(move || follow(&inner, &previous, changes));
        if let Some(snapshot) = followed.await?? {
            return Ok(snapshot);
        }
    }
    let load = inner.store.load();
    let contents = inner.tally.store.count(Operation::Load, load).await?;
    threads.run(move || replace(&inner, contents)).await?
}

/// The snapshot in force, if it is one of this store: the number of one that stands in is not.
fn loaded(inner: &Inner) -> Option<Arc<Snapshot>> {
    let in_force = inner.current.load_full();
    in_force.filter(|snapshot| snapshot.kept_at.is_none())
}

async fn changes(inner: &Inner, since: Revision, look: Look) -> Result<Option<Changes>, store::Error> {
    let changes = inner.store.changes(since, look);
    inner.tally.store.count(Operation::Changes, changes).await
}

/// What the store says besides the rules.
struct Report {
    revision: Revision,
    problems: Vec<Problem>,
    problems_more: usize,
}

/// Publishes what changed since the snapshot in force; `None` when only all rules together can tell.
fn follow(inner: &Inner, previous: &Arc<Snapshot>, changes: Changes) -> Result<Option<Arc<Snapshot>>, Error> {
    let now = inner.clock.now();
    forward(Some(previous), changes.revision)?;
    if previous.is_stale(now) {
        return Ok(None);
    }
    let Changes {
        revision,
        rules,
        disabled,
        pins,
        problems,
        problems_more,
    } = changes;
    let report = Report {
        revision,
        problems,
        problems_more,
    };
    if revision == previous.revision || rules.is_empty() {
        let same = Arc::clone(&previous.compiled);
        return Ok(Some(publish(inner, Some(previous), same, report, now)));
    }
    let touched = rules.keys().cloned().collect();
    let input = MergeInput {
        rules: rules.into_values().flatten().collect(),
        packs: previous.compiled.packs.keys().cloned().collect(),
        distrusted: distrusted(inner, &previous.compiled.packs),
        disabled,
        pins,
        pack_js: inner.settings.pack_js,
        rules_max: inner.settings.rules_max,
    };
    let Some(compiled) = change(inner, &previous.compiled, &touched, input, now) else {
        return Ok(None);
    };
    let snapshot = publish(inner, Some(previous), Arc::new(compiled), report, now);
    inner.tally.matches.forget(touched.iter(), snapshot.set());
    Ok(Some(snapshot))
}

/// Publishes everything that the store holds; nothing changed, nothing published.
fn replace(inner: &Inner, contents: Contents) -> Outcome {
    let now = inner.clock.now();
    let previous = loaded(inner);
    let Contents {
        revision,
        rules,
        packs,
        disabled,
        pins,
        problems,
        problems_more,
    } = contents;
    forward(previous.as_ref(), revision)?;
    let unchanged = previous
        .as_ref()
        .filter(|snapshot| snapshot.revision == revision && !snapshot.is_stale(now));
    let compiled = match unchanged {
        Some(snapshot) => Arc::clone(&snapshot.compiled),
        None => {
            let input = MergeInput {
                rules,
                disabled,
                pins,
                ..MergeInput::default()
            };
            Arc::new(compile(inner, input, packs, now))
        }
    };
    let report = Report {
        revision,
        problems,
        problems_more,
    };
    let snapshot = publish(inner, previous.as_ref(), compiled, report, now);
    if unchanged.is_none() {
        inner.tally.matches.forget_all(snapshot.set());
    }
    Ok(snapshot)
}

/// Publishes rules that were kept from an earlier process, unless there are rules in force.
pub(crate) fn stand_in(inner: &Inner, contents: Contents, kept_at: Timestamp) -> Option<Arc<Snapshot>> {
    let now = inner.clock.now();
    let input = MergeInput {
        rules: contents.rules,
        disabled: contents.disabled,
        pins: contents.pins,
        ..MergeInput::default()
    };
    let compiled = Arc::new(compile(inner, input, contents.packs, now));
    let (problems, problems_more) = seen(inner, None, contents.problems, &compiled.set, now);
    let snapshot = Arc::new(Snapshot {
        compiled,
        revision: contents.revision,
        problems,
        problems_more,
        loaded_at: now,
        kept_at: Some(kept_at),
    });
    // A refresh may have come first: what it has published stays, and what it publishes takes the place of this one.
    let none: Option<Arc<Snapshot>> = None;
    let before = inner.current.compare_and_swap(&none, Some(Arc::clone(&snapshot)));
    before.is_none().then(|| {
        inner.published.send_replace(());
        snapshot
    })
}

/// The packs whose recorded trust does not count by the keys that are configured.
fn distrusted(inner: &Inner, packs: &BTreeMap<String, InstalledPack>) -> BTreeSet<String> {
    let keys = &inner.settings.keys;
    let has_lost_it = |pack: &InstalledPack| pack.is_trusted() && !::packs::plan::is_trusted(pack, keys);
    let lost = packs.iter().filter(|(_, pack)| has_lost_it(pack));
    lost.map(|(name, _)| name.clone()).collect()
}

/// Refuses a state that is older than the one in force.
fn forward(previous: Option<&Arc<Snapshot>>, loaded: Revision) -> Result<(), Error> {
    let in_force = previous.map(|snapshot| snapshot.revision);
    match in_force.filter(|in_force| loaded < *in_force) {
        Some(in_force) => Err(Error::Backwards { in_force, loaded }),
        None => Ok(()),
    }
}

/// Merges the touched ids again.
fn change(
    inner: &Inner,
    before: &Compiled,
    touched: &BTreeSet<RuleId>,
    input: MergeInput,
    now: Timestamp,
) -> Option<Compiled> {
    let pins = input.pins.clone();
    let mut set = before.set.changed(touched, input, now)?;
    let of = |set| {
        let set: &RuleSet = set;
        touched.iter().flat_map(|id| set.all_of(id.as_str()))
    };
    let census = before.census.changed(of(&before.set), of(&set));
    if set.delta_len() > inner.settings.delta_max.saturating_mul(DELTA_FACTOR_MAX) {
        set = set.compacted();
    }
    note_time(inner, now);
    let packs = Arc::clone(&before.packs);
    Some(Compiled::new(inner, set, census, packs, pins))
}

/// Merges and compiles all rules, as the packs and the settings have it.
fn compile(
    inner: &Inner,
    input: MergeInput,
    packs: BTreeMap<String, InstalledPack>,
    now: Timestamp,
) -> Compiled {
    let input = MergeInput {
        packs: packs.keys().cloned().collect(),
        distrusted: distrusted(inner, &packs),
        pack_js: inner.settings.pack_js,
        rules_max: inner.settings.rules_max,
        ..input
    };
    let pins = input.pins.clone();
    let set = RuleSet::compile(rules::merge(input, now));
    let census = Census::of(&set);
    note_time(inner, now);
    Compiled::new(inner, set, census, Arc::new(packs), pins)
}

/// Notes how long it took since it began.
fn note_time(inner: &Inner, began: Timestamp) {
    let took = inner.clock.now().as_millis().saturating_sub(began.as_millis());
    inner
        .build_ms
        .store(u64::try_from(took).unwrap_or(0), Ordering::Relaxed);
}

/// Publishes a compiled set with its problems; nothing changed, nothing published.
fn publish(
    inner: &Inner,
    previous: Option<&Arc<Snapshot>>,
    compiled: Arc<Compiled>,
    report: Report,
    now: Timestamp,
) -> Arc<Snapshot> {
    let (problems, beyond) = seen(inner, previous, report.problems, &compiled.set, now);
    let problems_more = report.problems_more + beyond;
    if let Some(snapshot) = previous.filter(|snapshot| Arc::ptr_eq(&snapshot.compiled, &compiled))
        && snapshot.revision == report.revision
        && (&snapshot.problems, snapshot.problems_more) == (&problems, problems_more)
    {
        return Arc::clone(snapshot);
    }
    let snapshot = Arc::new(Snapshot {
        compiled,
        revision: report.revision,
        problems,
        problems_more,
        loaded_at: now,
        kept_at: None,
    });
    inner.current.store(Some(Arc::clone(&snapshot)));
    inner.published.send_replace(());
    snapshot
}

/// The store's problems and what the set left out, each with the time since when it has been so; and how many did not
/// fit. Shared with the snapshot before while they are the same: most changes have no part in them.
fn seen(
    inner: &Inner,
    previous: Option<&Arc<Snapshot>>,
    problems: Vec<Problem>,
    set: &RuleSet,
    now: Timestamp,
) -> (Arc<[SeenProblem]>, usize) {
    let all = problems.len() + set.left_out().len();
    let is_same = |snapshot: &&Arc<Snapshot>| {
        let known = snapshot.problems.iter().map(|seen| &seen.problem);
        std::ptr::eq(snapshot.set().left_out(), set.left_out())
            && snapshot.problems.len() == all.min(PROBLEMS_MAX)
            && known.zip(&problems).all(|(known, problem)| known == problem)
    };
    if let Some(snapshot) = previous.filter(is_same) {
        let beyond = all - snapshot.problems.len();
        return (Arc::clone(&snapshot.problems), beyond);
    }
    let left_out = set.left_out().iter().map(problems::of_left_out);
    let mut memory = inner.memory.lock().expect("no holder of the lock panics");
    let (seen, beyond) = memory.observe(problems.into_iter().chain(left_out), now);
    (seen.into(), beyond)
}

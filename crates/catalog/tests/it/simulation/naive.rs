//! What a state of the store means, said naively: everything merged anew, every rule asked about every page.

use catalog::{Settings, Snapshot};
use rules::{Entry, MergeInput, Merged, Mode, Precedence, State, Timestamp};
use std::sync::Arc;
use store::Contents;
use urlmatch::Candidate;

/// Merges a state at a time.
pub(super) fn merge(contents: &Contents, settings: &Settings, now: Timestamp) -> Merged {
    let input = MergeInput {
        rules: contents.rules.clone(),
        packs: contents.packs.keys().cloned().collect(),
        distrusted: Default::default(),
        disabled: contents.disabled.clone(),
        pins: contents.pins.clone(),
        pack_js: settings.pack_js,
        rules_max: settings.rules_max,
    };
    rules::merge(input, now)
}

/// How a snapshot differs from a state.
pub(super) fn compare(snapshot: &Snapshot, contents: &Contents, merged: &Merged) -> Result<(), String> {
    let set = snapshot.set();
    let shown: Vec<_> = set.entries().iter().collect();
    let is_same = |(a, b): (&&Arc<Entry>, &Arc<Entry>)| {
        a.sourced.rule.same_rule(&b.sourced.rule)
            && a.sourced.rule.updated_at() == b.sourced.rule.updated_at()
            && a.sourced.origin == b.sourced.origin
            && (&a.state, a.score, a.gives_js) == (&b.state, b.score, b.gives_js)
    };
    let are_same = shown.len() == merged.entries.len() && shown.iter().zip(&merged.entries).all(is_same);
    if !are_same {
        return Err(format!(
            "it shows {:?}, stored is {:?}",
            brief(shown.into_iter()),
            brief(merged.entries.iter())
        ));
    }
    let active = merged.entries.iter().filter(|entry| entry.state == State::Active);
    if set.len() != active.count() {
        return Err(format!("{} rules take part", set.len()));
    }
    let left_out = |list: &[rules::LeftOut]| format!("{list:?}");
    if left_out(set.left_out()) != left_out(&merged.left_out) {
        return Err(format!("it leaves out {:?}", set.left_out()));
    }
    let pins = contents.rules.iter().map(|sourced| sourced.rule.id());
    if let Some(id) = pins
        .chain(contents.pins.keys())
        .find(|id| snapshot.pin(id) != contents.pins.get(id).copied())
    {
        return Err(format!("{id} is pinned to {:?}", snapshot.pin(id)));
    }
    let shown = snapshot.problems();
    let lists = |problem: &store::Problem| shown.iter().any(|shown| shown.problem == *problem);
    let all = contents.problems.len() + merged.left_out.len();
    let is_listed = contents.problems.iter().all(lists);
    (is_listed && shown.len() + snapshot.problems_more() == all)
        .then_some(())
        .ok_or_else(|| format!("its problems are {shown:?}"))
}

fn brief<'a>(entries: impl Iterator<Item = &'a Arc<Entry>>) -> Vec<String> {
    let one = |entry: &Arc<Entry>| {
        let rule = &entry.sourced.rule;
        let layer = entry.sourced.origin.layer.as_str();
        format!("{layer} {} {:?} {:?}", rule.id(), entry.state, rule.to_value())
    };
    entries.map(one).collect()
}

/// How an answer differs from asking every rule.
pub(super) fn ask(
    snapshot: &Snapshot,
    merged: &Merged,
    page: &Candidate,
    mode: Mode,
    now: Timestamp,
) -> Result<(), String> {
    let applies = |entry: &&Arc<Entry>| {
        let rule = &entry.sourced.rule;
        entry.state == State::Active && !rule.is_expired(now) && rule.applies_to(page)
    };
    let mut matching: Vec<_> = merged.entries.iter().filter(applies).collect();
    matching.sort_by_key(|entry| Precedence::of(&entry.sourced, entry.score, merged.merged_at));
    if mode == Mode::Best {
        matching.truncate(1);
    }
    let answer = snapshot.resolve(page, mode, now);
    let given = answer.resolution.rules.iter().map(|resolved| &resolved.entry);
    let key = |entry: &Arc<Entry>| (entry.sourced.rule.id().clone(), entry.sourced.rule.updated_at());
    if given.clone().map(key).eq(matching.iter().map(|entry| key(entry))) {
        return Ok(());
    }
    Err(format!(
        "{} gets {:?} (cached: {}), it should get {:?}",
        page.as_str(),
        brief(given),
        answer.cache_hit,
        brief(matching.into_iter())
    ))
}

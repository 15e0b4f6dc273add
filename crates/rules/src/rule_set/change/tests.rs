//! A set that was changed step by step is the set that all rules together make.

use super::super::{Mode, Resolution, RuleSet, StackLimits};
use crate::{
    Entry, Explanation, Layer, LeftOut, MergeInput, RuleId, Timestamp, limits, merge, on_parser_stack,
    sample::{Sample, any_sample, any_url, input, later, now, page, rule},
};
use proptest::{collection, prelude::*, sample::select};
use std::{collections::BTreeSet, sync::Arc};

const IDS: [&str; 11] = ["a", "B", "b", "c", "p:a", "p:b", "q:a", "d", "e", "f", "g"];

fn id(text: &str) -> RuleId {
    RuleId::parse(text).unwrap()
}

/// What happens to a set in one step.
#[derive(Clone, Debug)]
enum Step {
    /// These ids have these rules, and the switches of the first one are turned.
    Change(Vec<&'static str>, Vec<Sample>, Switch),
    /// So many milliseconds pass, or go back.
    Time(i64),
    /// The set is compacted.
    Compact,
    /// The set is compacted, but the result comes only after so many further steps.
    CompactLater(usize),
}

#[derive(Clone, Copy, Debug)]
enum Switch {
    None,
    Disabled,
    Pinned(Layer),
    Unpinned,
}

fn any_step() -> impl Strategy<Value = Step> {
    let switch = select(vec![
        Switch::None,
        Switch::None,
        Switch::Disabled,
        Switch::Pinned(Layer::Community),
        Switch::Pinned(Layer::Override),
        Switch::Unpinned,
    ]);
    let ids = collection::vec(select(IDS.to_vec()), 1..4);
    let change = (ids, collection::vec(any_rule(), 0..4), switch);
    prop_oneof![
        12 => change.prop_map(|(ids, samples, switch)| Step::Change(ids, samples, switch)),
        1 => select(vec![-1500_i64, -500, 1, 1000]).prop_map(Step::Time),
        1 => Just(Step::Compact),
        2 => (0..4_usize).prop_map(Step::CompactLater),
    ]
}

/// Any rule; some of them are dear to verify.
fn any_rule() -> impl Strategy<Value = Sample> {
    let dear = format!("example.com/{}*", "*a".repeat(199));
    (any_sample(), prop::bool::weighted(0.1)).prop_map(move |(sample, is_dear)| match is_dear {
        true => sample.kind("wildcard").text("pattern", &dear),
        false => sample,
    })
}

/// All rules as they are now, and how they are set up.
#[derive(Clone)]
struct World {
    all: MergeInput,
    now: Timestamp,
}

impl World {
    fn compile(&self) -> RuleSet {
        RuleSet::compile(merge(self.all.clone(), self.now))
    }

    /// Does what a step does to the rules, and says which ids it touched.
    fn change(&mut self, ids: &[&str], samples: &[Sample], switch: Switch) -> BTreeSet<RuleId> {
        let touched: BTreeSet<_> = ids.iter().map(|text| id(text)).collect();
        self.all
            .rules
            .retain(|sourced| !touched.contains(&sourced.rule.id));
        let sourced = samples
            .iter()
            .zip(ids.iter().cycle())
            .map(|(sample, id)| sample.clone().text("id", id).sourced());
        self.all.rules.extend(sourced);
        let first = id(ids[0]);
        match switch {
            Switch::None => {}
            Switch::Disabled => {
                if !self.all.disabled.remove(&first) {
                    self.all.disabled.insert(first);
                }
            }
            Switch::Pinned(layer) => drop(self.all.pins.insert(first, layer)),
            Switch::Unpinned => drop(self.all.pins.remove(&first)),
        }
        touched
    }

    /// What a store says of the touched ids.
    fn of(&self, touched: &BTreeSet<RuleId>) -> MergeInput {
        let is_touched = |sourced: &&crate::Sourced| touched.contains(&sourced.rule.id);
        MergeInput {
            rules: self.all.rules.iter().filter(is_touched).cloned().collect(),
            ..self.all.clone()
        }
    }
}

/// A set that goes through steps, and the compactions that are under way.
struct Live {
    set: Arc<RuleSet>,
    under_way: Vec<(usize, Arc<RuleSet>, RuleSet)>,
}

impl Live {
    fn step(&mut self, world: &mut World, step: &Step) {
        match step {
            Step::Change(ids, samples, switch) => {
                let touched = world.change(ids, samples, *switch);
                let fresh = world.compile();
                let impossible = self.set.is_cut || fresh.is_cut || !self.set.holds.covers(world.now);
                let changed = self.set.changed(&touched, world.of(&touched), world.now);
                assert_eq!(
                    changed.is_none(),
                    impossible,
                    "only bounds and time ask for all rules"
                );
                self.set = Arc::new(changed.unwrap_or(fresh));
            }
            Step::Time(by) => {
                world.now = Timestamp::from_millis(world.now.as_millis() + by);
                if !self.set.holds.covers(world.now) {
                    self.set = Arc::new(world.compile());
                }
            }
            Step::Compact => {
                self.set = Arc::new(self.set.compacted());
                assert_eq!(self.set.delta_len(), 0);
            }
            Step::CompactLater(steps) => {
                let compacted = self.set.compacted();
                self.under_way.push((*steps, Arc::clone(&self.set), compacted));
            }
        }
        for n in (0..self.under_way.len()).rev() {
            if self.under_way[n].0 == 0 {
                let (_, earlier, compacted) = self.under_way.remove(n);
                let rebased = self.set.rebased(&earlier, &compacted);
                self.set = rebased.map_or_else(|| Arc::clone(&self.set), Arc::new);
            } else {
                self.under_way[n].0 -= 1;
            }
        }
    }
}

/// Everything that a caller can see of an entry.
fn seen_entry(entry: &Entry) -> String {
    let Entry {
        sourced,
        state,
        score,
        gives_js,
    } = entry;
    let value = sourced.rule.to_value();
    format!("{value:?} {:?} {state:?} {score:?} {gives_js}", sourced.origin)
}

fn seen_left_out(left_out: &LeftOut) -> String {
    format!("{left_out:?}")
}

fn seen_resolution(resolution: &Resolution) -> String {
    let rules: Vec<_> = resolution
        .rules
        .iter()
        .map(|rule| seen_entry(&rule.entry))
        .collect();
    let Resolution {
        css,
        js,
        truncated,
        over_budget,
        valid_until,
        ..
    } = resolution;
    format!("{rules:?} {css} {js} {truncated} {over_budget:?} {valid_until:?}")
}

fn seen_explanation(explanation: &Explanation) -> Vec<String> {
    let explained = explanation.candidates.iter();
    explained
        .map(|one| {
            format!(
                "{:?} {:?} {} {}",
                one.rank,
                one.outcome,
                one.reason,
                seen_entry(&one.entry)
            )
        })
        .collect()
}

/// Everything that can be seen of a set as a whole.
fn seen(set: &RuleSet) -> (Vec<String>, Vec<String>, [usize; 4], Vec<String>) {
    let entries = set.entries();
    let counts = [set.len(), entries.len(), entries.iter().len(), set.residual];
    let found = IDS.map(|id| {
        let all: Vec<_> = set.all_of(id).iter().map(|entry| seen_entry(entry)).collect();
        format!("{:?} of {all:?}", set.find(id).map(|entry| seen_entry(entry)))
    });
    (
        entries.iter().map(|entry| seen_entry(entry)).collect(),
        set.left_out().iter().map(seen_left_out).collect(),
        counts,
        found.into(),
    )
}

/// What a page gets, and why, in both modes.
fn answers(set: &RuleSet, url: &str, limits: StackLimits, now: Timestamp) -> Vec<String> {
    let page = page(url);
    let of_mode = |mode| {
        let explanation = set.explain_within(&page, mode, limits, now);
        let mut lines = seen_explanation(&explanation);
        lines.push(seen_resolution(&set.resolve(&page, mode, limits, now)));
        lines
    };
    [Mode::Best, Mode::All].map(of_mode).concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Feature: asset-injector, Property: a set that was changed is the set that its rules make
    #[test]
    fn a_changed_set_is_the_compiled_one(
        samples in collection::vec(any_rule(), 0..16),
        packs in collection::btree_set(select(vec!["p".to_owned(), "q".to_owned()]), 0..2),
        rules_max in select(vec![limits::RULES_MAX, limits::RULES_MAX, limits::RULES_MAX, 12]),
        steps in collection::vec(any_step(), 1..16),
        urls in collection::vec(any_url(), 3),
        rules in 0..5_usize,
    ) {
        on_parser_stack(|| {
            let mut world = World { all: MergeInput { packs, rules_max, ..input(&samples) }, now: now() };
            let mut live = Live { set: Arc::new(world.compile()), under_way: Vec::new() };
            let limits = StackLimits { rules, ..StackLimits::default() };
            let long = format!("https://example.com/{}", "b".repeat(8000));
            for step in &steps {
                live.step(&mut world, step);
                let fresh = world.compile();
                prop_assert_eq!(seen(&live.set), seen(&fresh), "after {:?}", step);
                prop_assert!(live.set.stale_at() <= fresh.stale_at() || fresh.stale_at().is_none());
                // Hostile to dear patterns, and slow: only once.
                let hostile = std::ptr::eq(step, &steps[steps.len() - 1]).then_some(&long);
                for url in urls.iter().chain(hostile) {
                    let (answers, expected) = (answers(&live.set, url, limits, world.now), answers(&fresh, url, limits, world.now));
                    prop_assert_eq!(answers, expected, "{} after {:?}", url, step);
                }
            }
            Ok(())
        })?;
    }
}

/// The set after one id has these rules.
fn with(set: &RuleSet, text: &str, samples: &[Sample]) -> Option<RuleSet> {
    set.changed(&[id(text)].into(), input(samples), now())
}

#[test]
fn a_change_shares_the_base_and_what_is_left_out() {
    let double = [rule("a", "*").file("1"), rule("a", "*").file("2"), rule("b", "*")];
    let set = RuleSet::compile(merge(input(&double), now()));
    let changed = with(&set, "b", &[rule("b", "example.com/*")]).unwrap();
    assert!(Arc::ptr_eq(&set.base, &changed.base) && Arc::ptr_eq(&set.left_out, &changed.left_out));
    assert_eq!((set.delta_len(), changed.delta_len()), (0, 2));
    let mended = with(&changed, "A", &[rule("a", "*").file("1")]).unwrap();
    assert_eq!((changed.left_out().len(), mended.left_out().len()), (2, 0));
}

#[test]
fn a_rule_that_comes_and_goes_leaves_nothing_behind() {
    let set = RuleSet::compile(merge(input(&[rule("b", "*")]), now()));
    let added = with(&set, "a", &[rule("a", "*")]).unwrap();
    let removed = with(&added, "a", &[]).unwrap();
    assert_eq!((added.delta_len(), removed.delta_len()), (1, 0));
    assert!(removed.find("a").is_none());
}

#[test]
fn the_bound_on_rules_without_a_literal_asks_for_all_rules() {
    let bound = limits::RESIDUAL_RULES_MAX;
    let samples: Vec<_> = (0..bound - 1).map(|n| rule(&format!("r{n}"), "*")).collect();
    let set = RuleSet::compile(merge(input(&samples), now()));
    let full = with(&set, "x", &[rule("x", "*")]).expect("the last one fits");
    assert!(with(&full, "y", &[rule("y", "*")]).is_none());
    assert!(with(&full, "y", &[rule("y", "example.com/*")]).is_some());
    let room = with(&full, "r7", &[]).unwrap();
    assert!(with(&room, "y", &[rule("y", "*")]).is_some());
}

#[test]
fn a_change_at_a_time_at_which_all_rules_would_rank_otherwise_asks_for_all_rules() {
    let samples = [
        rule("a", "*").updated(later(-5)),
        rule("b", "*").updated(later(5)),
    ];
    let set = RuleSet::compile(merge(input(&samples), now()));
    let at = |millis| {
        set.changed(&[id("c")].into(), input(&[rule("c", "*")]), later(millis))
            .is_some()
    };
    assert_eq!([-6, -5, 4, 5].map(at), [false, true, true, false]);
    assert_eq!(set.stale_at(), Some(later(5)));
}

#[test]
fn a_compaction_of_another_base_is_of_no_use() {
    let set = RuleSet::compile(merge(input(&[rule("a", "*")]), now()));
    let rebuilt = RuleSet::compile(merge(input(&[rule("b", "*")]), now()));
    assert!(rebuilt.rebased(&set, &set.compacted()).is_none());
}

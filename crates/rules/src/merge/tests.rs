//! Which of several rules with one id is in force, and that load order has no part in it.

use super::{Merged, PackJs, State, merge};
use crate::{
    Layer, MergeInput, RuleId, limits,
    sample::{Sample, any_samples, input, later, now, rule},
};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

fn id(text: &str) -> RuleId {
    RuleId::parse(text).unwrap()
}

fn with_pack(samples: &[Sample]) -> MergeInput {
    MergeInput {
        packs: ["p".to_owned()].into(),
        ..input(samples)
    }
}

/// The entries as `layer id state`, and how many were left out.
fn outcome(input: MergeInput) -> (Vec<String>, usize) {
    let merged = merge(input, now());
    let line = |entry: &Arc<super::Entry>| {
        let layer = entry.sourced.origin.layer.as_str();
        format!("{layer} {} {}", entry.sourced.rule.id(), entry.state_at(now()))
    };
    (merged.entries.iter().map(line).collect(), merged.left_out.len())
}

fn three_layers() -> Vec<Sample> {
    [Layer::Community, Layer::Local, Layer::Override]
        .map(|layer| rule("p:a", "a.test/*").layer(layer))
        .into()
}

#[test]
fn local_stands_above_override_above_community() {
    let (entries, _) = outcome(with_pack(&three_layers()));
    assert_eq!(
        entries,
        [
            "local p:a active",
            "override p:a shadowed",
            "community p:a shadowed"
        ]
    );
    let (entries, _) = outcome(with_pack(&three_layers()[..1]));
    assert_eq!(entries, ["community p:a active"]);
}

#[test]
fn a_pin_chooses_another_source_while_it_is_there() {
    let pin = |layer, samples: &[Sample]| MergeInput {
        pins: [(id("P:A".to_lowercase().as_str()), layer)].into(),
        ..with_pack(samples)
    };
    let (entries, _) = outcome(pin(Layer::Community, &three_layers()));
    assert_eq!(
        entries,
        [
            "local p:a shadowed",
            "override p:a shadowed",
            "community p:a active"
        ]
    );
    let (entries, _) = outcome(pin(Layer::Override, &three_layers()[..2]));
    assert_eq!(
        entries,
        ["local p:a active", "community p:a shadowed"],
        "the pinned source is gone"
    );
}

#[test]
fn a_shadowed_rule_names_the_one_that_hides_it() {
    let samples = [
        rule("a", "*").layer(Layer::Community),
        rule("A", "*").file("local/a.rule.yaml"),
    ];
    let merged = merge(input(&samples), now());
    let expected = State::Shadowed {
        by: Layer::Local,
        file: Some("local/a.rule.yaml".into()),
    };
    assert_eq!(
        merged.entries[1].state, expected,
        "ids that differ in case are the same id"
    );
}

#[test]
fn shadowing_comes_before_disabling_and_disabling_before_expiry() {
    let disabled = |samples: &[Sample]| MergeInput {
        disabled: [id("p:A")].into(),
        ..with_pack(samples)
    };
    let (entries, _) = outcome(disabled(&three_layers()));
    assert_eq!(
        entries,
        [
            "local p:a disabled",
            "override p:a shadowed",
            "community p:a shadowed"
        ]
    );
    let expired = rule("p:a", "a.test/*").expires(now());
    assert_eq!(
        outcome(disabled(std::slice::from_ref(&expired))).0,
        ["local p:a disabled"]
    );
    let (entries, _) = outcome(with_pack(&[expired, three_layers()[0].clone()]));
    assert_eq!(
        entries,
        ["local p:a expired", "community p:a shadowed"],
        "an expired rule still shadows"
    );
}

#[test]
fn an_override_without_its_pack_is_orphaned_until_the_pack_is_back() {
    let samples = [rule("p:a", "a.test/*").layer(Layer::Override)];
    assert_eq!(outcome(input(&samples)).0, ["override p:a orphaned"]);
    assert_eq!(outcome(with_pack(&samples)).0, ["override p:a active"]);
    let local = [samples[0].clone(), rule("p:a", "a.test/*")];
    assert_eq!(
        outcome(input(&local)).0,
        ["local p:a active", "override p:a orphaned"]
    );
    let pinned = MergeInput {
        pins: BTreeMap::from([(id("p:a"), Layer::Override)]),
        ..input(&local)
    };
    assert_eq!(
        outcome(pinned).0,
        ["local p:a active", "override p:a orphaned"],
        "a pin does not bring it back"
    );
}

#[test]
fn of_two_files_with_one_id_the_newer_wins_then_the_path_that_sorts_first() {
    let at = |file: &str, millis| {
        rule("a", "a.test/*")
            .file(file)
            .updated(later(millis))
            .css(&format!("#{file}{{}}"))
    };
    for (samples, kept) in [
        ([at("1", -5), at("2", -1)], "2"),
        ([at("2", -5), at("1", -5)], "1"),
        ([at("1", -5), at("2", 5)], "1"),
        ([at("2", -5), rule("a", "a.test/*").file("1")], "2"),
    ] {
        let merged = merge(input(&samples), now());
        assert_eq!(merged.entries.len(), 1);
        assert_eq!(merged.entries[0].sourced.origin.file.as_deref(), Some(kept));
        assert_eq!(merged.left_out.len(), 2, "both are reported");
        assert!(merged.left_out[0].reason.ends_with("this one is used"));
        // The one that is used was reported as skipped.
        assert_eq!(
            merged
                .left_out
                .iter()
                .map(|double| double.skipped)
                .collect::<Vec<_>>(),
            [false, true]
        );
        assert!(
            merged.left_out[1]
                .reason
                .contains(&format!("`{kept}`, which is used"))
        );
    }
}

#[test]
fn an_untrusted_pack_gives_css_only_and_its_priority_does_not_count() {
    let both = rule("p:a", "a.test/*")
        .js("x()")
        .priority(9000)
        .layer(Layer::Community);
    let only_js = rule("p:b", "a.test/*").css("").js("x()").layer(Layer::Community);
    let merged = |sample: &Sample, pack_js| {
        let merged = merge(
            MergeInput {
                pack_js,
                ..with_pack(std::slice::from_ref(sample))
            },
            now(),
        );
        let entry = &merged.entries[0];
        (entry.state.clone(), entry.gives_js, entry.score.value)
    };
    assert_eq!(merged(&both, PackJs::Trusted), (State::Active, false, 108));
    assert_eq!(
        merged(&both, PackJs::All),
        (State::Active, true, 108),
        "priority follows trust alone"
    );
    assert_eq!(
        merged(&both.clone().trusted(), PackJs::Trusted),
        (State::Active, true, 9000)
    );
    assert_eq!(
        merged(&both.trusted(), PackJs::None),
        (State::Active, false, 9000)
    );
    assert_eq!(merged(&only_js, PackJs::Trusted).0, State::Untrusted);
    assert_eq!(merged(&only_js, PackJs::All).0, State::Active);
    assert_eq!(
        merged(&only_js.clone().trusted(), PackJs::None).0,
        State::Untrusted
    );
    assert_eq!(
        merged(&only_js.layer(Layer::Local), PackJs::None),
        (State::Active, true, 108),
        "the user's own"
    );
}

#[test]
fn disabled_ids_apply_to_whatever_arrives() {
    let disabled = MergeInput {
        disabled: [id("A"), id("unknown")].into(),
        ..input(&[rule("a", "*"), rule("b", "*")])
    };
    assert_eq!(outcome(disabled).0, ["local a disabled", "local b active"]);
}

#[test]
fn rules_beyond_the_bound_are_left_out_community_first_then_the_lowest_rank() {
    let samples = [
        rule("p:c", "a.test/*")
            .layer(Layer::Community)
            .trusted()
            .priority(9000),
        rule("low", "a.test/*").priority(1),
        rule("high", "a.test/*"),
    ];
    let kept = |rules_max| {
        outcome(MergeInput {
            rules_max,
            ..input(&samples)
        })
    };
    assert_eq!(kept(3).1, 0);
    assert_eq!(
        kept(2),
        (
            vec!["local high active".to_owned(), "local low active".to_owned()],
            1
        )
    );
    assert_eq!(kept(1), (vec!["local high active".to_owned()], 2));
    assert_eq!(kept(0).1, 3);
}

#[test]
fn rules_without_a_literal_of_three_bytes_are_bounded() {
    let bound = limits::RESIDUAL_RULES_MAX;
    let mut samples: Vec<_> = (0..bound).map(|n| rule(&format!("r{n}"), "*")).collect();
    samples.push(rule("p:x", "*").layer(Layer::Community).trusted().priority(9000));
    samples.push(rule("low", "*").priority(0));
    samples.push(rule("literal", "example.com/*"));
    samples.push(rule("p:off", "*"));
    let disabled = MergeInput {
        disabled: [id("p:off")].into(),
        ..input(&samples)
    };
    let merged = merge(disabled, now());
    let left_out: Vec<_> = merged
        .left_out
        .iter()
        .map(|left_out| left_out.id.as_str())
        .collect();
    assert_eq!(left_out, ["low", "p:x"]);
    assert!(merged.left_out.iter().all(|left_out| left_out.field == "pattern"));
    assert_eq!(merged.entries.len(), bound + 2);
}

/// Everything that can be seen of a result.
fn seen(merged: &Merged) -> String {
    let entry = |entry: &super::Entry| {
        let super::Entry {
            sourced,
            state,
            score,
            gives_js,
        } = entry;
        format!(
            "{:?} {:?} {state:?} {score:?} {gives_js}",
            sourced.rule.to_value(),
            sourced.origin
        )
    };
    let entries: Vec<_> = merged.entries.iter().map(|shared| entry(shared)).collect();
    format!("{entries:#?}{:#?}", merged.left_out)
}

#[test]
fn a_pack_that_lost_its_trust_counts_as_one_that_never_had_it() {
    let rule = rule("p:a", "a.test/*")
        .js("x()")
        .priority(9000)
        .layer(Layer::Community)
        .trusted();
    let merged = |distrusted: &str| {
        let mut input = MergeInput {
            distrusted: [distrusted.to_owned()].into(),
            ..with_pack(std::slice::from_ref(&rule))
        };
        Arc::make_mut(&mut input.rules[0].origin).pack_name = Some("p".into());
        let entry = merge(input, now()).entries.remove(0);
        (entry.sourced.origin.trusted, entry.gives_js, entry.score.value)
    };
    assert_eq!(merged("q"), (true, true, 9000));
    assert_eq!(merged("p"), (false, false, 108));
}

fn any_input() -> impl Strategy<Value = MergeInput> {
    let packs = prop::collection::btree_set(prop::sample::select(vec!["p".to_owned(), "q".to_owned()]), 0..2);
    let ids = || prop::sample::select(vec!["a", "b", "p:a", "q:a", "c"]).prop_map(id);
    let layers = prop::sample::select(vec![Layer::Local, Layer::Override, Layer::Community]);
    let pins = prop::collection::btree_map(ids(), layers, 0..3);
    let pack_js = prop::sample::select(vec![PackJs::All, PackJs::Trusted, PackJs::None]);
    let disabled = prop::collection::btree_set(ids(), 0..3);
    (any_samples(), packs, pins, disabled, pack_js, 0..30_usize).prop_map(
        |(samples, packs, pins, disabled, pack_js, rules_max)| MergeInput {
            packs,
            pins,
            disabled,
            pack_js,
            rules_max,
            ..input(&samples)
        },
    )
}

proptest! {
    /// Feature: asset-injector, Property: a merge does not depend on the load order
    #[test]
    fn load_order_has_no_part(input in any_input(), seed in any::<u64>()) {
        let mut shuffled = input.clone();
        let len = shuffled.rules.len().max(1) as u64;
        for n in (0..shuffled.rules.len()).rev() {
            shuffled.rules.swap(n, (seed.rotate_left(n as u32) % len) as usize);
        }
        prop_assert_eq!(seen(&merge(input, now())), seen(&merge(shuffled, now())));
    }

    /// Feature: asset-injector, Property: merging what a merge kept changes nothing
    #[test]
    fn idempotent(input in any_input()) {
        // With a bound or the rules of a community one drops what held others down, so both stand aside.
        let input = MergeInput { rules_max: limits::RULES_MAX, ..input };
        let once = merge(input.clone(), now());
        let rules = once.entries.iter().map(|entry| entry.sourced.clone()).collect();
        let twice = merge(MergeInput { rules, ..input }, now());
        prop_assert!(twice.left_out.is_empty());
        let once = Merged { left_out: Vec::new(), ..once };
        prop_assert_eq!(seen(&once), seen(&twice));
    }

    /// Feature: asset-injector, Property: at most one rule of an id takes part
    #[test]
    fn one_rule_of_an_id_takes_part(input in any_input()) {
        let merged = merge(input, now());
        let mut ids: Vec<_> = merged.entries.iter().filter(|entry| entry.state == State::Active).map(|entry| entry.sourced.rule.id()).collect();
        let all = ids.len();
        ids.dedup();
        prop_assert_eq!(ids.len(), all);
    }
}

//! The plan: counts add up, twice is once, order does not matter, nothing happens by halves.

use super::{ImportOptions, OnConflict, Outcome, Plan, Taken, plan};
use proptest::{prelude::*, sample::select};
use rules::{IdSpace, Rule, RuleId, Timestamp, Value, check};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Edit, Expected};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

const REPLACE: ImportOptions = ImportOptions {
    on_conflict: OnConflict::Replace,
    atomic: false,
};

fn rule(id: &str, css: &str, more: &[(&str, &str)]) -> Arc<Rule> {
    let fixed = [("id", id), ("type", "wildcard"), ("pattern", "*"), ("css", css)];
    let fields = fixed.iter().chain(more);
    let fields = fields.map(|(key, value)| ((*key).to_owned(), Value::Text((*value).to_owned())));
    Arc::new(
        check(&Value::Map(fields.collect()), &IdSpace::Local, None)
            .unwrap()
            .rule,
    )
}

/// Local rules as a store holds them.
type Local = BTreeMap<RuleId, Arc<Rule>>;

fn planned(rules: &[Option<Arc<Rule>>], local: &Local, options: ImportOptions) -> Plan {
    plan(rules, |id| local.get(id).cloned().map(Taken::By), options, NOW)
}

/// What a store does with the edits; every expectation must be met.
fn apply(local: &Local, plan: &Plan) -> Local {
    let mut after = local.clone();
    for edit in &plan.edits {
        let Edit::Put { rule, replaces, .. } = edit else {
            panic!("{edit:?}");
        };
        assert!(
            replaces.is_met_by(after.get(rule.id()).map(|rule| &**rule)),
            "{edit:?}"
        );
        after.insert(rule.id().clone(), Arc::clone(rule));
    }
    after
}

fn put(plan: &Plan) -> (&Rule, &Expected) {
    match plan.edits.as_slice() {
        [Edit::Put { rule, replaces, .. }] => (rule, replaces),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_rule_keeps_its_attribution_and_gets_the_time_of_the_import() {
    let times = [
        ("created_at", "2020-01-01T00:00:00Z"),
        ("updated_at", "2021-01-01T00:00:00Z"),
    ];
    let by = [("author", "Ann"), ("modified_by", "Bea")];
    let new = rule("shop:a", "a{}", &[times, by].concat());
    let plan = planned(&[Some(Arc::clone(&new))], &Local::new(), ImportOptions::default());
    let (put, replaces) = put(&plan);
    assert!(put.same_rule(&new));
    assert_eq!(put.updated_at(), Some(NOW));
    assert!(matches!(replaces, Expected::Nothing));
    // A file need not say when a rule was created; the import does not make it up.
    let plan = planned(
        &[Some(rule("a", "a{}", &[]))],
        &Local::new(),
        ImportOptions::default(),
    );
    assert_eq!(plan.outcomes, [Outcome::Added]);
    assert!(matches!(&*plan.edits, [Edit::Put { rule, .. }] if rule.created_at().is_none()));
}

#[test]
fn what_is_replaced_hands_on_when_it_was_created_and_its_successor_is_newer() {
    let future = Timestamp::from_millis(NOW.as_millis() + 5).to_string();
    let old = rule(
        "a",
        "a{}",
        &[("created_at", "2019-01-01T00:00:00Z"), ("updated_at", &future)],
    );
    let local = Local::from([(old.id().clone(), Arc::clone(&old))]);
    let plan = planned(&[Some(rule("A", "b{}", &[]))], &local, REPLACE);
    assert_eq!(plan.outcomes, [Outcome::Replaced]);
    let (put, replaces) = put(&plan);
    assert_eq!(put.created_at(), old.created_at());
    assert!(put.updated_at() > old.updated_at());
    assert!(matches!(replaces, Expected::Rule(seen) if Arc::ptr_eq(seen, &old)));
    let told = rule("a", "b{}", &[("created_at", "2018-01-01T00:00:00Z")]);
    let plan = planned(&[Some(Arc::clone(&told))], &local, REPLACE);
    assert!(matches!(&*plan.edits, [Edit::Put { rule, .. }] if rule.created_at() == told.created_at()));
}

#[test]
fn of_rules_with_one_id_the_first_counts() {
    let rules = [
        rule("a", "1{}", &[]),
        rule("b", "2{}", &[]),
        rule("A", "3{}", &[]),
    ]
    .map(Some);
    for options in [ImportOptions::default(), REPLACE] {
        let plan = planned(&rules, &Local::new(), options);
        assert_eq!(
            plan.outcomes,
            [Outcome::Added, Outcome::Added, Outcome::Repeated(0)]
        );
        assert_eq!(plan.edits.len(), 2);
    }
}

#[test]
fn a_rule_that_is_left_out_is_there_all_the_same() {
    let rules = [Some(rule("a", "a{}", &[]))];
    let skipped = plan(
        &rules,
        |_| Some(Taken::BySomething),
        ImportOptions::default(),
        NOW,
    );
    assert_eq!(
        (skipped.outcomes, skipped.edits.len()),
        (vec![Outcome::Skipped], 0)
    );
    let replaced = plan(&rules, |_| Some(Taken::BySomething), REPLACE, NOW);
    assert!(matches!(put(&replaced).1, Expected::Anything));
}

/// Rules with few ids, some refused, and local ones.
fn any_rules() -> impl Strategy<Value = Vec<Option<Arc<Rule>>>> {
    let id = select(vec!["a", "A", "b", "c", "shop:a", "d", "e.1"]);
    let one = (id, select(vec!["a{}", "b{}"])).prop_map(|(id, css)| rule(id, css, &[]));
    prop::collection::vec(prop::option::weighted(0.9, one), 0..12)
}

fn any_local() -> impl Strategy<Value = Local> {
    any_rules().prop_map(|rules| {
        let rules = rules.into_iter().flatten();
        rules.map(|rule| (rule.id().clone(), rule)).collect()
    })
}

fn any_options() -> impl Strategy<Value = ImportOptions> {
    (select(vec![OnConflict::Skip, OnConflict::Replace]), any::<bool>())
        .prop_map(|(on_conflict, atomic)| ImportOptions { on_conflict, atomic })
}

fn count(plan: &Plan, wanted: impl Fn(&Outcome) -> bool) -> usize {
    plan.outcomes.iter().filter(|outcome| wanted(outcome)).count()
}

proptest! {
    /// Feature: asset-injector, Property: an import that skips does nothing the second time
    #[test]
    fn an_import_that_skips_does_nothing_the_second_time(rules in any_rules(), local in any_local()) {
        let once = planned(&rules, &local, ImportOptions::default());
        let after = apply(&local, &once);
        let twice = planned(&rules, &after, ImportOptions::default());
        prop_assert!(twice.edits.is_empty());
        prop_assert_eq!(count(&twice, |outcome| *outcome == Outcome::Added), 0);
    }

    /// Feature: asset-injector, Property: an import that replaces leaves the same rules the second time
    #[test]
    fn an_import_that_replaces_leaves_the_same_rules(rules in any_rules(), local in any_local()) {
        let once = apply(&local, &planned(&rules, &local, REPLACE));
        let twice = apply(&once, &planned(&rules, &once, REPLACE));
        prop_assert_eq!(once.len(), twice.len());
        prop_assert!(once.iter().all(|(id, rule)| twice[id].same_rule(rule)));
    }

    /// Feature: asset-injector, Property: the report of an import adds up
    #[test]
    fn the_report_adds_up(rules in any_rules(), local in any_local(), options in any_options()) {
        let plan = planned(&rules, &local, options);
        prop_assert_eq!(plan.outcomes.len(), rules.len());
        let taken = count(&plan, |outcome| matches!(outcome, Outcome::Added | Outcome::Replaced));
        prop_assert_eq!(plan.edits.len(), taken);
        let refused = rules.iter().filter(|rule| rule.is_none()).count();
        prop_assert_eq!(count(&plan, |outcome| *outcome == Outcome::Refused), refused);
        let kept_out = options.atomic && refused > 0;
        prop_assert_eq!(count(&plan, |outcome| *outcome == Outcome::Withheld), if kept_out { rules.len() - refused } else { 0 });
        let after = apply(&local, &plan);
        let added = count(&plan, |outcome| *outcome == Outcome::Added);
        prop_assert_eq!(after.len(), local.len() + added);
        let replaces = options.on_conflict == OnConflict::Replace;
        prop_assert!(replaces || local.iter().all(|(id, rule)| Arc::ptr_eq(&after[id], rule)));
    }

    /// Feature: asset-injector, Property: the order of an import does not matter where ids differ
    #[test]
    fn order_does_not_matter_where_ids_differ(
        rules in any_rules(), local in any_local(), options in any_options(), turn in 0_usize..12,
    ) {
        let mut seen = BTreeSet::new();
        let is_new = |rule: &Option<Arc<Rule>>| rule.as_ref().is_none_or(|rule| seen.insert(rule.id().clone()));
        let rules: Vec<_> = rules.into_iter().filter(is_new).collect();
        let mut turned = rules.clone();
        turned.rotate_left(turn % rules.len().max(1));
        turned.reverse();
        let (one, other) = (planned(&rules, &local, options), planned(&turned, &local, options));
        let of = |rules: &[Option<Arc<Rule>>], plan: &Plan| -> BTreeMap<RuleId, Outcome> {
            let known = rules.iter().zip(&plan.outcomes);
            known.filter_map(|(rule, outcome)| Some((rule.as_ref()?.id().clone(), *outcome))).collect()
        };
        prop_assert_eq!(of(&rules, &one), of(&turned, &other));
        let (one, other) = (apply(&local, &one), apply(&local, &other));
        prop_assert_eq!(one.len(), other.len());
        prop_assert!(one.iter().all(|(id, rule)| other[id].same_rule(rule)));
    }
}

//! Rules as plain data and back.

use crate::{
    IdSpace, Timestamp, Value, check,
    sample::{any_sample, rule},
};
use proptest::prelude::*;

#[test]
fn absent_fields_are_left_out_and_present_ones_stand_in_the_order_of_the_documentation() {
    let sample = rule("a", "*")
        .field("x-b", Value::Null)
        .js("c")
        .priority(1)
        .text("description", "");
    let Value::Map(fields) = sample.rule().to_value() else {
        panic!("a mapping")
    };
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "id",
            "type",
            "pattern",
            "css",
            "js",
            "priority",
            "description",
            "x-b"
        ]
    );
}

#[test]
fn rules_are_the_same_whenever_they_were_changed() {
    let base = rule("a", "*");
    let same = |other: &crate::sample::Sample| base.rule().same_rule(&other.rule());
    assert!(same(&base.clone().updated(Timestamp::from_millis(5))));
    for other in [
        base.clone().text("id", "A"),
        base.clone().text("pattern", "**"),
        base.clone().text("pattern", "a").kind("regex"),
        base.clone().css("b{}"),
        base.clone().js("b"),
        base.clone().priority(1),
        base.clone().exclude(&["*"]),
        base.clone().expires(Timestamp::from_millis(5)),
        base.clone().text("author", "b"),
        base.clone().text("created_at", "2020-01-01T00:00:00Z"),
        base.clone().field("x-b", Value::Null),
    ] {
        assert!(!same(&other), "{other:?}");
    }
}

#[test]
fn times_are_replaced_and_nothing_else() {
    let base = rule("a", "*").text("created_at", "2020-01-01T00:00:00Z");
    let (created, changed) = (Timestamp::from_millis(5), Timestamp::from_millis(7));
    let other = base.rule().with_times(Some(created), changed);
    assert_eq!(
        (other.created_at(), other.updated_at()),
        (Some(created), Some(changed))
    );
    let expected = base.text("created_at", &created.to_string()).rule();
    assert!(other.same_rule(&expected));
    assert!(other.with_times(None, changed).same_rule(&rule("a", "*").rule()));
}

#[test]
fn a_rule_applies_where_its_pattern_matches_and_no_exclusion_does() {
    let rule = rule("a", "example.com/*").exclude(&["*/b"]).rule();
    let applies = |url: &str| rule.applies_to(&crate::sample::page(url));
    assert!(
        applies("https://example.com/a") && !applies("https://example.com/b") && !applies("https://a.test/")
    );
}

proptest! {
    /// Feature: asset-injector, Property: a rule written as plain data and checked again is the same
    #[test]
    fn to_value_and_check(
        sample in any_sample(),
        words in prop::collection::vec("\\PC{0,20}", 5),
        version in prop::option::of("[0-9]\\.[0-9]\\.[0-9](-[a-z]{1,3})?"),
        extension in any_value(),
    ) {
        let mut sample = sample.text("description", &words[0]).text("author", &words[1]).text("modified_by", &words[2]);
        sample = sample.field("tags", Value::List(words[3..].iter().cloned().map(Value::Text).collect()));
        sample = sample.field("x-any", extension).text("created_at", "2020-02-29T23:59:59.001Z");
        if sample.rule().id().pack().is_some() {
            sample = version.iter().fold(sample, |sample, version| sample.text("base_version", version));
        }
        let rule = sample.rule();
        let again = check(&rule.to_value(), &IdSpace::Local, None).expect("a rule is a valid draft").rule;
        prop_assert!(again.same_rule(&rule));
        prop_assert_eq!(again.updated_at(), rule.updated_at());
        prop_assert_eq!(again.to_value(), rule.to_value());
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(Value::Integer),
        (-1e9..1e9).prop_map(Value::Float),
        "\\PC{0,8}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec(("[a-z]{1,4}", inner), 0..4).prop_map(Value::Map),
        ]
    })
}

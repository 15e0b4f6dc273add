//! The examples of the standard, and the laws of patches.

use super::merge_patch;
use proptest::prelude::*;
use rules::Value;

fn plain(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Integer(number.as_i128().unwrap()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(plain).collect()),
        Json::Object(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), plain(value)))
                .collect(),
        ),
    }
}

fn parsed(json: &str) -> Value {
    plain(&serde_json::from_str(json).unwrap())
}

/// Members in the order of their names, as `parsed` has them: to the standard they have none.
fn sorted(value: Value) -> Value {
    let Value::Map(mut members) = value else {
        return value;
    };
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Map(
        members
            .into_iter()
            .map(|(key, value)| (key, sorted(value)))
            .collect(),
    )
}

/// Appendix A of RFC 7396: target, patch, result.
const EXAMPLES: [(&str, &str, &str); 15] = [
    (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
    (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
    (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
    (
        r#"{"a":{"b":"c"}}"#,
        r#"{"a":{"b":"d","c":null}}"#,
        r#"{"a":{"b":"d"}}"#,
    ),
    (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
    (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
    (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
    (r#"{"a":"foo"}"#, "null", "null"),
    (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
    (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
    (r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
    (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
];

#[test]
fn the_examples_of_the_standard_hold() {
    for (target, patch, result) in EXAMPLES {
        assert_eq!(
            sorted(merge_patch(parsed(target), parsed(patch))),
            parsed(result),
            "{target} with {patch}"
        );
    }
}

#[test]
fn members_keep_their_order_and_new_ones_come_last() {
    let fields = |members: &[(&str, i128)]| {
        let members = members
            .iter()
            .map(|(key, n)| ((*key).to_owned(), Value::Integer(*n)));
        Value::Map(members.collect())
    };
    let patch = fields(&[("d", 4), ("b", 5), ("a", 6)]);
    let patched = merge_patch(fields(&[("a", 1), ("b", 2), ("c", 3)]), patch);
    assert_eq!(patched, fields(&[("a", 6), ("b", 5), ("c", 3), ("d", 4)]));
}

fn value(leaf: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::btree_map("[a-d]", inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Value::List),
            members.prop_map(|members| Value::Map(members.into_iter().collect())),
        ]
    })
}

fn any_value() -> impl Strategy<Value = Value> {
    value(
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (0..3_i128).prop_map(Value::Integer)
        ]
        .boxed(),
    )
}

fn value_without_null() -> impl Strategy<Value = Value> {
    value((0..3_i128).prop_map(Value::Integer).boxed())
}

proptest! {
    /// Feature: asset-injector, Property: a merge patch that is applied twice does what it does once
    #[test]
    fn a_patch_applied_twice_does_what_it_does_once(target in any_value(), patch in any_value()) {
        let once = merge_patch(target, patch.clone());
        prop_assert_eq!(merge_patch(once.clone(), patch), once);
    }

    /// Feature: asset-injector, Property: what was read changes nothing as a merge patch
    #[test]
    fn what_was_read_changes_nothing(target in value_without_null()) {
        prop_assert_eq!(merge_patch(target.clone(), target.clone()), target);
    }

    /// Feature: asset-injector, Property: a merge patch leaves the members that it does not name as they are
    #[test]
    fn what_is_not_named_stays(target in any_value(), patch in any_value()) {
        if let (Value::Map(members), Value::Map(changes)) = (&target, &patch) {
            let patched = merge_patch(target.clone(), patch.clone());
            for (key, before) in members.iter().filter(|(key, _)| changes.iter().all(|(named, _)| named != key)) {
                prop_assert_eq!(patched.get(key), Some(before));
            }
        }
    }
}

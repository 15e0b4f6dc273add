//! What is kept is what comes back.

use super::*;
use proptest::prelude::*;

fn any_value() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        "\\$?\\$?[a-z]{0,3}",
        Just("$integer".to_owned()),
        Just("$float".to_owned())
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(Value::Integer),
        any::<i64>().prop_map(|number| Value::Integer(number.into())),
        any::<f64>().prop_map(Value::Float),
        any::<String>().prop_map(Value::Text),
        "-?[0-9]{1,3}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Feature: asset-injector, Property: a rule's fields are stored without a loss
    #[test]
    fn every_value_comes_back(value in any_value()) {
        let text = encode(&value);
        prop_assert!(!text.contains('\0'), "a column cannot hold it");
        prop_assert_eq!(decode(&text), Ok(value));
    }
}

#[test]
fn numbers_keep_their_kind_and_every_digit() {
    let numbers = [
        (Value::Integer(0), "0"),
        (Value::Integer(i64::MIN.into()), "-9223372036854775808"),
        (
            Value::Integer(i128::from(i64::MAX) + 1),
            r#"{"$integer":"9223372036854775808"}"#,
        ),
        (
            Value::Integer(i128::MIN),
            r#"{"$integer":"-170141183460469231731687303715884105728"}"#,
        ),
        (Value::Float(1.0), r#"{"$float":"1.0"}"#),
        (Value::Float(0.1 + 0.2), r#"{"$float":"0.30000000000000004"}"#),
        (Value::Float(f64::NAN), r#"{"$float":"NaN"}"#),
        (Value::Float(f64::NEG_INFINITY), r#"{"$float":"-inf"}"#),
    ];
    for (value, text) in numbers {
        assert_eq!(encode(&value), text);
        assert_eq!(decode(text), Ok(value));
    }
    let Ok(Value::Float(zero)) = decode(&encode(&Value::Float(-0.0))) else {
        panic!("a float stays one");
    };
    assert!(zero.is_sign_negative());
}

#[test]
fn what_people_write_by_hand_is_read() {
    let map = |key: &str, value| Value::Map(vec![(key.to_owned(), value)]);
    assert_eq!(decode(r#"{"a": 1.5}"#), Ok(map("a", Value::Float(1.5))));
    assert_eq!(
        decode(r#"{"a": 18446744073709551615}"#),
        Ok(map("a", Value::Integer(u64::MAX.into())))
    );
    for wrong in ["", "{", "[1,]", r#"{"$integer": "one"}"#, "{} {}"] {
        assert!(decode(wrong).is_err(), "{wrong}");
    }
}

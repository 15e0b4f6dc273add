//! Rules to write.

use crate::{Edit, Expected};
use rules::{IdSpace, Layer, Rule, RuleId, Value, check};
use std::sync::Arc;

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A small rule with that id and that CSS.
pub fn rule(id: &str, css: &str) -> Arc<Rule> {
    rule_of(id, vec![("css", text(css))])
}

/// A rule with that id and these fields; the pattern is one that matches `https://example.com/`, unless given.
///
/// # Panics
///
/// When it is not valid.
pub fn rule_of(id: &str, fields: Vec<(&str, Value)>) -> Arc<Rule> {
    let mut all = vec![
        ("id", text(id)),
        ("type", text("exact")),
        ("pattern", text("https://example.com/")),
    ];
    all.retain(|(name, _)| fields.iter().all(|(given, _)| given != name));
    all.extend(fields);
    let named = all.into_iter().map(|(name, value)| (name.to_owned(), value));
    match check(&Value::Map(named.collect()), &IdSpace::Local, None) {
        Ok(checked) => Arc::new(checked.rule),
        Err(violations) => panic!("`{id}` is no rule: {violations:?}"),
    }
}

/// Few enough that histories meet the same id again and again.
pub(super) const IDS: &[&str] = &[
    "a",
    "A",
    "b",
    "shop.page",
    "cookies:a",
    "cookies:A",
    "cookies:b",
    "other:a",
];

/// One of the ids that random histories are about.
pub fn any_id(dice: u64) -> RuleId {
    id(IDS[usize::try_from(dice % IDS.len() as u64).expect("there are few ids")])
}

pub(super) fn id(text: &str) -> RuleId {
    RuleId::parse(text).expect("the suite names valid ids")
}

pub(super) fn put(rule: &Arc<Rule>) -> Edit {
    put_if(Layer::Local, rule, Expected::Anything)
}

pub(super) fn put_if(layer: Layer, rule: &Arc<Rule>, replaces: Expected) -> Edit {
    let rule = Arc::clone(rule);
    Edit::Put {
        layer,
        rule,
        replaces,
    }
}

pub(super) fn remove(text: &str) -> Edit {
    remove_if(Layer::Local, text, Expected::Anything)
}

pub(super) fn remove_if(layer: Layer, text: &str, replaces: Expected) -> Edit {
    let id = id(text);
    Edit::Remove { layer, id, replaces }
}

pub(super) fn expect_if(layer: Layer, text: &str, seen: Expected) -> Edit {
    let id = id(text);
    Edit::Expect { layer, id, seen }
}

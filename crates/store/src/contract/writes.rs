//! Puts, removals, disabled ids and pins, alone and several at once.

use super::{
    Harness,
    samples::{expect_if, id, put, put_if, remove, remove_if, rule},
    subject::Subject,
};
use crate::{Contents, Edit, ErrorKind, Expected};
use rules::{Layer, RuleId};

/// A place that nothing was ever written to is an empty store.
pub fn a_new_store_is_empty<H: Harness>(harness: &H) {
    let contents: Contents = Subject::new(harness).agree();
    assert_eq!((contents.problems, contents.problems_more), (vec![], 0));
}

/// What was put is there, with its origin.
pub fn a_rule_that_is_put_is_loaded<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let over = rule("cookies:banner", "b{}");
    store.done(&[put(&rule("a", "a{}"))]);
    store.done(&[put_if(Layer::Override, &over, Expected::Anything)]);
    let contents = store.agree();
    assert_eq!(contents.problems, []);
    for sourced in &contents.rules {
        assert!(sourced.origin.trusted, "what the user wrote is trusted");
        let pack = (sourced.origin.layer == Layer::Override).then_some("cookies");
        assert_eq!(sourced.origin.pack_name.as_deref(), pack);
    }
}

/// An id has one rule in a layer.
pub fn a_put_takes_the_place_of_the_rule_with_its_id<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    for css in ["a{}", "b{}", "b{}"] {
        store.done(&[put(&rule("a", css)), put(&rule("other", "c{}"))]);
        store.done(&[put_if(
            Layer::Override,
            &rule("cookies:a", css),
            Expected::Anything,
        )]);
    }
}

/// A layer's rule stands beside that of another layer with the same id.
pub fn layers_hold_rules_of_one_id_side_by_side<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[
        put(&rule("cookies:banner", "a{}")),
        put_if(
            Layer::Override,
            &rule("cookies:banner", "b{}"),
            Expected::Anything,
        ),
    ]);
    store.done(&[put(&rule("cookies:banner", "c{}"))]);
    store.done(&[remove("cookies:banner")]);
    assert_eq!(store.agree().rules.len(), 1);
    store.done(&[remove_if(Layer::Override, "cookies:banner", Expected::Anything)]);
}

/// Packs are never edited, and there is no override of a rule that is in no pack.
pub fn only_overrides_of_packs_and_local_rules_are_written<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let refused = [
        (Layer::Override, "a"),
        (Layer::Community, "a"),
        (Layer::Community, "cookies:a"),
    ];
    for (layer, id) in refused {
        let edit = put_if(layer, &rule(id, "a{}"), Expected::Anything);
        assert_eq!(store.refused(&[edit]), ErrorKind::Unwritable);
        let edit = remove_if(layer, id, Expected::Anything);
        assert_eq!(store.refused(&[edit]), ErrorKind::Unwritable);
    }
}

/// What was removed is gone, and what stood beside it is not.
pub fn a_rule_that_is_removed_is_gone<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let ids = ["a", "b", "cookies:a", "cookies:b"];
    store.done(&ids.map(|id| put(&rule(id, "a{}"))));
    store.done(&[remove("b"), remove("cookies:a")]);
    store.done(&[put(&rule("b", "again{}"))]);
    store.done(&ids.map(remove));
    assert_eq!(store.agree().rules.len(), 0);
}

/// Nothing is as gone as what was never there.
pub fn removing_what_is_not_there_is_no_error<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[put(&rule("a", "a{}"))]);
    store.done(&[
        remove("b"),
        remove_if(Layer::Override, "cookies:a", Expected::Nothing),
    ]);
}

/// Ids that differ in ASCII case are one id; the case is that of the last put.
pub fn ids_that_differ_in_case_are_one<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[put(&rule("Shop.Page", "a{}"))]);
    store.done(&[put(&rule("shop.page", "b{}"))]);
    assert_eq!(store.agree().rules[0].rule.id().as_str(), "shop.page");
    store.done(&[put(&rule("cookies:X", "a{}")), put(&rule("cookies:x", "b{}"))]);
    store.done(&[Edit::Disable(id("SHOP.page")), Edit::Pin(id("A"), Layer::Local)]);
    store.done(&[Edit::Enable(id("shop.PAGE")), Edit::Unpin(id("a"))]);
    store.done(&[remove("SHOP.PAGE"), remove("cookies:X")]);
    assert_eq!(store.agree().rules.len(), 0);
}

/// Each edit sees what those before it have made.
pub fn edits_are_made_in_their_order<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[
        put(&rule("a", "1{}")),
        put(&rule("a", "2{}")),
        put(&rule("b", "1{}")),
        remove("b"),
        remove("c"),
        put(&rule("c", "1{}")),
        Edit::Disable(id("a")),
        Edit::Enable(id("a")),
        Edit::Pin(id("b"), Layer::Local),
        Edit::Pin(id("b"), Layer::Community),
    ]);
    store.done(&[remove("a"), put(&rule("A", "3{}")), remove("c")]);
}

/// One edit that cannot be made, at any place, lets none be made.
pub fn a_write_is_whole_or_nothing<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[
        put(&rule("kept", "a{}")),
        put(&rule("gone", "a{}")),
        Edit::Disable(id("kept")),
    ]);
    let good = [
        put(&rule("kept", "b{}")),
        put(&rule("new", "a{}")),
        remove("gone"),
        put_if(Layer::Override, &rule("cookies:a", "a{}"), Expected::Nothing),
        Edit::Enable(id("kept")),
        Edit::Disable(id("new")),
        Edit::Pin(id("kept"), Layer::Local),
    ];
    let bad = [
        put_if(Layer::Local, &rule("absent", "a{}"), expected_other("absent")),
        remove_if(Layer::Local, "absent", expected_other("absent")),
        expect_if(Layer::Local, "absent", expected_other("absent")),
        put_if(Layer::Override, &rule("of-no-pack", "a{}"), Expected::Anything),
    ];
    for bad in &bad {
        for place in 0..=good.len() {
            let mut edits = good.to_vec();
            edits.insert(place, bad.clone());
            store.refused(&edits);
        }
    }
    store.done(&good);
}

fn expected_other(id: &str) -> Expected {
    Expected::Rule(rule(id, "never-written{}"))
}

/// Whether an id has rules makes no difference to disabling it.
pub fn ids_are_disabled_and_enabled_whether_or_not_they_exist<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let ids: [RuleId; 3] = [id("a"), id("unknown"), id("cookies:banner")];
    store.done(&[put(&rule("a", "a{}"))]);
    for id in &ids {
        store.done(&[Edit::Disable(id.clone())]);
        store.done(&[Edit::Disable(id.clone())]);
    }
    store.done(&[remove("a")]);
    assert_eq!(store.agree().disabled.len(), 3);
    for id in &ids {
        store.done(&[Edit::Enable(id.clone())]);
        store.done(&[Edit::Enable(id.clone())]);
    }
}

/// Whether an id has rules makes no difference to pinning it.
pub fn ids_are_pinned_and_unpinned_whether_or_not_they_exist<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[put(&rule("a", "a{}"))]);
    for layer in [Layer::Local, Layer::Override, Layer::Community] {
        let pin = |text| Edit::Pin(id(text), layer);
        store.done(&[pin("a"), pin("unknown"), pin("cookies:banner")]);
    }
    store.done(&[Edit::Unpin(id("unknown")), Edit::Unpin(id("never"))]);
    store.done(&[Edit::Unpin(id("a")), Edit::Unpin(id("cookies:banner"))]);
}

/// No edits, no change.
pub fn a_write_of_nothing_changes_nothing<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[]);
    store.done(&[put(&rule("a", "a{}"))]);
    store.done(&[]);
}

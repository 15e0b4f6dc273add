//! What a writer has seen before it writes.

use super::{
    Harness,
    samples::{expect_if, id, put, put_if, remove, remove_if, rule, rule_of, text},
    subject::Subject,
};
use crate::{Edit, ErrorKind, Expected, Look, Revision};
use rules::Layer;

/// Each expectation, for each edit that has one, where there is nothing, what it names, and something else.
pub fn every_expectation_is_judged_on_what_is_there<H: Harness>(harness: &H) {
    let (seen, other) = (rule("a", "seen{}"), rule("a", "other{}"));
    let expected = |n: usize| match n {
        0 => Expected::Anything,
        1 => Expected::Nothing,
        _ => Expected::Rule(seen.clone()),
    };
    for stands in [None, Some(&seen), Some(&other)] {
        for n in 0..3 {
            let edits = [
                put_if(Layer::Local, &rule("a", "new{}"), expected(n)),
                remove_if(Layer::Local, "a", expected(n)),
                expect_if(Layer::Local, "a", expected(n)),
            ];
            for edit in edits {
                let mut store = Subject::new(harness);
                store.done(&stands.map(put).into_iter().collect::<Vec<Edit>>());
                let is_met = match (n, stands) {
                    (0, _) | (1, None) => true,
                    (1, Some(_)) | (_, None) => false,
                    (_, Some(rule)) => std::sync::Arc::ptr_eq(rule, &seen),
                };
                match is_met {
                    true => drop(store.done(&[edit])),
                    false => assert_eq!(store.refused(&[edit]), ErrorKind::Changed),
                }
            }
        }
    }
}

/// An edit is judged on what those before it in the same write have made.
pub fn expectations_see_the_edits_before_them<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let (first, second) = (rule("a", "1{}"), rule("a", "2{}"));
    store.done(&[
        put_if(Layer::Local, &first, Expected::Nothing),
        expect_if(Layer::Local, "a", Expected::Rule(first.clone())),
        put_if(Layer::Local, &second, Expected::Rule(first.clone())),
        remove_if(Layer::Local, "a", Expected::Rule(second.clone())),
        expect_if(Layer::Local, "a", Expected::Nothing),
        put_if(Layer::Local, &first, Expected::Nothing),
    ]);
    let refused = store.refused(&[
        put(&second),
        expect_if(Layer::Local, "a", Expected::Rule(first.clone())),
    ]);
    assert_eq!(refused, ErrorKind::Changed);
    let refused = store.refused(&[
        put(&second),
        put_if(Layer::Local, &first, Expected::Rule(first.clone())),
    ]);
    assert_eq!(refused, ErrorKind::Changed);
    let refused = store.refused(&[
        remove("a"),
        remove_if(Layer::Local, "a", Expected::Rule(first.clone())),
    ]);
    assert_eq!(refused, ErrorKind::Changed);
}

/// What another layer holds under the id does not matter.
pub fn an_expectation_looks_at_its_own_layer<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let (local, over) = (rule("cookies:a", "local{}"), rule("cookies:a", "over{}"));
    store.done(&[put_if(Layer::Local, &local, Expected::Nothing)]);
    store.done(&[put_if(Layer::Override, &over, Expected::Nothing)]);
    let refused = store.refused(&[put_if(Layer::Local, &local, Expected::Rule(over.clone()))]);
    assert_eq!(refused, ErrorKind::Changed);
    let refused = store.refused(&[expect_if(Layer::Local, "cookies:a", Expected::Rule(over.clone()))]);
    assert_eq!(refused, ErrorKind::Changed);
    store.done(&[expect_if(
        Layer::Override,
        "cookies:a",
        Expected::Rule(over.clone()),
    )]);
    store.done(&[remove_if(Layer::Override, "cookies:a", Expected::Rule(over))]);
    store.done(&[remove_if(Layer::Local, "cookies:a", Expected::Rule(local))]);
}

/// Whoever only looks may look anywhere, and leaves everything as it is; what else is written hangs on it.
pub fn what_is_only_expected_is_not_changed<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let (stands, other) = (rule("a", "a{}"), rule("a", "other{}"));
    store.done(&[put(&stands), Edit::Disable(id("a"))]);
    let expected = |layer, seen: Expected| expect_if(layer, "A", seen);
    store.done(&[
        expected(Layer::Local, Expected::Rule(stands)),
        expected(Layer::Override, Expected::Nothing),
        expected(Layer::Community, Expected::Nothing),
        expect_if(Layer::Community, "cookies:a", Expected::Anything),
    ]);
    for layer in [Layer::Local, Layer::Override, Layer::Community] {
        let edits = [
            Edit::Enable(id("a")),
            Edit::Pin(id("a"), Layer::Local),
            put(&rule("b", "b{}")),
            expected(layer, Expected::Rule(other.clone())),
        ];
        assert_eq!(store.refused(&edits), ErrorKind::Changed);
    }
}

/// What was loaded, and its time of change, is what must still stand there.
pub fn a_rule_that_differs_in_its_time_alone_is_another<H: Harness>(harness: &H) {
    let at = |time: &str| rule_of("a", vec![("css", text("a{}")), ("updated_at", text(time))]);
    let (old, new) = (at("2026-11-23T12:00:00Z"), at("2026-11-23T12:00:00.001Z"));
    let mut store = Subject::new(harness);
    store.done(&[put(&old)]);
    let refused = store.refused(&[put_if(Layer::Local, &new, Expected::Rule(new.clone()))]);
    assert_eq!(refused, ErrorKind::Changed);
    let loaded = store.load().rules[0].rule.clone();
    store.done(&[put_if(Layer::Local, &new, Expected::Rule(loaded))]);
}

/// States that were given out may be older than what is stored; what was never given out is of another history.
pub fn what_was_decided_on_a_state_that_never_was_is_refused<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let empty = store.load().revision;
    store.done(&[put(&rule("a", "a{}"))]);
    let with_a = store.load().revision;
    store.done(&[Edit::ExpectState(empty), put(&rule("b", "b{}"))]);
    store.done(&[Edit::Disable(id("a")), Edit::ExpectState(with_a)]);
    let edits = [
        Edit::Enable(id("a")),
        Edit::ExpectState(Revision(with_a.0 + 1_000)),
    ];
    let refused = harness.block_on(store.store().write(&edits));
    let refused = refused.expect_err("that state never was");
    assert_eq!(refused.kind, ErrorKind::Changed, "{refused}");
    store.agree();
    // Nothing else is changed by it, so that there is a difference still.
    let changes = store
        .changes(with_a, Look::OwnWrites)
        .expect("no pack was changed");
    assert!(!changes.rules.is_empty());
}

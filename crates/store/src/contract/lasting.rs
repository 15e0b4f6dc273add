//! What is still there when the store object is not.

use super::{
    Harness,
    samples::{id, put, put_if, remove, rule},
    subject::Subject,
};
use crate::{Edit, Expected};
use rules::Layer;
use std::time::Duration;

/// A write that was acknowledged is there in the next store object.
pub fn what_is_written_lasts<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let over = rule("cookies:a", "over{}");
    let writes = [
        vec![put(&rule("a", "1{}")), put(&rule("b", "1{}"))],
        vec![put_if(Layer::Override, &over, Expected::Nothing)],
        vec![put(&rule("A", "2{}")), remove("b")],
        vec![
            Edit::Disable(id("unknown")),
            Edit::Pin(id("cookies:a"), Layer::Community),
        ],
        vec![Edit::Enable(id("unknown")), Edit::Disable(id("a"))],
        vec![remove("a"), put(&rule("cookies:a", "local{}"))],
    ];
    for edits in writes {
        store.done(&edits);
        store.reopen();
        let contents = store.agree();
        assert_eq!(contents.problems, []);
    }
}

/// A store that has just been written to has no reason not to be.
pub fn a_store_that_can_be_written_says_so<H: Harness>(harness: &H) {
    let store = Subject::new(harness);
    assert_eq!(store.store().read_only(), None);
    assert!(!store.store().kind().is_empty());
}

/// Whoever holds a lease gets it for longer, in the next store object as well; one of another name is another one.
pub fn a_lease_that_is_held_is_renewed<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let hour = Duration::from_secs(3600);
    let before = store.load().revision;
    for (name, holder) in [
        ("sync", "one"),
        ("sync", "one"),
        ("update", "two"),
        ("sync", "one"),
    ] {
        let granted = harness.block_on(store.store().lease(name, holder, hour));
        assert!(
            granted.expect("a store in order knows who holds it"),
            "{name} to {holder}"
        );
        store.reopen();
    }
    assert_eq!(
        store.agree().revision,
        before,
        "a lease is no change of the rules"
    );
}

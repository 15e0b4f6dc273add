//! The reference store answers with what was put into it last.

use super::*;
use crate::Revision;
use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Loads from a store that never waits.
fn load(store: &dyn RuleStore) -> Contents {
    match pin!(store.load()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(loaded) => loaded.expect("memory can always be read"),
        Poll::Pending => panic!("memory does not wait"),
    }
}

#[test]
fn a_load_gives_what_was_put_in_last() {
    let contents = |revision: u64, pack: &str| Contents {
        revision: Revision(revision),
        packs: [pack.to_owned()].into(),
        ..Contents::default()
    };
    let store = MemoryStore::new(contents(1, "first"));
    assert_eq!(
        (load(&store).revision, load(&store).packs),
        (Revision(1), ["first".to_owned()].into())
    );
    store.replace(contents(2, "second"));
    assert_eq!(
        (load(&store).revision, load(&store).packs),
        (Revision(2), ["second".to_owned()].into())
    );
    assert_eq!(store.kind(), "memory");
}

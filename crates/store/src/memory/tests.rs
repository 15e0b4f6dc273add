//! The reference store keeps the contract, and answers with what was put into it last.

use super::*;
use crate::{Revision, contract::Harness};
use rules::InstalledPack;
use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// A place is the store itself: its contents end with it.
struct InMemory;

impl Harness for InMemory {
    type Place = Arc<MemoryStore>;

    fn place(&self) -> Self::Place {
        Arc::default()
    }

    fn open(&self, place: &Self::Place) -> Arc<dyn RuleStore> {
        Arc::clone(place) as Arc<dyn RuleStore>
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("memory does not wait"),
        }
    }
}

crate::contract_tests!(InMemory);

fn load(store: &dyn RuleStore) -> Contents {
    InMemory
        .block_on(store.load())
        .expect("memory can always be read")
}

#[test]
fn a_load_gives_what_was_put_in_last() {
    let contents = |revision: u64, pack: &str| Contents {
        revision: Revision(revision),
        packs: [(pack.to_owned(), InstalledPack::default())].into(),
        ..Contents::default()
    };
    let store = MemoryStore::new(contents(1, "first"));
    let loaded = || {
        let Contents { revision, packs, .. } = load(&store);
        (revision, packs.into_keys().collect::<Vec<_>>())
    };
    assert_eq!(loaded(), (Revision(1), vec!["first".to_owned()]));
    store.replace(contents(2, "second"));
    assert_eq!(loaded(), (Revision(2), vec!["second".to_owned()]));
    assert_eq!(store.kind(), "memory");
}

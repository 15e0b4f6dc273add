//! The snapshot swap: who reads sees one state as a whole, and none that is older than what anybody has seen.

use super::{
    check,
    numbered::{self, Numbered, whole},
};
use crate::fixtures::START;
use catalog::Catalog;
use shuttle::{future, thread};
use std::sync::{Arc, Mutex};

/// The number of the state that an earlier process kept; it is greater than those of the store, which began anew.
const KEPT: u64 = 9;

/// Whether the newest state that was seen is one of the store, and its number.
type Seen = Arc<Mutex<Option<(bool, u64)>>>;

fn look(catalog: &Catalog, seen: &Seen) {
    let before = *seen.lock().unwrap();
    let snapshot = catalog.snapshot();
    let state = snapshot.map(|snapshot| (snapshot.kept_at().is_none(), whole(&snapshot, START)));
    assert!(state >= before, "from {before:?} back to {state:?}");
    let mut seen = seen.lock().unwrap();
    *seen = state.max(*seen);
}

#[test]
fn readers_see_whole_states_and_never_go_back() {
    check(|| {
        let store = Numbered::new(1);
        let catalog = numbered::catalog(&store);
        let seen = Seen::default();
        let readers = [(); 2].map(|()| {
            let (catalog, seen) = (Arc::clone(&catalog), Arc::clone(&seen));
            thread::spawn(move || (0..6).for_each(|_| look(&catalog, &seen)))
        });
        let standing_in = future::spawn({
            let catalog = Arc::clone(&catalog);
            async move { catalog.stand_in(numbered::state(KEPT), START).await.map(drop) }
        });
        let changing = [(); 2].map(|()| {
            let (catalog, store) = (Arc::clone(&catalog), Arc::clone(&store));
            future::spawn(async move {
                for _ in 0..2 {
                    store.change();
                    catalog.refresh().await.unwrap();
                }
            })
        });
        future::block_on(async {
            standing_in.await.unwrap().unwrap();
            for task in changing {
                task.await.unwrap();
            }
        });
        for reader in readers {
            reader.join().unwrap();
        }
        look(&catalog, &seen);
        numbered::end(catalog, &store);
    });
}

/// With no other task beside them, so that what stands in and what is loaded meet in most orders.
#[test]
fn rules_that_were_kept_give_way_to_loaded_ones_whichever_come_first() {
    check(|| {
        let store = Numbered::new(1);
        let catalog = numbered::catalog(&store);
        let standing_in = future::spawn({
            let catalog = Arc::clone(&catalog);
            async move { catalog.stand_in(numbered::state(KEPT), START).await.map(drop) }
        });
        future::block_on(async {
            catalog.refresh().await.unwrap();
            standing_in.await.unwrap().unwrap();
        });
        let snapshot = catalog.snapshot().unwrap();
        assert!(snapshot.kept_at().is_none(), "loaded rules are forgotten");
        assert_eq!(whole(&snapshot, START), store.number());
        numbered::end(catalog, &store);
    });
}

/// One refresh after the other, so that bases are made of most of them and meet those that follow.
#[test]
fn a_fresh_base_takes_no_refresh_back() {
    check(|| {
        let store = Numbered::new(1);
        let catalog = numbered::catalog(&store);
        let seen = Seen::default();
        future::block_on(async {
            for _ in 0..4 {
                catalog.refresh().await.unwrap();
                look(&catalog, &seen);
                store.change();
            }
        });
        // What goes on beside may end only now.
        for _ in 0..8 {
            thread::yield_now();
            look(&catalog, &seen);
        }
        numbered::end(catalog, &store);
    });
}

//! Refreshes coalesce: none that is asked for is lost, one runs at a time, and whoever asks gets a state at least as
//! new as what there was when they asked.

use super::{
    check,
    numbered::{self, Numbered},
};
use shuttle::future;
use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

const ASKERS: usize = 3;
const TIMES: usize = 2;

#[test]
fn nobody_who_asks_for_a_refresh_is_forgotten_or_told_of_an_older_state() {
    check(|| {
        let store = Numbered::new(1);
        let catalog = numbered::catalog(&store);
        let asking = [(); ASKERS].map(|()| {
            let (catalog, store) = (Arc::clone(&catalog), Arc::clone(&store));
            future::spawn(async move {
                for _ in 0..TIMES {
                    let number = store.change();
                    let shown = catalog.refresh().await.unwrap().revision().0;
                    assert!(shown >= number, "{number} was there, and {shown} is shown");
                }
            })
        });
        let giving_up = future::spawn({
            let catalog = Arc::clone(&catalog);
            async move {
                let refresh = pin!(catalog.refresh());
                let asked = refresh.poll(&mut Context::from_waker(Waker::noop()));
                assert!(matches!(asked, Poll::Pending), "a refresh takes more than a look");
            }
        });
        future::block_on(async {
            giving_up.await.unwrap();
            for task in asking {
                task.await.unwrap();
            }
            let last = catalog.refresh().await.unwrap().revision().0;
            assert_eq!(last, store.number());
        });
        let asked_for = ASKERS * TIMES + 2;
        assert!(store.answers() <= asked_for, "{} refreshes", store.answers());
        numbered::end(catalog, &store);
    });
}

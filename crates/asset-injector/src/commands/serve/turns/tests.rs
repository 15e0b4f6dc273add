//! Two processes, one lease, and a clock that jumps.

use super::Turns;
use async_trait::async_trait;
use rules::PackFile;
use std::{
    cell::Cell,
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Contents, Digest, Edit, Error, ErrorKind, MemoryStore, Revision, RuleStore};
use tokio::time::{Instant, sleep};

const LEASE: Duration = Duration::from_secs(600);

/// A store that says who holds a lease.
#[derive(Default)]
struct Leases {
    memory: MemoryStore,
    held: Mutex<Option<(String, Instant)>>,
    is_away: AtomicBool,
}

#[async_trait]
impl RuleStore for Leases {
    async fn load(&self) -> Result<Contents, Error> {
        self.memory.load().await
    }

    async fn singles(&self, digest: Digest) -> Result<BTreeMap<String, String>, Error> {
        self.memory.singles(digest).await
    }

    async fn pack_files(&self, name: &str) -> Result<Vec<PackFile>, Error> {
        self.memory.pack_files(name).await
    }

    async fn write(&self, edits: &[Edit]) -> Result<Revision, Error> {
        self.memory.write(edits).await
    }

    async fn lease(&self, _: &str, holder: &str, duration: Duration) -> Result<bool, Error> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "away"));
        }
        let mut held = self.held.lock().unwrap();
        let now = Instant::now();
        let is_free = held
            .as_ref()
            .is_none_or(|(by, until)| by == holder || *until <= now);
        if is_free {
            *held = Some((holder.to_owned(), now + duration));
        }
        Ok(is_free)
    }

    fn kind(&self) -> &'static str {
        "leases"
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_outlasts_its_lease_is_not_done_twice() {
    let store = Leases::default();
    let (one, other) = (Turns::of(&store), Turns::of(&store));
    let is_over = Cell::new(false);
    let long = async {
        sleep(10 * LEASE).await;
        is_over.set(true);
    };
    let others = async {
        sleep(LEASE / 2).await;
        while !is_over.get() {
            assert!(!other.take("update", LEASE).await, "the first one is still at it");
            sleep(LEASE / 7).await;
        }
        sleep(LEASE).await;
        assert!(other.take("update", LEASE).await);
    };
    let (done, ()) = tokio::join!(one.hold("update", LEASE, long), others);
    assert_eq!(done, Some(()));
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_done_once_is_done_when_the_turn_comes() {
    let store = Leases::default();
    let (one, other) = (Turns::of(&store), Turns::of(&store));
    store.is_away.store(true, Ordering::SeqCst);
    let tries = Cell::new(0);
    let work = async || {
        tries.set(tries.get() + 1);
        // The first try fails for a reason that passes.
        tries.get() == 2
    };
    let comes_back = async {
        sleep(LEASE).await;
        assert_eq!(tries.get(), 0, "nobody can say whose turn it is");
        store.is_away.store(false, Ordering::SeqCst);
        assert!(other.take("update", LEASE).await);
        sleep(LEASE / 2).await;
        assert_eq!(tries.get(), 0, "it is the other's turn");
    };
    tokio::join!(one.until_done("update", LEASE, work), comes_back);
    assert_eq!(tries.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_pause_is_everybodys() {
    let store = Leases::default();
    let (one, other) = (Turns::of(&store), Turns::of(&store));
    let (interval, pause) = (LEASE / 10, 10 * LEASE);
    assert!(one.take("sync", 2 * interval).await);
    let others = async {
        for _ in 0..100 {
            assert!(
                !other.take("sync", 2 * interval).await,
                "the repository wants to rest"
            );
            sleep(pause / 101).await;
        }
    };
    tokio::join!(super::super::community::rest(&one, interval, pause), others);
    assert!(one.take("sync", 2 * interval).await);
}

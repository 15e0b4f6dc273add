//! Finds out that somebody else changed the tree; what changed, the store sees for itself.
//!
//! One thread waits for the kernel's word (`events`) and compares the tree now and then (`listing`).
//! Events make it quick, comparing makes it certain: a lost event delays a change and never loses it.
//! What this process writes is told by [`Watch::writing`] and wakes nobody.

mod events;
mod listing;

use crate::Folders;
use events::{Events, News};
use listing::{Listing, Stamp};
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// A burst is over when nothing happens for so long.
const QUIET: Duration = Duration::from_millis(60);

/// The longest wait for the end of a burst.
const BURST_MAX: Duration = Duration::from_millis(500);

/// The shortest time between two comparisons of the tree.
const COMPARE: Duration = Duration::from_secs(1);

/// The part of one core that comparing may take, as its divisor, where events are told.
const SHARE_WITH_EVENTS: u32 = 100;

/// The same where they are not.
const SHARE_WITHOUT_EVENTS: u32 = 10;

/// How many own writes are remembered; forgetting one costs a look that finds nothing.
const OWN_MAX: usize = 10_000;

/// The watch of a tree; nothing is watched until somebody waits for a change.
#[derive(Debug)]
pub(crate) struct Watch {
    folders: Folders,
    shared: Arc<Shared>,
    started: Once,
}

/// How often the tree is listed while writes go on, before one is made to wait.
const LISTINGS_MAX: u32 = 3;

/// What this process wrote.
#[derive(Debug, Default)]
struct Own {
    /// The last at a path, by the path's hash, until something else is seen there: who puts back what we wrote changes
    /// the tree like everybody else.
    stamps: HashMap<u64, Stamp>,
    /// How many writes have begun.
    writes: u64,
}

/// What the thread and those who wait for it share.
#[derive(Debug, Default)]
struct Shared {
    /// Holds one change until somebody asks.
    changed: Notify,
    /// Held by a write until it is done.
    own: Mutex<Own>,
    hasher: RandomState,
}

impl Watch {
    pub(crate) fn new(folders: Folders) -> Self {
        Self {
            folders,
            shared: Arc::default(),
            started: Once::new(),
        }
    }

    /// Waits for a change by somebody else. The first call returns at once: whatever happened before it counts.
    pub(crate) async fn changed(&self) {
        self.started.call_once(|| {
            let (folders, shared) = (self.folders.clone(), Arc::downgrade(&self.shared));
            let started = thread::Builder::new()
                .name("watch".to_owned())
                .spawn(move || Watcher::new(folders, shared).run());
            if let Err(error) = started {
                tracing::error!(%error, "the rules folder is not watched");
            }
        });
        self.shared.changed.notified().await;
    }

    /// To be held while this process changes files: until it is over, nothing that is found is judged.
    ///
    /// A write is seen long before it is done where the disk is slow, and would be taken for somebody else's.
    pub(crate) fn writing(&self) -> Writing<'_> {
        let mut own = self.shared.own();
        own.writes += 1;
        Writing {
            own,
            hasher: &self.shared.hasher,
        }
    }
}

/// A write of this process that is under way.
pub(crate) struct Writing<'a> {
    own: MutexGuard<'a, Own>,
    hasher: &'a RandomState,
}

impl Writing<'_> {
    /// Remembers what has just been written or removed, so that it is not taken for somebody else's change.
    pub(crate) fn wrote(&mut self, path: &Path) {
        let (stamp, _) = Stamp::of(path, self.hasher);
        if self.own.stamps.len() >= OWN_MAX {
            self.own.stamps.clear();
        }
        self.own.stamps.insert(self.hasher.hash_one(path), stamp);
    }
}

impl Own {
    /// Whether a path is as this process left it.
    fn has(&self, path: u64, stamp: Stamp) -> bool {
        self.stamps.get(&path) == Some(&stamp)
    }

    /// Whether what is seen at a path is somebody else's; from then on nothing is ours there.
    fn judge(&mut self, path: u64, stamp: Stamp) -> bool {
        let is_foreign = !self.has(path, stamp);
        if is_foreign {
            self.stamps.remove(&path);
        }
        is_foreign
    }

    /// The same of all that is other than it was.
    fn judge_all(&mut self, now: &Listing, earlier: &Listing) -> bool {
        let differences = now.differences(earlier);
        differences.fold(false, |is_foreign, (path, stamp)| {
            self.judge(path, stamp) | is_foreign
        })
    }
}

impl Shared {
    /// What this process wrote, once no write of it is under way.
    fn own(&self) -> MutexGuard<'_, Own> {
        // A write that panicked is one that is forgotten.
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the tree, and says whether somebody else changed it since it was seen so. What a write was about meanwhile is
    /// listed again; none waits for a listing, unless one comes in each of several.
    fn compare(&self, seen: &Listing, mut list: impl FnMut() -> Listing) -> (Listing, bool) {
        for _ in 0..LISTINGS_MAX {
            let writes = self.own().writes;
            let listing = list();
            let mut own = self.own();
            let is_ours = || {
                listing
                    .differences(seen)
                    .all(|(path, stamp)| own.has(path, stamp))
            };
            if own.writes == writes || is_ours() {
                let is_foreign = own.judge_all(&listing, seen);
                return (listing, is_foreign);
            }
        }
        let mut own = self.own();
        let listing = list();
        let is_foreign = own.judge_all(&listing, seen);
        (listing, is_foreign)
    }
}

/// The thread's own state.
struct Watcher {
    folders: Folders,
    shared: Weak<Shared>,
    hasher: RandomState,
    events: Option<Events>,
    seen: Listing,
    /// How long the last comparison took.
    took: Duration,
    /// Whether every change so far came with an event.
    is_told: bool,
}

impl Watcher {
    fn new(folders: Folders, shared: Weak<Shared>) -> Self {
        let events = Events::open(&folders).inspect_err(no_events).ok();
        let hasher = shared
            .upgrade()
            .map(|shared| shared.hasher.clone())
            .unwrap_or_default();
        Self {
            folders,
            shared,
            hasher,
            is_told: events.is_some(),
            events,
            seen: Listing::default(),
            took: Duration::ZERO,
        }
    }

    /// Watches until the store is gone.
    fn run(mut self) {
        self.compare();
        let mut compared = Instant::now();
        // Whatever happened before the folders were watched is found by whoever looks now.
        let mut is_changed = true;
        while let Some(shared) = self.shared.upgrade() {
            if is_changed {
                shared.changed.notify_one();
            }
            drop(shared);
            let left = self.pause().saturating_sub(compared.elapsed());
            is_changed = if self.is_woken(left.min(COMPARE)) {
                self.judge()
            } else if compared.elapsed() >= self.pause() {
                let is_changed = self.compare();
                compared = Instant::now();
                if is_changed && self.is_told && !self.is_woken(Duration::ZERO) {
                    tracing::debug!(
                        "a change came without an event; the rules folder is compared more often"
                    );
                    self.is_told = false;
                }
                is_changed
            } else {
                false
            };
        }
    }

    /// The time between two comparisons: on a large tree they take long, and must not take a core.
    fn pause(&self) -> Duration {
        let share = match self.is_told {
            true => SHARE_WITH_EVENTS,
            false => SHARE_WITHOUT_EVENTS,
        };
        COMPARE.max(self.took * share)
    }

    /// Waits for an event.
    fn is_woken(&self, limit: Duration) -> bool {
        match &self.events {
            Some(events) => events.wait(limit),
            None => {
                thread::sleep(limit);
                false
            }
        }
    }

    /// Waits for the end of the burst, and says whether it holds anything that this process did not do.
    fn judge(&mut self) -> bool {
        let Some(events) = &mut self.events else {
            return false;
        };
        let mut news = News::default();
        let began = Instant::now();
        loop {
            events.take(&mut news, self.seen.has_links);
            let left = BURST_MAX.saturating_sub(began.elapsed());
            if left.is_zero() || !events.wait(QUIET.min(left)) {
                break;
            }
        }
        let Some(shared) = self.shared.upgrade() else {
            return false;
        };
        let mut is_foreign = false;
        let mut own = shared.own();
        for path in news.files {
            let key = self.hasher.hash_one(&path);
            let (stamp, is_link) = Stamp::of(&path, &self.hasher);
            self.seen.note(key, stamp);
            news.is_structural |= is_link;
            is_foreign |= own.judge(key, stamp);
        }
        drop(own);
        // Two changes within a tick of the file system's clock have one stamp, so an event about a file counts
        // whatever the comparison says.
        if news.is_structural {
            self.compare() | is_foreign
        } else {
            is_foreign
        }
    }

    /// Lists the tree anew, watches the folders that it has now, and says whether somebody else changed it.
    fn compare(&mut self) -> bool {
        let Some(shared) = self.shared.upgrade() else {
            return false;
        };
        let began = Instant::now();
        let seen = std::mem::take(&mut self.seen);
        let (listing, is_foreign) = shared.compare(&seen, || self.list());
        self.seen = listing;
        self.took = began.elapsed();
        is_foreign
    }

    /// Lists the tree, and watches the folders that it has now.
    fn list(&mut self) -> Listing {
        let was_complete = self.events.as_ref().is_some_and(Events::is_complete);
        let listing = Listing::take(&self.folders, &self.hasher, self.events.as_mut());
        if let Some(events) = &mut self.events {
            events.forget_others();
            if was_complete && let Err(error) = events.completeness() {
                no_events(&error);
                self.is_told = false;
            }
        }
        listing
    }
}

fn no_events(error: &io::Error) {
    tracing::warn!(
        %error,
        "the system tells no more changes of folders, so they are found by comparing; \
         the limits are fs.inotify.max_user_watches and fs.inotify.max_user_instances"
    );
}

#[cfg(test)]
mod tests;

//! A copy of an index: it serves while it is young, and while the repository cannot be asked.
//!
//! A copy is used only if it is of the repository that is configured and, where keys are trusted, signed; one that is
//! signed is never replaced by an older one.

use super::{Community, Freshness, Inner, Kept, PackError, Sources, Upstream};
use ::packs::{
    index::{self, Index, SinglesIndex},
    plan,
    repository::{Cached, IndexKind, Refreshed},
    signature::{Subject, TrustedKeys},
};
use rules::Timestamp;
use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// After a failure nobody who only looks asks again before so long.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// Something that a repository lists.
pub(super) trait Listing: Sized + Send + Sync + 'static {
    const KIND: IndexKind;
    const KEPT: Kept;
    const SUBJECT: Subject<'static>;

    fn parse(bytes: &[u8]) -> Result<Self, index::Error>;
    fn updated_at(&self) -> Timestamp;
}

impl Listing for Index {
    const KIND: IndexKind = IndexKind::Packs;
    const KEPT: Kept = Kept::Index;
    const SUBJECT: Subject<'static> = Subject::Index;

    fn parse(bytes: &[u8]) -> Result<Self, index::Error> {
        Self::parse(bytes)
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }
}

impl Listing for SinglesIndex {
    const KIND: IndexKind = IndexKind::Singles;
    const KEPT: Kept = Kept::SinglesIndex;
    const SUBJECT: Subject<'static> = Subject::SinglesIndex;

    fn parse(bytes: &[u8]) -> Result<Self, index::Error> {
        Self::parse(bytes)
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }
}

/// Whether the repository is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// When the copy is older than `COMMUNITY_INDEX_TTL`, and the last attempt did not just fail.
    IfOld,
    /// When the copy is older than that.
    IfOldEvenIfItFailed,
    /// In any case.
    Now,
}

/// What a copy is kept in, and whose signatures count.
type Outside<'a> = (&'a Sources, &'a TrustedKeys);

/// An index that was accepted.
pub(super) struct Known<T> {
    pub(super) listing: Arc<T>,
    pub(super) cached: Cached,
    /// The key that signed it.
    pub(super) key: Option<String>,
}

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        Self {
            listing: Arc::clone(&self.listing),
            cached: self.cached.clone(),
            key: self.key.clone(),
        }
    }
}

/// An index, and why the repository was not asked, where it should have been.
pub(super) struct Seen<T> {
    pub(super) known: Known<T>,
    pub(super) failure: Option<PackError>,
    /// Whether the repository was asked just now.
    pub(super) is_new: bool,
}

impl<T> Seen<T> {
    pub(super) fn freshness(&self) -> Freshness {
        Freshness {
            fetched_at: self.known.cached.fetched_at,
            stale: self.failure.as_ref().map(PackError::to_string),
        }
    }
}

struct State<T> {
    known: Option<Known<T>>,
    /// Whether the copy that is kept was looked for.
    is_read: bool,
    failure: Option<(Timestamp, PackError)>,
}

/// The copy of an index.
pub(super) struct IndexCopy<T> {
    state: Mutex<State<T>>,
    /// Held by the thread that asks, even where nobody waits for it any more: the others get what comes of it.
    asking: Arc<tokio::sync::Mutex<()>>,
}

impl<T> Default for IndexCopy<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                known: None,
                is_read: false,
                failure: None,
            }),
            asking: Arc::default(),
        }
    }
}

impl<T: Listing> IndexCopy<T> {
    /// Gets the index.
    pub(super) async fn get(
        &self,
        inner: &Arc<Inner>,
        ask: Ask,
        of: fn(&Inner) -> &Self,
    ) -> Result<Seen<T>, PackError> {
        let repository = inner.repository()?;
        let asking = Arc::clone(&self.asking).lock_owned().await;
        let look = move |inner: &Inner| {
            let _asking = asking;
            of(inner).look((&inner.sources, inner.keys()), &*repository, ask, inner.now())
        };
        inner.apart(look).await?
    }

    /// What is known of the repository.
    pub(super) fn status(&self) -> Community {
        let state = self.state();
        let failure = state.failure.as_ref().map(|(_, error)| error.to_string());
        Community {
            index: state.known.as_ref().map(|known| Freshness {
                fetched_at: known.cached.fetched_at,
                stale: failure.clone(),
            }),
            failure,
        }
    }

    fn look(
        &self,
        outside: Outside<'_>,
        repository: &dyn Upstream,
        ask: Ask,
        now: Timestamp,
    ) -> Result<Seen<T>, PackError> {
        let (known, failure) = self.recall(outside, repository);
        let is_current = known
            .as_ref()
            .is_some_and(|known| known.cached.is_current(now, outside.0.index_ttl));
        let failure = failure.filter(|(at, _)| ask == Ask::IfOld && is_recent(*at, now));
        match (known, failure) {
            (Some(known), _) if is_current && ask != Ask::Now => Ok(seen(known, None, false)),
            (Some(known), Some((_, error))) => Ok(seen(known, Some(error), false)),
            (None, Some((_, error))) => Err(error),
            (known, None) => self.ask(outside, repository, known, now),
        }
    }

    fn ask(
        &self,
        outside: Outside<'_>,
        repository: &dyn Upstream,
        known: Option<Known<T>>,
        now: Timestamp,
    ) -> Result<Seen<T>, PackError> {
        let copy = known.as_ref().map(|known| &known.cached);
        let asked = match repository.index(T::KIND, copy) {
            Ok(Refreshed::Fresh(cached) | Refreshed::Unchanged(cached)) => {
                accept(outside.1, cached, known.as_ref())
            }
            Ok(Refreshed::Stale(error)) | Err(error) => Err(error.into()),
        };
        match asked {
            Ok(accepted) => {
                // What cannot be kept is asked for again after the next start.
                let _ = outside.0.keep.write(T::KEPT, &accepted.cached.print());
                let mut state = self.state();
                state.failure = None;
                state.known = Some(accepted.clone());
                Ok(seen(accepted, None, true))
            }
            Err(error) => {
                self.state().failure = Some((now, error.clone()));
                match known {
                    Some(known) => Ok(seen(known, Some(error), true)),
                    None => Err(error),
                }
            }
        }
    }

    /// What is known without asking.
    fn recall(
        &self,
        outside: Outside<'_>,
        repository: &dyn Upstream,
    ) -> (Option<Known<T>>, Option<(Timestamp, PackError)>) {
        if !self.state().is_read {
            let kept = outside.0.keep.read(T::KEPT).ok().flatten();
            let cached = kept.and_then(|bytes| Cached::parse(&bytes));
            let cached = cached.filter(|cached| cached.source == repository.source());
            let known = cached.and_then(|cached| accept(outside.1, cached, None).ok());
            let mut state = self.state();
            state.is_read = true;
            state.known = known;
        }
        let state = self.state();
        (state.known.clone(), state.failure.clone())
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().expect("no holder of the lock panics")
    }
}

fn seen<T>(known: Known<T>, failure: Option<PackError>, is_new: bool) -> Seen<T> {
    Seen {
        known,
        failure,
        is_new,
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    let age_ms = now.as_millis().saturating_sub(at.as_millis());
    u64::try_from(age_ms).is_ok_and(|age_ms| Duration::from_millis(age_ms) < RETRY_AFTER)
}

/// An index that may be used, in the place of the one that is known.
fn accept<T: Listing>(
    keys: &TrustedKeys,
    cached: Cached,
    known: Option<&Known<T>>,
) -> Result<Known<T>, PackError> {
    let key = match keys.is_empty() {
        true => None,
        false => {
            let signature = cached.signature.as_deref().map(String::from_utf8_lossy);
            let verified = keys.verify(&T::SUBJECT, &cached.bytes, signature.as_deref());
            Some(verified.map_err(|error| plan::Refusal::Signature(error.to_string()))?)
        }
    };
    let listing = match known {
        Some(known) if known.cached.bytes == cached.bytes => Arc::clone(&known.listing),
        _ => Arc::new(T::parse(&cached.bytes)?),
    };
    if !keys.is_empty() {
        index::check_age(
            listing.updated_at(),
            known.map(|known| known.listing.updated_at()),
        )?;
    }
    Ok(Known { listing, cached, key })
}

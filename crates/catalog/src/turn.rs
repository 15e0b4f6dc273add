//! Writes take turns: each sees what the one before it has written.
//!
//! A turn looks at the snapshot, decides, has the store write, and refreshes. Others may write the same store:
//! the edits say what they expect to find, and where that fails the turn looks again. A turn is a task of its
//! own, so it ends what it began whatever becomes of the one who asked.

use crate::{
    Error, Snapshot,
    catalog::Inner,
    queue::{self, stopped_or_panicked},
    sync::spawn,
    tally::Operation,
};
use rules::Timestamp;
use std::sync::Arc;
use store::{Edit, ErrorKind, Look, Revision};
use tokio::sync::{Mutex, Semaphore};
use trace::{Kind, Span};

/// Writes that may wait for their turn or have it: each holds on to what it wants to write.
const WAITING_MAX: usize = 256;

/// How often a decision is made while others keep changing what it was made on.
const TRIES_MAX: usize = 5;

/// The line of those who write.
pub(crate) struct Turns {
    places: Semaphore,
    turn: Mutex<()>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            places: Semaphore::new(WAITING_MAX),
            turn: Mutex::new(()),
        }
    }
}

/// What a change came to.
#[derive(Clone)]
pub struct Changed {
    /// The rules after it.
    pub snapshot: Arc<Snapshot>,
    /// What was written; nothing where nothing had to be.
    pub edits: Arc<[Edit]>,
}

pub(crate) async fn write(inner: &Arc<Inner>, edits: Vec<Edit>) -> Result<Arc<Snapshot>, Error> {
    let inner = Arc::clone(inner);
    let writing = spawn(trace::carried(async move {
        let _place = inner.turns.places.try_acquire().map_err(|_| Error::Busy)?;
        let _turn = inner.turns.turn.lock().await;
        apply(&inner, None, &edits).await
    }));
    writing.await.unwrap_or_else(stopped_or_panicked)
}

pub(crate) async fn change<D>(inner: &Arc<Inner>, decide: D) -> Result<Changed, Error>
where
    D: Fn(&Snapshot, Timestamp) -> Result<Vec<Edit>, Error> + Send + Sync + 'static,
{
    let inner = Arc::clone(inner);
    let changing = spawn(trace::carried(async move {
        let _place = inner.turns.places.try_acquire().map_err(|_| Error::Busy)?;
        let _turn = inner.turns.turn.lock().await;
        take_turn(&inner, Arc::new(decide)).await
    }));
    changing.await.unwrap_or_else(stopped_or_panicked)
}

async fn take_turn<D>(inner: &Arc<Inner>, decide: Arc<D>) -> Result<Changed, Error>
where
    D: Fn(&Snapshot, Timestamp) -> Result<Vec<Edit>, Error> + Send + Sync + 'static,
{
    refuse_read_only(inner)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let snapshot = inner.current.load_full().ok_or(Error::Loading)?;
        refuse_stand_in(&snapshot)?;
        let decided = decided(inner, &decide, &snapshot).await;
        if tries == 1 && is_perhaps_outdated(inner, &decided) {
            // Others may have written what nobody here has heard of yet.
            let seen = queue::request(inner, Look::Everywhere).await?;
            if seen.revision() != snapshot.revision() {
                continue;
            }
        }
        let edits: Arc<[Edit]> = decided?.into();
        if edits.is_empty() {
            return Ok(Changed { snapshot, edits });
        }
        match apply(inner, Some(snapshot.revision()), &edits).await {
            Err(Error::Changed(_)) if tries < TRIES_MAX => {
                drop(queue::request(inner, Look::Everywhere).await?)
            }
            applied => return applied.map(|snapshot| Changed { snapshot, edits }),
        }
    }
}

/// Whether a decision writes nothing, and might with what other processes have written meanwhile: edits say what they
/// expect to find, a refusal does not.
fn is_perhaps_outdated(inner: &Inner, decided: &Result<Vec<Edit>, Error>) -> bool {
    let writes_nothing = match decided {
        Ok(edits) => edits.is_empty(),
        Err(error) => error.is_about_what_is_there(),
    };
    writes_nothing && inner.store.is_shared()
}

/// Scripts are parsed to decide, which takes its time.
async fn decided<D>(inner: &Arc<Inner>, decide: &Arc<D>, snapshot: &Arc<Snapshot>) -> Result<Vec<Edit>, Error>
where
    D: Fn(&Snapshot, Timestamp) -> Result<Vec<Edit>, Error> + Send + Sync + 'static,
{
    let (inner, decide, snapshot) = (Arc::clone(inner), Arc::clone(decide), Arc::clone(snapshot));
    let threads = inner.settings.threads;
    threads.run(move || decide(&snapshot, inner.clock.now())).await?
}

/// Durable first, then in force. Edits that were decided on a state are made only where it led to what is stored.
async fn apply(
    inner: &Arc<Inner>,
    decided_on: Option<Revision>,
    edits: &[Edit],
) -> Result<Arc<Snapshot>, Error> {
    refuse_read_only(inner)?;
    inner.current.load().as_deref().map_or(Ok(()), refuse_stand_in)?;
    let storing = Arc::clone(inner);
    let state = decided_on.map(Edit::ExpectState);
    let asked_for = edits.len();
    let edits: Vec<Edit> = state.into_iter().chain(edits.iter().cloned()).collect();
    // A task of its own, so that a panic in the store ends this write only.
    let write = trace::carried(async move {
        let describe = |span: &mut Span, written: &Result<_, store::Error>| {
            span.set("store.kind", storing.store.kind());
            span.set("store.edits", asked_for);
            if let Err(error) = written {
                span.fail(format!("{:?}", error.kind));
            }
        };
        let write = storing.store.write(&edits);
        let counted = storing.tally.store.count(Operation::Write, write);
        trace::in_span_async("store.write", Kind::Internal, counted, describe).await
    });
    let stored = spawn(write).await;
    let stored = stored.unwrap_or_else(|_| Err(store::Error::new(ErrorKind::Torn, "the store panicked")));
    let stored = match stored.map_err(Error::of_write) {
        Err(error @ Error::Undecided(_)) => {
            // Whatever became of it is to be seen.
            let _ = queue::request(inner, Look::Everywhere).await;
            return Err(error);
        }
        stored => stored?,
    };
    let refreshed = queue::request(inner, Look::OwnWrites).await;
    let shown = refreshed.and_then(|snapshot| match snapshot.revision() {
        loaded if loaded < stored => Err(Error::Backwards {
            in_force: stored,
            loaded,
        }),
        _ => Ok(snapshot),
    });
    shown.map_err(|error| Error::NotInForce(Arc::new(error)))
}

fn refuse_read_only(inner: &Inner) -> Result<(), Error> {
    inner
        .store
        .read_only()
        .map_or(Ok(()), |why| Err(Error::ReadOnly(why)))
}

/// Nobody decides on rules that the store may no longer have.
fn refuse_stand_in(snapshot: &Snapshot) -> Result<(), Error> {
    match snapshot.kept_at {
        None => Ok(()),
        Some(_) => Err(Error::StandIn),
    }
}

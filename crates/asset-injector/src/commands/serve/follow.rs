//! Follows the store once its rules are in force: every change is loaded, and what it brings is said once; so are
//! the problems that a write over HTTP brings.

use super::{
    announce,
    last_good::{LastGood, StandIn},
};
use catalog::{Catalog, Error, SeenProblem, Snapshot};
use std::{collections::BTreeMap, future, pin::pin, sync::Arc, time::Duration};
use store::{ErrorKind, Revision, RuleStore};
use tokio::time::timeout;
use trace::Tracer;

/// The first pause after a load that failed; each further one is twice as long.
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// How long the database may be silent before the rules that were kept last stand in for its own: it may take many
/// times longer to fail.
const STAND_IN_AFTER: Duration = Duration::from_secs(1);

/// The longest pause.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// The rules that are in force first.
pub(super) enum First {
    /// Those of the store.
    Loaded(Arc<Snapshot>),
    /// Those that were kept of it.
    Kept(StandIn),
}

impl First {
    pub(super) fn snapshot(&self) -> &Arc<Snapshot> {
        match self {
            Self::Loaded(snapshot) => snapshot,
            Self::Kept(stand_in) => &stand_in.snapshot,
        }
    }
}

/// Loads the rules for the first time. A database may come later than we do: the rules that were kept last stand in
/// for its own, or it is waited for.
pub(super) async fn first(
    store: &dyn RuleStore,
    last_good: Option<&LastGood>,
    catalog: &Catalog,
    tracer: &Tracer,
) -> Result<First, Error> {
    let Some(last_good) = last_good else {
        return load(catalog, tracer).await.map(First::Loaded);
    };
    let mut loading = pin!(load(catalog, tracer));
    let answer = timeout(STAND_IN_AFTER, &mut loading).await.ok();
    let away = match &answer {
        None => Some("the database does not answer"),
        Some(Err(Error::Store(error))) if error.kind == ErrorKind::Unavailable => {
            Some("the database cannot be reached")
        }
        Some(_) => None,
    };
    if let Some(away) = away
        && let Some(stand_in) = last_good.stand_in(catalog, away).await
    {
        return Ok(First::Kept(stand_in));
    }
    let mut loaded = match answer {
        Some(loaded) => loaded,
        None => loading.await,
    };
    let mut retry: Option<Duration> = None;
    while let Err(Error::Store(error)) = &loaded
        && error.kind == ErrorKind::Unavailable
    {
        if retry.is_none() {
            tracing::error!(%error, "there are no rules yet; the database is waited for");
        }
        let pause = retry.map_or(RETRY_FIRST, |pause| RETRY_MAX.min(pause * 2));
        retry = Some(pause);
        // Either way it is tried again.
        drop(timeout(pause, store.changed()).await);
        loaded = load(catalog, tracer).await;
    }
    loaded.map(First::Loaded)
}

async fn load(catalog: &Catalog, tracer: &Tracer) -> Result<Arc<Snapshot>, Error> {
    let span = tracer.root("load");
    span.context().clone().carry(catalog.refresh()).await
}

/// Loads again whenever something changed, where that is watched, until the process stops.
pub(super) async fn follow(
    store: &dyn RuleStore,
    watch: bool,
    catalog: &Catalog,
    first: First,
    tracer: &Tracer,
) {
    let mut told = Told::of(first.snapshot());
    let mut publications = catalog.publications();
    let mut failures = catalog.failures();
    let mut stands_in = match first {
        First::Loaded(_) => None,
        First::Kept(stand_in) => Some(stand_in),
    };
    // Where kept rules stand in, loading has failed already.
    let mut retry = stands_in.as_ref().map(|_| RETRY_FIRST);
    'following: loop {
        // Also where a write asked for the refresh: what the store told it then is no news to the store any more.
        if let (None, Some(failure)) = (retry, &*failures.borrow_and_update()) {
            retry = Some(failed(retry, &failure.message));
        }
        let mut due = pin!(due(store, watch, retry));
        loop {
            tokio::select! {
                () = &mut due => break,
                _ = failures.changed(), if retry.is_none() => continue 'following,
                _ = publications.changed() => {
                    catalog.snapshot().iter().for_each(|snapshot| told.tell_problems(snapshot));
                }
            }
        }
        // What the log says of it stands in its trace.
        let span = tracer.root("follow");
        let entered = span.context().enter();
        let refresh = trace::carried(catalog.refresh());
        drop(entered);
        let refreshed = refresh.await;
        let _entered = span.context().enter();
        match refreshed {
            Ok(snapshot) => {
                if retry.take().is_some() {
                    tracing::info!("the rules can be loaded again");
                }
                if let Some(stand_in) = stands_in.take() {
                    stand_in.compare(store, &snapshot);
                }
                told.tell(&snapshot);
            }
            Err(Error::Stopped) => return,
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::new(error));
                retry = Some(failed(retry, &error));
            }
        }
    }
}

/// Waits until it is time to load again.
async fn due(store: &dyn RuleStore, watch: bool, retry: Option<Duration>) {
    match retry {
        _ if !watch => future::pending().await,
        None => store.changed().await,
        // Either way it is tried again.
        Some(pause) => drop(timeout(pause, store.changed()).await),
    }
}

/// Says that loading fails, unless it did so before; returns the next pause.
fn failed(retry: Option<Duration>, error: &str) -> Duration {
    if let Some(pause) = retry {
        return RETRY_MAX.min(pause * 2);
    }
    tracing::error!(error, "the rules cannot be loaded; those in force stay");
    RETRY_FIRST
}

/// What makes a problem the same one in the next state: file, rule, field and reason. Lines move.
type Identity = (String, Option<String>, String, String);

/// What the log knows.
struct Told {
    revision: Revision,
    problems: BTreeMap<Identity, SeenProblem>,
}

impl Told {
    fn of(snapshot: &Snapshot) -> Self {
        Self {
            revision: snapshot.revision(),
            problems: problems(snapshot),
        }
    }

    /// Logs what is different from the state before.
    fn tell(&mut self, snapshot: &Snapshot) {
        if snapshot.revision() != self.revision {
            announce::reloaded(snapshot);
        }
        self.tell_problems(snapshot);
    }

    /// Logs which problems are different from the state before; a write was answered and audited already.
    fn tell_problems(&mut self, snapshot: &Snapshot) {
        let now = Self::of(snapshot);
        let new = now
            .problems
            .iter()
            .filter(|(id, _)| !self.problems.contains_key(*id));
        announce::problems(new.map(|(_, problem)| problem));
        let gone = self
            .problems
            .iter()
            .filter(|(id, _)| !now.problems.contains_key(*id));
        announce::problems_gone(gone.map(|(_, problem)| problem));
        *self = now;
    }
}

fn problems(snapshot: &Snapshot) -> BTreeMap<Identity, SeenProblem> {
    let identity = |problem: &SeenProblem| {
        (
            problem.file.clone(),
            problem.rule_id.clone(),
            problem.field.clone(),
            problem.reason.clone(),
        )
    };
    let all = snapshot.problems().iter();
    all.map(|problem| (identity(problem), problem.clone())).collect()
}

//! What is done with packs by itself once the rules are in force: an update at the start, single rules every while, and
//! a look at the index whenever its copy is old. None of it delays anything, and what fails is tried again at the next time.

use super::turns::Turns;
use crate::config::CommunityConfig;
use catalog::{PackError, Packs, Synced, Which};
use rules::Timestamp;
use std::time::Duration;
use store::RuleStore;
use tokio::time::sleep;
use trace::Tracer;

/// The longest wait for a repository that says when it can be asked again.
const WAIT_MAX: Duration = Duration::from_secs(6 * 3600);

/// The shortest pause between two looks at the index that nobody asked for.
const LOOK_EVERY_AT_LEAST: Duration = Duration::from_secs(60);

/// Whose turn it is to update all packs, by name, and to synchronize the single rules.
const UPDATE: &str = "packs update";
const SYNC: &str = "singles sync";

/// How long nothing may be heard of an update of all packs before another process may begin one.
const UPDATE_LEASE: Duration = Duration::from_secs(600);

/// Does all of it, as far as they are configured, until the process stops.
pub(super) async fn keep_up(packs: &Packs, store: &dyn RuleStore, config: &CommunityConfig, tracer: &Tracer) {
    // What could not be recorded now is recorded with the next operation.
    let _ = packs.catch_up().await;
    if config.repository.is_none() {
        return;
    }
    let turns = Turns::of(store);
    let update = async {
        if config.auto_update {
            let update = async || {
                let span = tracer.root("auto update");
                span.context().clone().carry(update(packs)).await
            };
            turns.until_done(UPDATE, UPDATE_LEASE, update).await;
        }
    };
    let synchronize = async {
        if let Some(interval) = config.singles_interval {
            synchronize(packs, &turns, interval, tracer).await;
        }
    };
    tokio::join!(update, synchronize, look(packs, config.index_ttl, tracer));
}

/// Asks for the index whenever the copy of it has become old: what is said of its age would else be a matter of who
/// looks at it, and an idle service would seem to have lost its repository.
async fn look(packs: &Packs, ttl: Duration, tracer: &Tracer) {
    loop {
        let span = tracer.root("index look");
        // A failure stands in the health and in the metrics, and the copy serves on.
        let _ = span.context().clone().carry(packs.available()).await;
        drop(span);
        sleep(ttl.max(LOOK_EVERY_AT_LEAST)).await;
    }
}

/// Updates all packs; says whether that is over, be it with a failure: it is not while the store cannot be written for
/// the moment.
async fn update(packs: &Packs) -> bool {
    let snapshot = packs.catalog().snapshot();
    if snapshot.is_none_or(|snapshot| snapshot.kept_at().is_some()) {
        return false;
    }
    match packs.update(Which::All).await {
        Err(error @ (PackError::Busy | PackError::Catalog(_))) if !error.is_refusal() => {
            tracing::debug!(%error, "the packs cannot be updated yet");
            return false;
        }
        Err(error) => tracing::warn!(%error, "the packs cannot be updated; those that are installed stay"),
        Ok(updated) => {
            for (name, outcome) in updated.packs {
                match outcome {
                    Err(error) => tracing::warn!(pack = name, %error, "the pack cannot be updated"),
                    Ok(change) if change.changed => tracing::info!(
                        pack = name,
                        from = change.from.map(|version| version.to_string()),
                        to = change.to.map(|version| version.to_string()),
                        "the pack is updated"
                    ),
                    Ok(_) => {}
                }
            }
        }
    }
    true
}

async fn synchronize(packs: &Packs, turns: &Turns<'_>, interval: Duration, tracer: &Tracer) {
    let mut told = None;
    loop {
        let sync = async {
            let span = tracer.root(SYNC);
            let outcome = span.context().clone().carry(packs.sync(false)).await;
            (outcome, span)
        };
        let Some((outcome, span)) = turns.hold(SYNC, 2 * interval, sync).await else {
            sleep(interval).await;
            continue;
        };
        let entered = span.context().enter();
        let (failure, until) = match &outcome {
            Ok(synced) => {
                tell(synced);
                (synced.stopped.as_ref().map(ToString::to_string), synced.until)
            }
            Err(error) => (Some(error.to_string()), error.until()),
        };
        // The same failure every few minutes would fill the log.
        if let Some(error) = failure.as_ref().filter(|_| failure != told) {
            tracing::warn!(
                error,
                "the single rules cannot be synchronized; those that are here stay"
            );
        }
        if failure.is_none() && told.is_some() {
            tracing::info!("the single rules can be synchronized again");
        }
        told = failure;
        drop(entered);
        drop(span);
        let now = packs.catalog().clock().now();
        rest(turns, interval, pause(interval, until, now)).await;
    }
}

/// Waits. The turn is held beyond that, so that it stays with one process for as long as that lives, and none of the
/// others asks a repository that wants to be left alone.
pub(super) async fn rest(turns: &Turns<'_>, interval: Duration, pause: Duration) {
    let _ = turns.take(SYNC, pause + interval).await;
    sleep(pause).await;
}

fn tell(synced: &Synced) {
    for (file, reason) in &synced.failed {
        tracing::warn!(file, reason, "a single rule cannot be used");
    }
    if synced.changed {
        tracing::info!(
            put = synced.put,
            removed = synced.removed,
            rest = synced.rest,
            "the single rules are synchronized"
        );
    }
}

/// How long to wait: no shorter than the repository asks for, where it does.
fn pause(interval: Duration, until: Option<Timestamp>, now: Timestamp) -> Duration {
    let asked = until.map_or(0, |until| until.as_millis().saturating_sub(now.as_millis()));
    let asked = Duration::from_millis(u64::try_from(asked).unwrap_or(0));
    match until {
        // What was begun goes on as soon as it can.
        Some(_) if asked < interval => asked.max(Duration::from_secs(1)),
        Some(_) => asked.min(WAIT_MAX),
        None => interval,
    }
}

#[cfg(test)]
mod tests {
    use super::{WAIT_MAX, pause};
    use rules::Timestamp;
    use std::time::Duration;

    #[test]
    fn the_pause_is_what_the_repository_asks_for() {
        let interval = Duration::from_secs(300);
        let now = Timestamp::from_millis(1_000_000);
        let wait = |seconds: i64| {
            pause(
                interval,
                Some(Timestamp::from_millis(1_000_000 + seconds * 1000)),
                now,
            )
        };
        assert_eq!(pause(interval, None, now), interval);
        assert_eq!(wait(20), Duration::from_secs(20));
        assert_eq!(wait(900), Duration::from_secs(900));
        assert_eq!(wait(-5), Duration::from_secs(1));
        assert_eq!(wait(1_000_000), WAIT_MAX);
    }
}

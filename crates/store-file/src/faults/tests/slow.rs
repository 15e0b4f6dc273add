//! A disk that takes its time: what is seen of a write before it is done is still this process's own.

use super::{Trial, put};
use std::time::Duration;
use store::RuleStore as _;
use tokio::time::timeout;

/// Longer than the watch waits for the end of a burst.
const CALL: Duration = Duration::from_millis(150);

/// Longer than the burst after a write, and than the time between two comparisons.
const QUIET: Duration = Duration::from_secs(2);

/// Longer than anything here takes; a test that hangs must end.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_own_write_is_not_told_however_long_it_takes() {
    let trial = tokio::task::spawn_blocking(Trial::new).await.unwrap();
    trial.store.load().await.unwrap();
    let told = timeout(PATIENCE, trial.store.changed()).await;
    assert!(told.is_ok(), "what was before the first call counts");
    trial.faults.slow(CALL);
    for n in 0..4 {
        let edits = [put("old", &format!("{n}{{}}")), put("new", &format!("{n}{{}}"))];
        trial.store.write(&edits).await.unwrap();
    }
    let told = timeout(QUIET, trial.store.changed()).await;
    assert!(told.is_err(), "an own write was taken for another's");
}

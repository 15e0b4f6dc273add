//! A rollout that did not get on within its deadline is taken back, whatever the strategy and the number of pods.
//!
//! The condition that says so stays until pods of before come back, and with `Recreate` those come only when the last of the
//! others has gone: who took it for one of theirs would give up.

use anyhow::{Context as _, Result, ensure};

use super::app::{App, DEPLOYMENT, Release};
use super::until;

/// Asks for a path that is not there, so that its pod runs and never gets ready; and has a deadline that passes soon.
const NEVER_READY: &str = "{ target: { kind: Deployment, name: asset-injector }, patch: '{ apiVersion: apps/v1, \
    kind: Deployment, metadata: { name: asset-injector }, spec: { progressDeadlineSeconds: 5, template: { spec: { \
    containers: [{ name: asset-injector, readinessProbe: { httpGet: { path: /nowhere } } }] } } } }' }";
const REASON: &str =
    "--output=jsonpath={.spec.strategy.type} {.status.conditions[?(@.type=='Progressing')].reason}";
const NUMBERS: &str = "--output=jsonpath={.spec.replicas} {.status.replicas} {.status.updatedReplicas} {.status.availableReplicas}";
const BACK_WITHIN_SECONDS: u32 = 90;

/// Deploys what never gets ready, waits until the deadline has passed, and goes back.
pub(super) fn is_taken_back(app: &App<'_>, tag: &str) -> Result<()> {
    let stuck = Release {
        patch: NEVER_READY,
        ..Release::of(tag)
    };
    app.cluster.apply(&app.rendered(stuck)?)?;
    let strategy = until("its deadline does not pass", || {
        let told = app.kubectl(&["get", "deployment", DEPLOYMENT, REASON])?;
        let (strategy, reason) = told.split_once(' ').context("no condition")?;
        ensure!(reason == "ProgressDeadlineExceeded", "{reason}");
        Ok(strategy.to_owned())
    })?;
    let told = app.rollback(BACK_WITHIN_SECONDS)?;
    ensure!(told.starts_with("rolled back "), "the script said `{told}`");
    // An autoscaler may ask for more at this moment.
    let pods = until("not all pods are ready after the rollback", || {
        let told = app.kubectl(&["get", "deployment", DEPLOYMENT, NUMBERS])?;
        let numbers: Vec<_> = told.split(' ').collect();
        ensure!(numbers.iter().all(|number| *number == numbers[0]), "{told}");
        Ok(numbers[0].to_owned())
    })?;
    println!("  a rollout ({strategy}) that passed its deadline is taken back, to pods: {pods}");
    Ok(())
}

//! What a rollback brings back goes with the next deployment that does not have it; what is not of the deployment, such as
//! the number of pods or a pause, stays.

use anyhow::{Result, ensure};

use super::app::{App, DEPLOYMENT, Release};
use crate::deploy;

/// A release with a variable that no other one sets.
const WITH_VARIABLE: &str = "{ target: { kind: Deployment, name: asset-injector }, patch: '{ apiVersion: apps/v1, \
    kind: Deployment, metadata: { name: asset-injector }, spec: { template: { spec: { containers: [{ \
    name: asset-injector, env: [{ name: LOG_FORMAT, value: json }] }] } } } }' }";
const VARIABLES: &str = "--output=jsonpath={.spec.template.spec.containers[0].env[*].name}";
const PAUSED: &str = "--output=jsonpath={.spec.paused}";
const REPLICAS: &str = "--output=jsonpath={.spec.replicas}";
const MARK: &str = "--output=jsonpath={.metadata.annotations.asset-injector/failed-revisions}";

/// As many as the autoscaler wants at least, and not the one that there are where nobody says.
const PODS: usize = 3;
const WITHIN_SECONDS: u32 = 180;

/// Deploys a release with a variable and one without, goes back in both ways, and each time deploys the next one; then one
/// more while it is paused.
pub(super) fn is_removed(app: &App<'_>, tag: &str) -> Result<()> {
    let has_variable = || Ok::<_, anyhow::Error>(seen(app, VARIABLES)?.contains("LOG_FORMAT"));
    app.scale(PODS)?;
    give(app, tag, "LOG_LEVEL=info", WITH_VARIABLE)?;
    app.rolled_out(WITHIN_SECONDS)?;
    ensure!(has_variable()?, "the release lacks its variable");
    give(app, tag, "LOG_LEVEL=warn", "")?;
    ensure!(!has_variable()?, "a deployment does not remove a variable");
    let told = app.rollback(WITHIN_SECONDS)?;
    ensure!(
        told.starts_with("rolled back ") && has_variable()?,
        "the rollback does not bring the variable back: {told}"
    );
    give(app, tag, "LOG_LEVEL=error", "")?;
    ensure!(
        !has_variable()?,
        "what the rollback brought back outlives the next deployment"
    );
    let mark = seen(app, MARK)?;
    ensure!(!mark.is_empty(), "the mark of the release that was left is gone");

    app.rolled_out(WITHIN_SECONDS)?;
    app.kubectl(&["rollout", "undo", "deployment", DEPLOYMENT])?;
    ensure!(has_variable()?, "`kubectl rollout undo` does not bring it back");
    give(app, tag, "LOG_LEVEL=debug", "")?;
    ensure!(
        !has_variable()?,
        "what `kubectl rollout undo` brought back outlives the next deployment"
    );

    app.kubectl(&["rollout", "pause", "deployment", DEPLOYMENT])?;
    give(app, tag, "LOG_LEVEL=trace", "")?;
    ensure!(seen(app, PAUSED)? == "true", "a deployment ends a pause");
    app.kubectl(&["rollout", "resume", "deployment", DEPLOYMENT])?;
    app.rolled_out(WITHIN_SECONDS)?;
    println!(
        "  what a rollback brought back goes with the next deployment; its mark, {PODS} pods and a pause stay"
    );
    Ok(())
}

/// Deploys as the pipeline does, and looks whether the number of pods stays.
fn give(app: &App<'_>, tag: &str, setting: &str, patch: &str) -> Result<()> {
    let rendered = app.rendered(Release { tag, setting, patch })?;
    deploy::give(&app.cluster.access()?, &rendered)?;
    let replicas = seen(app, REPLICAS)?;
    ensure!(
        replicas == PODS.to_string(),
        "a deployment changes the number of pods to {replicas}"
    );
    Ok(())
}

/// Something of the Deployment.
fn seen(app: &App<'_>, field: &str) -> Result<String> {
    app.kubectl(&["get", "deployment", DEPLOYMENT, field])
}

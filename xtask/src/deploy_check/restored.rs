//! What a rollback brings back goes with the next deployment that does not have it.

use anyhow::{Result, ensure};

use super::app::{App, DEPLOYMENT, Release};
use crate::deploy;

/// A release with a variable that no other one sets.
const WITH_VARIABLE: &str = "{ target: { kind: Deployment, name: asset-injector }, patch: '{ apiVersion: apps/v1, \
    kind: Deployment, metadata: { name: asset-injector }, spec: { template: { spec: { containers: [{ \
    name: asset-injector, env: [{ name: LOG_FORMAT, value: json }] }] } } } }' }";
const VARIABLES: &str = "--output=jsonpath={.spec.template.spec.containers[0].env[*].name}";
const MARK: &str = "--output=jsonpath={.metadata.annotations.asset-injector/failed-revisions}";

/// Deploys a release with a variable and one without, goes back, and deploys the next one.
pub(super) fn is_removed(app: &App<'_>, tag: &str) -> Result<()> {
    let give = |setting: &str, patch: &str| {
        let rendered = app.rendered(Release { tag, setting, patch })?;
        deploy::give(&app.cluster.access()?, &rendered)
    };
    let has_variable = || {
        let told = app.kubectl(&["get", "deployment", DEPLOYMENT, VARIABLES])?;
        Ok::<_, anyhow::Error>(told.contains("LOG_FORMAT"))
    };
    give("LOG_LEVEL=info", WITH_VARIABLE)?;
    app.rolled_out(180)?;
    ensure!(has_variable()?, "the release lacks its variable");
    give("LOG_LEVEL=warn", "")?;
    ensure!(!has_variable()?, "a deployment does not remove a variable");
    let told = app.rollback(180)?;
    ensure!(
        told.starts_with("rolled back ") && has_variable()?,
        "the rollback does not bring the variable back: {told}"
    );
    give("LOG_LEVEL=error", "")?;
    ensure!(
        !has_variable()?,
        "what the rollback brought back outlives the next deployment"
    );
    let mark = app.kubectl(&["get", "deployment", DEPLOYMENT, MARK])?;
    ensure!(!mark.is_empty(), "the mark of the release that was left is gone");
    println!("  what a rollback brought back goes with the next deployment, and its mark stays");
    Ok(())
}

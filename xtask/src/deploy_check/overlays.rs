//! Each overlay of `deploy` is taken by the API server and by Pod Security, and gets ready; what asks for more rights,
//! or has a field that nobody knows, is refused. From a rollout that gets stuck each comes back.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::app::{App, DEPLOYMENT, Overlay, PRODUCTION, Release};
use super::images::Program;
use super::{doctor, kinds, restored, stuck};
use crate::cluster::{Running, filled};
use crate::shell;

const OVERLAYS: [Overlay; 3] = [
    Overlay {
        name: "single",
        namespace: "asset-injector",
    },
    Overlay {
        name: "staging",
        namespace: "asset-injector-staging",
    },
    PRODUCTION,
];
const VERSION: u32 = 1;
const VOLUME: &str = include_str!("volume.yaml");
/// The user of the image. Volumes of this kind do not know of groups.
const USER: u32 = 65532;
const READY_WITHIN_SECONDS: u32 = 180;

pub(super) fn run(cluster: &Running<'_>, scratch: &Path, binary: Option<&Path>) -> Result<()> {
    kinds::install(cluster)?;
    let program = Program::find(binary)?;
    program.load(cluster, scratch, &[VERSION])?;
    let folder = std::path::absolute(scratch.join("volume"))?;
    for part in ["data", "rules"] {
        let part = folder.join(part);
        fs::create_dir_all(&part)?;
        chown(&part, Some(USER), Some(USER))?;
    }
    // One of a run that was ended belongs to a claim that is gone.
    remove_volume(cluster)?;
    cluster.apply(&filled(VOLUME, &[("folder", &*folder.to_string_lossy())])?)?;
    let checked = OVERLAYS.into_iter().try_for_each(|overlay| {
        let app = App::prepare(cluster, scratch, &program, overlay)?;
        check(&app)
            .and_then(|()| stuck::is_taken_back(&app, &VERSION.to_string()))
            .context(overlay.name)
    });
    remove_volume(cluster)?;
    fs::remove_dir_all(folder)?;
    checked
}

fn remove_volume(cluster: &Running<'_>) -> Result<()> {
    let volume = "persistentvolume/asset-injector-check";
    shell::output(&mut cluster.kubectl(["delete", volume, "--ignore-not-found"])).map(drop)
}

fn check(app: &App<'_>) -> Result<()> {
    let objects = app.rendered(Release::of(&VERSION.to_string()))?;
    app.cluster.apply(&objects)?;
    app.rolled_out(READY_WITHIN_SECONDS)?;
    let told = app.kubectl(&["get", "deployment", DEPLOYMENT, "--output=json"])?;
    let deployment: Value = serde_json::from_str(&told)?;
    let namespace = app.overlay.namespace;

    let mut spec = deployment["spec"]["template"]["spec"].clone();
    let rights = json!({"privileged": true, "allowPrivilegeEscalation": true});
    spec["containers"][0]["securityContext"] = rights;
    let privileged = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "privileged", "namespace": namespace}, "spec": spec,
    });
    refused(app, &privileged, "violates PodSecurity \"restricted")?;

    let misspelt = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": DEPLOYMENT, "namespace": namespace},
        "spec": {"replicaz": 3},
    });
    refused(app, &misspelt, ".spec.replicaz: field not declared in schema")?;

    let wrong = json!({
        "apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule",
        "metadata": {"name": "wrong", "namespace": namespace},
        "spec": {"groups": [{"name": "a", "rules": [{"alert": "A", "expr": "1", "for": "5x"}]}]},
    });
    refused(app, &wrong, "spec.groups[0].rules[0].for")?;
    doctor::is_well(app)?;
    if app.overlay.name == PRODUCTION.name {
        doctor::finds_faults(app, &deployment)?;
        restored::is_removed(app, &VERSION.to_string())?;
    }
    println!(
        "  `{}` is taken and ready, and what it may not be is refused",
        app.overlay.name
    );
    Ok(())
}

fn refused(app: &App<'_>, object: &Value, reason: &str) -> Result<()> {
    let Err(error) = app.cluster.apply(&object.to_string()) else {
        bail!("it was taken: {object}");
    };
    let message = error.to_string();
    ensure!(
        message.contains(reason),
        "it was refused for another reason: {message}"
    );
    Ok(())
}

//! What `doctor` finds in a pod: all well in one that serves, and what was planted in others.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::app::{App, DEPLOYMENT};
use super::until;
use crate::doctor::{self, Expected, Said, WORDS};

const SOUND: [Expected<'_>; 5] = [
    ("DATA_DIR", "ok", "/data"),
    ("memory", "ok", "the limit is 512.00 MiB"),
    ("user", "ok", "65532"),
    ("port", "ok", "8080"),
    ("rules", "ok", "0 rules in force"),
];
/// Found beside the others where the overlay has a database, or files.
const OF_DATABASE: Expected<'_> = ("database", "ok", "");
const OF_FILES: Expected<'_> = ("RULES_DIR", "ok", "/rules");

/// A name that the cluster knows, and one that nobody does; a database that is not there; little memory.
const PLANTED: [(&str, &str, Expected<'_>); 4] = [
    (
        "COMMUNITY_REPO_URL",
        "https://kubernetes.default.svc/",
        ("DNS", "ok", "kubernetes.default.svc is 10.215.0.1"),
    ),
    (
        "COMMUNITY_REPO_URL",
        "https://nowhere.invalid/",
        ("DNS", "wrong", "nowhere.invalid"),
    ),
    (
        "DATABASE_URL",
        "postgresql://rules@127.0.0.1:1/rules",
        ("database", "wrong", "127.0.0.1"),
    ),
    (
        "ENABLE_HTTPS",
        "true",
        ("configuration", "wrong", "TLS_CERT_FILE"),
    ),
];
const LITTLE: &str = "16Mi";

/// Asks it in a pod that serves.
pub(super) fn is_well(app: &App<'_>) -> Result<()> {
    let deployment = format!("deployment/{DEPLOYMENT}");
    let mut words = vec!["exec", &*deployment, "--", "/asset-injector"];
    words.extend(WORDS);
    let since = doctor::now()?;
    let said = Said::parse(&app.kubectl(&words)?)?;
    let of_store = if app.overlay.name == "single" {
        OF_FILES
    } else {
        OF_DATABASE
    };
    said.holds(&SOUND)?;
    said.tells_the_time(&since)?;
    said.holds(&[of_store])?;
    said.is_well()?;
    println!("  doctor finds nothing in a pod that serves");
    Ok(())
}

/// Starts pods like those of the Deployment, each with a fault, and asks there.
pub(super) fn finds_faults(app: &App<'_>, deployment: &Value) -> Result<()> {
    let mut spec = deployment["spec"]["template"]["spec"].clone();
    spec["restartPolicy"] = json!("Never");
    let container = &mut spec["containers"][0];
    container["args"] = json!(WORDS);
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        container[probe] = Value::Null;
    }
    for (number, (name, value, expected)) in PLANTED.into_iter().enumerate() {
        let mut spec = spec.clone();
        let set = &mut spec["containers"][0]["env"];
        let set = set.as_array_mut().context("the container has no variables")?;
        set.retain(|variable| variable["name"] != name);
        set.push(json!({"name": name, "value": value}));
        let said = ask(app, &format!("doctor-{number}"), &spec)?;
        said.holds(&[expected])
            .with_context(|| format!("{name}={value}"))?;
    }
    spec["containers"][0]["resources"]["limits"]["memory"] = json!(LITTLE);
    spec["containers"][0]["resources"]["requests"]["memory"] = json!(LITTLE);
    ask(app, "doctor-memory", &spec)?.holds(&[("memory", "look", "the limit is 16.00 MiB")])?;
    println!("  doctor finds in a pod what was planted: names, a database, a setting, little memory");
    Ok(())
}

/// What it says in a pod of its own, without the labels by which a Service or a policy would mean it.
fn ask(app: &App<'_>, name: &str, spec: &Value) -> Result<Said> {
    let metadata = json!({"name": name, "namespace": app.overlay.namespace});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
    app.cluster.apply(&pod.to_string())?;
    until("the pod does not end", || {
        let phase = app.kubectl(&["get", "pod", name, "--output=jsonpath={.status.phase}"])?;
        ensure!(phase == "Succeeded" || phase == "Failed", "it is {phase}");
        Ok(())
    })?;
    Said::parse(&app.kubectl(&["logs", name])?)
}

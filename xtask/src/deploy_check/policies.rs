//! The network policies of the overlay `production` and of the components, enforced: whom they name gets through, and
//! nobody else.
//!
//! Pods with the labels of everybody who is meant, and of some who are not, stand in for them, and addresses of the
//! machine for networks outside. Without the policies all of them reach each other, or the test would show nothing.

mod expected;
mod way;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::app::open_postgres;
use super::network::{Network, POD, ready};
use super::{Namespaces, until};
use crate::cluster::{BRIDGE, HOST, POD_IMAGE, Running, filled};
use crate::shell;
use expected::{HTTP, OPEN, OURS, OUTSIDE, PODS, POSTGRES_ON_HOST, STAGES, Stage};
use way::{Flow, Listener, Place, Port, compare};

const OVERLAY: &str = "deploy/overlays/production";

/// The namespaces, each with the label that its pods are known by.
const NAMESPACES: [(&str, &str); 5] = [
    (OURS, "pod-security.kubernetes.io/enforce=restricted"),
    ("ingress-nginx", "of=nobody"),
    ("clients", "asset-injector/client=true"),
    ("monitoring", "of=nobody"),
    ("observability", "of=nobody"),
];

/// Addresses that the machine has for as long as this lives.
struct Addresses;

impl Addresses {
    fn take() -> Result<Self> {
        let taken = Self;
        for (_, address) in OUTSIDE {
            shell::output(&mut ip("replace", address))?;
        }
        Ok(taken)
    }
}

impl Drop for Addresses {
    fn drop(&mut self) {
        for (_, address) in OUTSIDE {
            // One that was not taken is not there; all go with the cluster in any case.
            shell::succeeds(&mut ip("delete", address));
        }
    }
}

fn ip(word: &str, address: &str) -> Command {
    let address = format!("{address}/32");
    shell::command("ip", ["address", word, &address, "dev", BRIDGE])
}

pub(super) fn run(cluster: &Running<'_>, scratch: &Path) -> Result<()> {
    cluster.load_pod(scratch)?;
    let _namespaces = Namespaces {
        cluster,
        names: NAMESPACES.map(|(name, _)| name).to_vec(),
    };
    let _addresses = Addresses::take()?;
    let places = start(cluster)?;
    let ended = check(cluster, &places);
    // It stands in a namespace that stays.
    shell::output(&mut cluster.kubectl(["delete", "pod", "--namespace=kube-system", "names"]))?;
    ended
}

fn check(cluster: &Running<'_>, places: &[Place]) -> Result<()> {
    let _listeners: Vec<Listener> = OPEN
        .iter()
        .map(|(name, port)| Listener::start(place(places, name)?, *port))
        .collect::<Result<_>>()?;
    open_postgres();
    let flows = flows(places)?;
    until("without policies not everybody gets through", || {
        compare(&flows, |_| true)
    })?;
    for stage in &STAGES {
        enforce(cluster, stage)?;
        let expected = |flow: &Flow<'_>| stage.allows(flow.from.name, flow.to.name, flow.port);
        until("the policies are not in force", || compare(&flows, expected))?;
        // And it stays so.
        for _ in 0..2 {
            compare(&flows, expected)?;
        }
        let allowed = flows.iter().filter(|flow| expected(flow)).count();
        println!(
            "  {}: {allowed} of {} ways are open, and no other one",
            stage.name,
            flows.len()
        );
    }
    Ok(())
}

/// Gives the policies of the overlay and of these components to the cluster.
fn enforce(cluster: &Running<'_>, stage: &Stage) -> Result<()> {
    let rendered = shell::output(&mut cluster.kubectl(["kustomize", OVERLAY]))?;
    let mut policies: Vec<_> = rendered
        .split("\n---\n")
        .filter(|object| object.contains("kind: NetworkPolicy"))
        .map(str::to_owned)
        .collect();
    ensure!(policies.len() > 1, "the overlay has {} policies", policies.len());
    for component in stage.components {
        let policy = fs::read_to_string(format!("deploy/components/{component}/networkpolicy.yaml"))?;
        let place = format!("metadata:\n  namespace: {OURS}\n");
        policies.push(policy.replacen("metadata:\n", &place, 1));
    }
    cluster.apply(&policies.join("\n---\n")).map(drop)
}

/// Starts everybody, and waits until they answer.
fn start(cluster: &Running<'_>) -> Result<Vec<Place>> {
    for (name, label) in NAMESPACES {
        let (key, value) = label.split_once('=').context("a label has a value")?;
        cluster.apply(&format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{{key}: \"{value}\"}}}}}}"
        ))?;
    }
    for (number, (name, namespace, label)) in PODS.into_iter().enumerate() {
        let (key, value) = label.split_once('=').context("a label has a value")?;
        let node = if number % 2 == 0 { "n1" } else { "n2" };
        let labels = format!("{key}: \"{value}\"");
        let values = [
            ("name", name),
            ("namespace", namespace),
            ("labels", &labels),
            ("node", node),
            ("image", POD_IMAGE),
        ];
        let object = filled(POD, &values)?;
        until("a pod is not taken", || cluster.apply(&object))?;
    }
    let mut places = Vec::new();
    for (name, address) in [("host", HOST)].into_iter().chain(OUTSIDE) {
        places.push(Place {
            name,
            address: address.parse()?,
            network: None,
        });
    }
    for (name, namespace, _) in PODS {
        places.push(Place {
            name,
            address: ready(cluster, namespace, name)?,
            network: Some(Network::of(cluster, namespace, name)?),
        });
    }
    Ok(places)
}

fn place<'p>(places: &'p [Place], name: &str) -> Result<&'p Place> {
    let mut places = places.iter();
    places
        .find(|place| place.name == name)
        .with_context(|| format!("there is no `{name}`"))
}

/// From everybody whom a policy selects to every port that is open, from everybody to every port of theirs, and one way
/// that is no matter of the policies.
fn flows(places: &[Place]) -> Result<Vec<Flow<'_>>> {
    let pods: Vec<_> = places.iter().filter(|place| place.network.is_some()).collect();
    let selected = |place: &Place| STAGES.iter().any(|stage| stage.selects(place.name));
    let mut open: Vec<(&Place, Port)> = pods.iter().map(|pod| (*pod, HTTP)).collect();
    for (name, port) in OPEN.into_iter().chain([POSTGRES_ON_HOST]) {
        open.push((place(places, name)?, port));
    }
    let mut flows = Vec::new();
    for from in pods {
        for (to, port) in &open {
            let is_one = from.name == "stranger" && to.name == "friend";
            if from.name != to.name && (selected(from) || selected(to) || is_one) {
                flows.push(Flow {
                    from,
                    to,
                    port: *port,
                });
            }
        }
    }
    Ok(flows)
}

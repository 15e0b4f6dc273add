//! The network policies of the overlay `production`, enforced: whom they name gets through, and nobody else.
//!
//! Pods with the labels of everybody who is meant, and of some who are not, stand in for them. Without the policies all
//! of them reach each other, or the test would show nothing.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::app::{POSTGRES, open_postgres};
use super::network::{Network, POD, ready};
use super::{Namespaces, until};
use crate::cluster::{HOST, POD_IMAGE, Running, filled};
use crate::shell;

const OVERLAY: &str = "deploy/overlays/production";
/// A packet that is dropped is answered by nobody.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
const HTTP: u16 = 8080;

const OURS: &str = "asset-injector";
const PROGRAM: &str = "program";

/// The namespaces, each with the label that its pods are known by.
const NAMESPACES: [(&str, &str); 5] = [
    (OURS, "pod-security.kubernetes.io/enforce=restricted"),
    ("ingress-nginx", "of=nobody"),
    ("clients", "asset-injector/client=true"),
    ("monitoring", "of=nobody"),
    ("observability", "of=nobody"),
];

/// Everybody: a name, a namespace, a label.
const PODS: [(&str, &str, &str); 10] = [
    (PROGRAM, OURS, "app.kubernetes.io/name=asset-injector"),
    ("client", OURS, "asset-injector/client=true"),
    ("stranger", OURS, "of=nobody"),
    ("database", OURS, "app.kubernetes.io/name=postgres"),
    ("ingress", "ingress-nginx", "app.kubernetes.io/name=ingress-nginx"),
    ("neighbour", "ingress-nginx", "of=nobody"),
    ("friend", "clients", "of=nobody"),
    ("prometheus", "monitoring", "app.kubernetes.io/name=prometheus"),
    ("names", "kube-system", "k8s-app=kube-dns"),
    ("collector", "observability", "of=nobody"),
];

/// Who may ask the program.
const ALLOWED_IN: [&str; 4] = ["client", "ingress", "friend", "prometheus"];
/// Whom the program may ask, on which port; the host is a server in a private network.
const ALLOWED_OUT: [(&str, u16); 5] = [
    ("names", 53),
    ("collector", 4317),
    ("collector", 4318),
    ("database", POSTGRES),
    ("host", POSTGRES),
];
/// Ports that are open beside the one of all pods.
const OPEN: [(&str, u16); 7] = [
    (PROGRAM, 9090),
    ("names", 53),
    ("collector", 4317),
    ("collector", 4318),
    ("database", POSTGRES),
    ("database", 5433),
    ("host", 5433),
];
/// The one that is open on the host, too, where the database of the other parts is.
const OF_HOST: (&str, u16) = ("host", POSTGRES);

/// Where somebody is in the network.
struct Place {
    name: &'static str,
    address: Ipv4Addr,
    /// Nothing for the host.
    network: Option<Network>,
}

/// A connection that is tried.
struct Flow<'p> {
    from: &'p Place,
    to: &'p Place,
    port: u16,
    is_allowed: bool,
}

pub(super) fn run(cluster: &Running<'_>, scratch: &Path) -> Result<()> {
    cluster.load_pod(scratch)?;
    let _namespaces = Namespaces {
        cluster,
        names: NAMESPACES.map(|(name, _)| name).to_vec(),
    };
    let places = start(cluster)?;
    let ended = check(cluster, &places);
    // It stands in a namespace that stays.
    shell::output(&mut cluster.kubectl(["delete", "pod", "--namespace=kube-system", "names"]))?;
    ended
}

fn check(cluster: &Running<'_>, places: &[Place]) -> Result<()> {
    let _listeners: Vec<TcpListener> = OPEN
        .iter()
        .map(|(name, port)| listen(place(places, name)?, *port))
        .collect::<Result<_>>()?;
    open_postgres();
    let flows = flows(places)?;
    until("without policies not everybody gets through", || {
        compare(&flows, |_| true)
    })?;
    let rendered = shell::output(&mut cluster.kubectl(["kustomize", OVERLAY]))?;
    let policies: Vec<_> = rendered
        .split("\n---\n")
        .filter(|object| object.contains("kind: NetworkPolicy"))
        .collect();
    ensure!(policies.len() > 1, "the overlay has {} policies", policies.len());
    cluster.apply(&policies.join("\n---\n"))?;
    until("the policies are not in force", || {
        compare(&flows, |flow| flow.is_allowed)
    })?;
    // And it stays so.
    for _ in 0..2 {
        compare(&flows, |flow| flow.is_allowed)?;
    }
    let allowed = flows.iter().filter(|flow| flow.is_allowed).count();
    println!(
        "{} policies: {allowed} of {} connections get through",
        policies.len(),
        flows.len()
    );
    Ok(())
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
    let mut places = vec![Place {
        name: "host",
        address: HOST.parse()?,
        network: None,
    }];
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

fn listen(place: &Place, port: u16) -> Result<TcpListener> {
    let bind = || {
        let listener = TcpListener::bind((place.address, port));
        listener.with_context(|| format!("cannot listen on port {port} of `{}`", place.name))
    };
    match &place.network {
        Some(network) => network.within(bind),
        None => bind(),
    }
}

/// All connections to the program, all from it, and some that are no matter of the policies.
fn flows(places: &[Place]) -> Result<Vec<Flow<'_>>> {
    let program = place(places, PROGRAM)?;
    let flow = |from, to, port, is_allowed| Flow {
        from,
        to,
        port,
        is_allowed,
    };
    let pods = places.iter().filter(|place| place.network.is_some());
    let others: Vec<_> = pods.filter(|pod| pod.name != PROGRAM).collect();
    let mut flows = Vec::new();
    for other in &others {
        flows.push(flow(other, program, HTTP, ALLOWED_IN.contains(&other.name)));
        flows.push(flow(program, other, HTTP, false));
    }
    let open = OPEN.into_iter().chain([OF_HOST]);
    for (name, port) in open.filter(|(name, _)| *name != PROGRAM) {
        let is_allowed = ALLOWED_OUT.contains(&(name, port));
        flows.push(flow(program, place(places, name)?, port, is_allowed));
    }
    flows.push(flow(place(places, "client")?, program, 9090, false));
    flows.push(flow(
        place(places, "stranger")?,
        place(places, "friend")?,
        HTTP,
        true,
    ));
    Ok(flows)
}

/// Tries all of them at once; fails with those that are not as expected.
fn compare(flows: &[Flow<'_>], expected: impl Fn(&Flow<'_>) -> bool) -> Result<()> {
    let tried: Vec<Result<bool>> = std::thread::scope(|scope| {
        let trying: Vec<_> = flows
            .iter()
            .map(|flow| scope.spawn(|| gets_through(flow)))
            .collect();
        let tried = trying
            .into_iter()
            .map(|one| one.join().expect("it does not panic"));
        tried.collect()
    });
    let mut wrong = Vec::new();
    for (flow, through) in flows.iter().zip(tried) {
        let through = through?;
        if through != expected(flow) {
            let word = if through { "gets" } else { "does not get" };
            wrong.push(format!(
                "`{}` {word} through to port {} of `{}`",
                flow.from.name, flow.port, flow.to.name
            ));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn gets_through(flow: &Flow<'_>) -> Result<bool> {
    let to = SocketAddr::from((flow.to.address, flow.port));
    let network = flow.from.network.as_ref().context("the host asks nobody")?;
    network.within(|| Ok(TcpStream::connect_timeout(&to, ANSWER_WITHIN).is_ok()))
}

//! The processes on the host: the store, the API server, the controllers, the scheduler, metrics, names, and who
//! enforces network policies.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;

use super::node;
use super::places::{DNS_SERVICE, HOST, METRICS_SERVICE, Places, SERVICES, fill, filled, node_name};
use super::process::Process;
use crate::shell;

const COREFILE: &str = include_str!("Corefile");
const SERVICES_OF_THE_HOST: &str = include_str!("services.yaml");
/// Some seconds on an idle machine.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// The processes, in the order in which they start.
pub(super) const PARTS: &[&str] = &[
    "etcd",
    "apiserver",
    "controller-manager",
    "scheduler",
    "metrics-server",
    "coredns",
    "netpol",
];

/// Starts what the nodes need, and waits for the API server.
pub(super) fn start(places: &Places) -> Result<()> {
    let etcd = Process::new(places, "etcd");
    etcd.start(places.command("etcd").args(etcd_words(places)))?;
    let apiserver = Process::new(places, "apiserver");
    apiserver.start(places.command("kube-apiserver").args(apiserver_words(places)))?;
    apiserver.wait(READY_WITHIN, || {
        ensure!(etcd.id().is_some(), "etcd has ended");
        shell::output(&mut places.kubectl(["get", "--raw", "/readyz"]))
    })?;
    let mut manager = places.command("kube-controller-manager");
    Process::new(places, "controller-manager").start(manager.args(manager_words(places)))?;
    let mut scheduler = places.command("kube-scheduler");
    scheduler
        .args(["--bind-address=127.0.0.1", "--leader-elect=false"])
        .arg(format!(
            "--kubeconfig={}",
            places.state.join("scheduler.kubeconfig").display()
        ));
    Process::new(places, "scheduler").start(&scheduler)
}

/// Starts metrics and names beside the cluster, and tells it of them as of services.
pub(super) fn start_services(places: &Places) -> Result<()> {
    let mut metrics = places.command("metrics-server");
    Process::new(places, "metrics-server").start(metrics.args(metrics_words(places)))?;
    let corefile = places.state.join("Corefile");
    let kubeconfig = places.kubeconfig();
    let values = [("host", HOST), ("kubeconfig", &kubeconfig.to_string_lossy())];
    fill(COREFILE, &values, &corefile)?;
    let mut coredns = places.command("coredns");
    Process::new(places, "coredns").start(coredns.arg("-conf").arg(corefile))?;

    let authority = fs::read(places.certificates().join("ca.crt"))?;
    let values = [
        ("host", HOST),
        ("dns", DNS_SERVICE),
        ("metrics", METRICS_SERVICE),
        ("authority", &base64(&authority)),
    ];
    apply(places, &filled(SERVICES_OF_THE_HOST, &values)?).map(drop)
}

/// Starts to enforce network policies. It knows the nodes by their processes, so it begins anew when one of them does.
pub(super) fn start_policies(places: &Places, nodes: u8) -> Result<()> {
    let netpol = Process::new(places, "netpol");
    netpol.stop(Signal::KILL)?;
    let mut command = places.command("kube-netpol");
    for node in 1..=nodes {
        command.arg(format!(
            "{}={}",
            node_name(node),
            node::first_process(places, node)?
        ));
    }
    netpol.start(&command)
}

/// Ends all of them. The API server would wait for connections to end, and only the store keeps anything.
pub(super) fn stop(places: &Places) -> Result<()> {
    for part in PARTS.iter().rev() {
        let signal = if *part == "etcd" {
            Signal::TERM
        } else {
            Signal::KILL
        };
        Process::new(places, *part).stop(signal)?;
    }
    Ok(())
}

/// Gives these objects to the cluster; returns what kubectl says.
pub(super) fn apply(places: &Places, objects: &str) -> Result<String> {
    use std::io::Write as _;
    let mut child = places
        // Also fields that somebody else has set meanwhile.
        .kubectl(["apply", "--server-side", "--force-conflicts", "--filename=-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start kubectl")?;
    let mut input = child.stdin.take().context("kubectl has no input")?;
    let written = input.write_all(objects.as_bytes());
    drop(input);
    let told = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned();
    // One that fails early reads nothing, and says why.
    ensure!(told.status.success(), "kubectl apply: {}", said.trim_end());
    written.context("kubectl does not read what it is given")?;
    Ok(said)
}

fn etcd_words(places: &Places) -> Vec<String> {
    vec![
        format!("--data-dir={}", places.state.join("etcd").display()),
        "--name=test-cluster".to_owned(),
        "--log-level=warn".to_owned(),
        // Nothing of it is kept.
        "--unsafe-no-fsync".to_owned(),
        "--listen-client-urls=http://127.0.0.1:12379".to_owned(),
        "--advertise-client-urls=http://127.0.0.1:12379".to_owned(),
        "--listen-peer-urls=http://127.0.0.1:12380".to_owned(),
        "--initial-advertise-peer-urls=http://127.0.0.1:12380".to_owned(),
        "--initial-cluster=test-cluster=http://127.0.0.1:12380".to_owned(),
    ]
}

fn apiserver_words(places: &Places) -> Vec<String> {
    let file = |name: &str| places.certificates().join(name).display().to_string();
    vec![
        "--etcd-servers=http://127.0.0.1:12379".to_owned(),
        format!("--bind-address={HOST}"),
        format!("--advertise-address={HOST}"),
        "--secure-port=6443".to_owned(),
        format!("--service-cluster-ip-range={SERVICES}"),
        format!("--tls-cert-file={}", file("apiserver.crt")),
        format!("--tls-private-key-file={}", file("apiserver.key")),
        format!("--client-ca-file={}", file("ca.crt")),
        format!("--kubelet-client-certificate={}", file("apiserver-kubelet.crt")),
        format!("--kubelet-client-key={}", file("apiserver-kubelet.key")),
        format!("--kubelet-certificate-authority={}", file("ca.crt")),
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local".to_owned(),
        format!("--service-account-key-file={}", file("tokens.pub")),
        format!("--service-account-signing-key-file={}", file("tokens.key")),
        "--authorization-mode=Node,RBAC".to_owned(),
        "--enable-admission-plugins=NodeRestriction".to_owned(),
        "--allow-privileged=true".to_owned(),
        format!("--requestheader-client-ca-file={}", file("ca.crt")),
        "--requestheader-allowed-names=front-proxy".to_owned(),
        "--requestheader-username-headers=X-Remote-User".to_owned(),
        "--requestheader-group-headers=X-Remote-Group".to_owned(),
        "--requestheader-extra-headers-prefix=X-Remote-Extra-".to_owned(),
        format!("--proxy-client-cert-file={}", file("front-proxy.crt")),
        format!("--proxy-client-key-file={}", file("front-proxy.key")),
        // The metrics server is no pod; its service leads to the host.
        "--enable-aggregator-routing=true".to_owned(),
    ]
}

fn manager_words(places: &Places) -> Vec<String> {
    let file = |name: &str| places.certificates().join(name).display().to_string();
    let kubeconfig = places.state.join("controller-manager.kubeconfig");
    vec![
        format!("--kubeconfig={}", kubeconfig.display()),
        "--bind-address=127.0.0.1".to_owned(),
        "--leader-elect=false".to_owned(),
        "--use-service-account-credentials=true".to_owned(),
        format!("--root-ca-file={}", file("ca.crt")),
        format!("--service-account-private-key-file={}", file("tokens.key")),
        format!("--cluster-signing-cert-file={}", file("ca.crt")),
        format!("--cluster-signing-key-file={}", file("ca.key")),
        // A test does not wait for minutes.
        "--node-monitor-period=2s".to_owned(),
        "--node-monitor-grace-period=20s".to_owned(),
        "--horizontal-pod-autoscaler-sync-period=5s".to_owned(),
        "--horizontal-pod-autoscaler-cpu-initialization-period=30s".to_owned(),
        "--horizontal-pod-autoscaler-initial-readiness-delay=10s".to_owned(),
    ]
}

fn metrics_words(places: &Places) -> Vec<String> {
    let file = |name: &str| places.certificates().join(name).display().to_string();
    let kubeconfig = places.kubeconfig();
    let kubeconfig = kubeconfig.display();
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        format!("--bind-address={HOST}"),
        "--secure-port=4443".to_owned(),
        format!("--tls-cert-file={}", file("metrics-server.crt")),
        format!("--tls-private-key-file={}", file("metrics-server.key")),
        format!("--kubelet-certificate-authority={}", file("ca.crt")),
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
        // It ends at once unless the first is the longer one.
        "--metric-resolution=10s".to_owned(),
        "--kubelet-request-timeout=5s".to_owned(),
    ]
}

/// As the API takes bytes.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit > three.len() {
                '='
            } else {
                char::from(DIGITS[index])
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_the_standard() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}

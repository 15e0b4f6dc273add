//! The cluster's own authority, a certificate for everyone who speaks in it, and the files that tell them how.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Result;

use super::places::{API_SERVICE, HOST, Places, fill, node_address, node_name};
use crate::shell;

/// openssl has no other way to be told that it shall ask nothing.
const OPENSSL: &str = "[req]\ndistinguished_name = names\n[names]\n";
const KUBECONFIG: &str = include_str!("kubeconfig.yaml");
/// Those who connect to the API server, and as whom.
const CLIENTS: &[(&str, &str)] = &[
    ("admin", "/O=system:masters/CN=admin"),
    ("controller-manager", "/CN=system:kube-controller-manager"),
    ("scheduler", "/CN=system:kube-scheduler"),
    ("kube-proxy", "/CN=system:kube-proxy"),
];

/// Makes what is not there yet.
pub(super) fn make(places: &Places, nodes: u8) -> Result<()> {
    let folder = places.certificates();
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
    authority(places, &folder)?;
    let server = format!(
        "IP:{HOST},IP:{API_SERVICE},DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,\
         DNS:kubernetes.default.svc.cluster.local"
    );
    certificate(places, "apiserver", "/CN=kube-apiserver", &server)?;
    certificate(
        places,
        "apiserver-kubelet",
        "/O=system:masters/CN=apiserver-kubelet",
        "",
    )?;
    certificate(places, "front-proxy", "/CN=front-proxy", "")?;
    let metrics = "DNS:metrics-server.kube-system.svc";
    certificate(places, "metrics-server", "/CN=metrics-server", metrics)?;
    for (name, subject) in CLIENTS {
        certificate(places, name, subject, "")?;
        kubeconfig(places, name, &places.state.join(format!("{name}.kubeconfig")))?;
    }
    for node in 1..=nodes {
        let (name, address) = (node_name(node), node_address(node));
        let subject = format!("/O=system:nodes/CN=system:node:{name}");
        certificate(places, &name, &subject, &format!("IP:{address},DNS:{name}"))?;
        kubeconfig(places, &name, &places.state.join(format!("{name}.kubeconfig")))?;
    }
    kubeconfig(places, "admin", &places.kubeconfig())
}

fn authority(places: &Places, folder: &Path) -> Result<()> {
    if folder.join("ca.crt").exists() {
        return Ok(());
    }
    fs::write(folder.join("openssl.cnf"), OPENSSL)?;
    // Tokens of service accounts are signed by a key of their own.
    let mut key = places.command("openssl");
    key.args(["genrsa", "-out", "tokens.key", "2048"]);
    shell::output(key.current_dir(folder))?;
    let mut public = places.command("openssl");
    public.args(["rsa", "-in", "tokens.key", "-pubout", "-out", "tokens.pub"]);
    shell::output(public.current_dir(folder))?;
    let extensions = [
        "basicConstraints=critical,CA:TRUE",
        "keyUsage=critical,keyCertSign,cRLSign",
    ];
    sign(places, "ca", "/CN=test-cluster", &extensions, &[])
}

/// Makes a certificate, for a server if it has names.
fn certificate(places: &Places, name: &str, subject: &str, names: &str) -> Result<()> {
    if places.certificates().join(format!("{name}.crt")).exists() {
        return Ok(());
    }
    let names = format!("subjectAltName={names}");
    let mut extensions = vec![
        "basicConstraints=CA:FALSE",
        "keyUsage=digitalSignature",
        "extendedKeyUsage=serverAuth,clientAuth",
    ];
    if names.len() > "subjectAltName=".len() {
        extensions.push(&names);
    }
    sign(
        places,
        name,
        subject,
        &extensions,
        &["-CA", "ca.crt", "-CAkey", "ca.key"],
    )
}

fn sign(places: &Places, name: &str, subject: &str, extensions: &[&str], by: &[&str]) -> Result<()> {
    let (certificate, key) = (format!("{name}.crt"), format!("{name}.key"));
    let mut command = places.command("openssl");
    command
        .args(["req", "-x509", "-config", "openssl.cnf", "-newkey", "ec"])
        .args([
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "365",
        ])
        .args(["-subj", subject, "-keyout", &key, "-out", &certificate])
        .args(extensions.iter().flat_map(|extension| ["-addext", extension]))
        .args(by)
        .current_dir(places.certificates());
    shell::output(&mut command)?;
    Ok(())
}

/// Writes how to reach the API server as the owner of this certificate.
fn kubeconfig(places: &Places, name: &str, path: &Path) -> Result<()> {
    let folder = places.certificates();
    let values = [
        ("server", &*format!("https://{HOST}:6443")),
        ("certificates", &folder.to_string_lossy()),
        ("name", name),
    ];
    fill(KUBECONFIG, &values, path)?;
    Ok(fs::set_permissions(path, Permissions::from_mode(0o600))?)
}

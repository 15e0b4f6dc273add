//! An overlay in the cluster, with images of ours and a database on the host.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, ensure};
use pg_test::{Database, Proxy, Server};

use super::images::{NAME, Program};
use super::network::{self, Network};
use super::{Namespaces, until};
use crate::cluster::{HOST, POD_IMAGE, Running, filled};
use crate::shell;

pub(super) const DEPLOYMENT: &str = "asset-injector";
/// As the network policy of the database has it.
pub(super) const POSTGRES: u16 = 5432;
const OF_STABLE: &str = "--selector=asset-injector/track=stable";
const CLIENT: &str = "client";
const SECRETS: &str = include_str!("secrets.yaml");
const OVERLAY: &str = include_str!("overlay.yaml");

/// An overlay of `deploy`.
#[derive(Clone, Copy)]
pub(super) struct Overlay {
    pub(super) name: &'static str,
    pub(super) namespace: &'static str,
}

pub(super) const PRODUCTION: Overlay = Overlay {
    name: "production",
    namespace: "asset-injector",
};

/// What is deployed: an image, a setting, and a patch of kustomize that may be empty.
#[derive(Clone, Copy)]
pub(super) struct Release<'r> {
    pub(super) tag: &'r str,
    pub(super) setting: &'r str,
    pub(super) patch: &'r str,
}

impl<'r> Release<'r> {
    /// A good one.
    pub(super) const fn of(tag: &'r str) -> Self {
        Self {
            tag,
            setting: "LOG_LEVEL=info",
            patch: "",
        }
    }
}

/// The program in the cluster. The order is that of the end: first what uses the database.
pub(super) struct App<'c> {
    pub(super) cluster: &'c Running<'c>,
    pub(super) overlay: Overlay,
    _namespaces: Namespaces<'c>,
    folder: PathBuf,
    _database: Database,
}

/// Has the database server of this process listen at the port of PostgreSQL of [`HOST`], where pods reach it.
pub(super) fn open_postgres() {
    // A proxy listens for as long as the process lives.
    static WAY: LazyLock<Proxy> = LazyLock::new(|| {
        let address = HOST.parse().expect("the address of a bridge");
        Proxy::at(SocketAddr::new(address, POSTGRES), Server::shared().port())
    });
    LazyLock::force(&WAY);
}

impl<'c> App<'c> {
    /// Makes the namespace, the Secrets and the database; deploys nothing.
    pub(super) fn prepare(
        cluster: &'c Running<'c>,
        scratch: &Path,
        program: &Program,
        overlay: Overlay,
    ) -> Result<Self> {
        open_postgres();
        let database = Server::shared().database();
        let url = database.url_at(POSTGRES).replace("127.0.0.1", HOST);
        let app = Self {
            cluster,
            overlay,
            _namespaces: Namespaces {
                cluster,
                names: vec![overlay.namespace],
            },
            folder: scratch.join("overlay"),
            _database: database,
        };
        fs::create_dir_all(&app.folder)?;
        let values = [
            ("namespace", overlay.namespace),
            ("tokens", &*program.token_line()?),
            ("url", &url),
            ("host", HOST),
        ];
        cluster.apply(&filled(SECRETS, &values)?)?;
        Ok(app)
    }

    /// Starts a client whom the network policy knows.
    pub(super) fn start_client(&self, scratch: &Path) -> Result<Network> {
        self.cluster.load_pod(scratch)?;
        let values = [
            ("name", CLIENT),
            ("namespace", self.overlay.namespace),
            ("labels", "asset-injector/client: \"true\""),
            ("node", "n1"),
            ("image", POD_IMAGE),
        ];
        let client = filled(network::POD, &values)?;
        until("the client is not taken", || self.cluster.apply(&client))?;
        network::ready(self.cluster, self.overlay.namespace, CLIENT)?;
        Network::of(self.cluster, self.overlay.namespace, CLIENT)
    }

    /// The Service.
    pub(super) fn address(&self) -> Result<SocketAddr> {
        let words = [
            "get",
            "service",
            DEPLOYMENT,
            "--output=jsonpath={.spec.clusterIP}",
        ];
        let address = self.kubectl(&words)?;
        Ok(SocketAddr::new(address.parse().context("no address")?, 80))
    }

    /// Runs `kubectl` in the namespace; returns what it prints.
    pub(super) fn kubectl(&self, words: &[&str]) -> Result<String> {
        let namespace = ["--namespace", self.overlay.namespace];
        shell::output(self.cluster.kubectl(namespace).args(words))
    }

    /// What the overlay gives to the cluster for the release.
    pub(super) fn rendered(&self, release: Release<'_>) -> Result<String> {
        let values = [
            ("name", NAME),
            ("overlay", self.overlay.name),
            ("namespace", self.overlay.namespace),
            ("tag", release.tag),
            ("setting", release.setting),
            ("patch", release.patch),
        ];
        let file = self.folder.join("kustomization.yaml");
        fs::write(file, filled(OVERLAY, &values)?)?;
        self.kubectl(&["kustomize", &self.folder.to_string_lossy()])
    }

    /// Gives the release to the cluster, without the autoscaler: the number of pods is a matter of the checks.
    pub(super) fn deploy(&self, release: Release<'_>) -> Result<()> {
        let rendered = self.rendered(release)?;
        let objects: Vec<_> = rendered
            .split("\n---\n")
            .filter(|object| !object.contains("kind: HorizontalPodAutoscaler"))
            .collect();
        self.cluster.apply(&objects.join("\n---\n")).map(drop)
    }

    /// Waits until the rollout is complete.
    pub(super) fn rolled_out(&self, within_seconds: u32) -> Result<()> {
        let deployment = format!("deployment/{DEPLOYMENT}");
        let timeout = format!("--timeout={within_seconds}s");
        self.kubectl(&["rollout", "status", &deployment, &timeout])
            .map(drop)
    }

    /// Sets the number of pods, and waits until there are as many.
    pub(super) fn scale(&self, replicas: usize) -> Result<()> {
        let number = format!("--replicas={replicas}");
        self.kubectl(&["scale", &format!("deployment/{DEPLOYMENT}"), &number])?;
        self.rolled_out(180)?;
        until("pods do not go", || {
            let pods = self.pods("{.metadata.name}")?;
            ensure!(pods.len() == replicas, "there are {} pods", pods.len());
            Ok(())
        })
    }

    /// Something of each pod.
    pub(super) fn pods(&self, field: &str) -> Result<Vec<String>> {
        let path = format!("--output=jsonpath={{range .items[*]}}{field}{{\"\\n\"}}{{end}}");
        let told = self.kubectl(&["get", "pods", OF_STABLE, &path])?;
        Ok(told.lines().map(str::to_owned).collect())
    }

    /// The rollback script for the Deployment.
    pub(super) fn rollback(&self, within_seconds: u32) -> Result<String> {
        let mut command = Command::new("scripts/rollback.sh");
        command
            .args(["--namespace", self.overlay.namespace, "--deployment", DEPLOYMENT])
            .args(["--timeout", &within_seconds.to_string()]);
        shell::output(self.cluster.shown_to(&mut command))
    }
}

//! A canary is judged by what a Prometheus in the cluster saw of it: one that fails requests is removed, and one that is
//! as good as the others is promoted, but not before its time.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::app::{App, DEPLOYMENT, PRODUCTION, Release};
use super::images::{NAME, Program, commit};
use super::load::{self, HOST, Way};
use super::network::{self, Network};
use super::{Namespaces, kinds, until};
use crate::cluster::{POD_IMAGE, Running, filled};
use crate::http::Connection;
use crate::prometheus::Prometheus;
use crate::{deploy, shell};

const REPLICAS: usize = 3;
const MONITORING: &str = "monitoring";
/// As `deploy` takes it.
const PROMETHEUS: &str = "monitoring/prometheus:9090";
const SERVICE: &str = include_str!("prometheus.yaml");
const CANARY: &str = "asset-injector-canary";
/// With it whoever sends a body slowly keeps everybody else out.
const FAULT: &str = "MAX_CONCURRENT_REQUESTS=1";
const SLOW_CLIENTS: usize = 8;
const BODY: &str = r#"{"url": "https://www.example.com/news/"}"#;
const PATIENCE: Duration = Duration::from_secs(10);
/// Two hundred requests a second, of which every fourth is the canary's.
const CLIENTS: usize = 4;
const PAUSE: Duration = Duration::from_millis(20);
/// Between two looks at which pods there are.
const PODS_EVERY: Duration = Duration::from_secs(2);

/// A Prometheus in the network of a pod; stopped when dropped, before its namespace goes.
struct Observer<'c> {
    _prometheus: Prometheus,
    targets: PathBuf,
    _namespaces: Namespaces<'c>,
}

/// What goes on while a canary is judged.
struct Traffic<'t> {
    client: &'t Network,
    to: SocketAddr,
    slow_clients: usize,
}

pub(super) fn run(cluster: &Running<'_>, scratch: &Path, binary: Option<&Path>) -> Result<()> {
    let program = Program::find(binary)?;
    program.load(cluster, scratch, &[1, 2])?;
    kinds::install(cluster)?;
    let app = App::prepare(cluster, scratch, &program, PRODUCTION)?;
    app.deploy(Release::of("1"))?;
    app.scale(REPLICAS)?;
    let client = app.start_client(scratch)?;
    let to = app.address()?;
    let observer = Observer::start(cluster, scratch)?;
    let mut traffic = Traffic {
        client: &client,
        to,
        slow_clients: SLOW_CLIENTS,
    };
    start(&app, FAULT)?;
    let (judged, took) = judged(&app, &observer, &traffic)?;
    let reason = judged.err().context("a canary that fails requests is promoted")?;
    ensure!(
        reason.to_string().contains("of its requests fail"),
        "it is removed for another reason: {reason:#}"
    );
    println!("  after {} s {reason:#}", took.as_secs());
    is_removed(&app)?;
    traffic.slow_clients = 0;
    start(&app, "MAX_CONCURRENT_REQUESTS-")?;
    let (judged, took) = self::judged(&app, &observer, &traffic)?;
    judged.context("a good canary is not promoted")?;
    is_removed(&app)?;
    app.deploy(Release::of("2"))?;
    app.rolled_out(180)?;
    let way = Way { from: &client, to };
    load::during(&way, |answers| answers.wait_for(&commit(2)))?;
    println!("  a good canary is promoted after {} s", took.as_secs());
    Ok(())
}

/// Starts one pod of version 2, with a setting or without it.
fn start(app: &App<'_>, setting: &str) -> Result<()> {
    let deployment = format!("deployment/{CANARY}");
    let image = format!("{DEPLOYMENT}={NAME}:2");
    app.kubectl(&["set", "image", &deployment, &image])?;
    app.kubectl(&["set", "env", &deployment, setting])?;
    app.kubectl(&["scale", &deployment, "--replicas=1"]).map(drop)
}

fn is_removed(app: &App<'_>) -> Result<()> {
    let words = ["get", "deployment", CANARY, "--output=jsonpath={.spec.replicas}"];
    let replicas = app.kubectl(&words)?;
    ensure!(replicas == "0", "there are {replicas} pods of the canary");
    Ok(())
}

/// Has the canary judged under this traffic; returns the verdict and how long that took.
fn judged(app: &App<'_>, observer: &Observer<'_>, traffic: &Traffic<'_>) -> Result<(Result<()>, Duration)> {
    let began = Instant::now();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| traffic.ask(&is_over));
        }
        for _ in 0..traffic.slow_clients {
            scope.spawn(|| traffic.ask_slowly(&is_over));
        }
        scope.spawn(|| observer.follow(app, &is_over));
        let judged = deploy::judge_canary(&app.cluster.access()?, PROMETHEUS);
        is_over.store(true, Ordering::SeqCst);
        Ok((judged, began.elapsed()))
    })
}

impl Traffic<'_> {
    /// What becomes of a request is what Prometheus sees.
    fn ask(&self, is_over: &AtomicBool) {
        if self.client.enter().is_err() {
            return;
        }
        let path = "/v1/resolve?url=https://www.example.com/news/";
        while !is_over.load(Ordering::SeqCst) {
            let _ = Connection::open(self.to, HOST, PATIENCE)
                .and_then(|mut open| open.get(path, "Connection: close\r\n"));
            thread::sleep(PAUSE);
        }
    }

    fn ask_slowly(&self, is_over: &AtomicBool) {
        if self.client.enter().is_err() {
            return;
        }
        while !is_over.load(Ordering::SeqCst) {
            let _ = self.send_slowly();
            thread::sleep(PAUSE);
        }
    }

    fn send_slowly(&self) -> Result<()> {
        let mut stream = TcpStream::connect_timeout(&self.to, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (first, rest) = BODY.split_at(1);
        write!(
            stream,
            "POST /v1/resolve HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{first}",
            BODY.len()
        )?;
        thread::sleep(Duration::from_millis(500));
        stream.write_all(rest.as_bytes())?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl<'c> Observer<'c> {
    /// Starts it in the network of a pod which the policies let in, behind a Service.
    fn start(cluster: &'c Running<'c>, scratch: &Path) -> Result<Self> {
        let folder = std::path::absolute(scratch.join("prometheus"))?;
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let namespaces = Namespaces {
            cluster,
            names: vec![MONITORING],
        };
        cluster.apply(SERVICE)?;
        let values = [
            ("name", "prometheus"),
            ("namespace", MONITORING),
            ("labels", "app.kubernetes.io/name: prometheus"),
            ("node", "n1"),
            ("image", POD_IMAGE),
        ];
        let pod = filled(network::POD, &values)?;
        until("the pod is not taken", || cluster.apply(&pod))?;
        network::ready(cluster, MONITORING, "prometheus")?;
        let network = Network::of(cluster, MONITORING, "prometheus")?;
        let targets = folder.join("targets.json");
        fs::write(&targets, "[]")?;
        let config = json!({"scrape_configs": [{
            "job_name": "asset-injector",
            "scrape_interval": "5s",
            "scrape_timeout": "4s",
            "file_sd_configs": [{"files": [&targets]}],
        }]});
        let prometheus = network.within(|| Prometheus::start(&folder, &config, ":9090"))?;
        let started = Self {
            _prometheus: prometheus,
            targets,
            _namespaces: namespaces,
        };
        until("Prometheus is not ready", || {
            let path = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/-/ready";
            shell::output(&mut cluster.kubectl(["get", "--raw", path]))
        })?;
        Ok(started)
    }

    /// Tells it again and again which pods there are, with the labels that the operator would give them.
    fn follow(&self, app: &App<'_>, is_over: &AtomicBool) {
        while !is_over.load(Ordering::SeqCst) {
            if let Err(error) = self.tell(app) {
                println!("  the pods are not told to Prometheus: {error:#}");
            }
            thread::sleep(PODS_EVERY);
        }
    }

    fn tell(&self, app: &App<'_>) -> Result<()> {
        let fields = "{.status.podIP}{\" \"}{.metadata.name}{\" \"}{.metadata.labels.asset-injector/track}";
        let path = format!("--output=jsonpath={{range .items[*]}}{fields}{{\"\\n\"}}{{end}}");
        let selector = "--selector=app.kubernetes.io/name=asset-injector";
        let told = app.kubectl(&["get", "pods", selector, &path])?;
        let pods = told.lines().filter_map(|line| {
            let mut words = line.split(' ');
            let (address, pod, track) = (words.next()?, words.next()?, words.next()?);
            let labels = json!({
                "namespace": PRODUCTION.namespace,
                "pod": pod,
                "asset_injector_track": track,
            });
            (!address.is_empty()).then(|| json!({"targets": [format!("{address}:8080")], "labels": labels}))
        });
        let targets = serde_json::Value::from_iter(pods).to_string();
        let new = self.targets.with_extension("new");
        fs::write(&new, targets)?;
        Ok(fs::rename(new, &self.targets)?)
    }
}

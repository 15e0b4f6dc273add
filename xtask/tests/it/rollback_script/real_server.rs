//! Histories of a Deployment on a real API server with its real controllers.
//!
//! Nothing schedules the pods: they get ready by their status, which is written here as a kubelet would, unless the
//! image is a broken one. So a history takes seconds, and needs no node.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Cluster, Event, model, script};

const NAMESPACE: &str = "rollback-histories";
/// Far more than the controllers take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);
const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";

/// An API server, by way of `kubectl proxy`, and a namespace in it.
pub(crate) struct RealServer {
    kubeconfig: OsString,
    proxy: Child,
    port: u16,
    /// Where kubectl keeps what it knows of the server.
    home: TempDir,
    made: AtomicU32,
}

/// A Deployment of its own, which goes when this is dropped.
pub(crate) struct Deployment<'server> {
    server: &'server RealServer,
    name: String,
}

/// A Deployment, its ReplicaSets by revision, and its pods, as they are now.
struct Seen {
    deployment: Value,
    sets: Vec<Value>,
    pods: Vec<Value>,
}

impl RealServer {
    /// Starts to talk to the server of this kubeconfig, and makes the namespace.
    pub(crate) fn connect(kubeconfig: OsString) -> Self {
        let mut proxy = Command::new("kubectl")
            .args(["proxy", "--port=0"])
            .env("KUBECONFIG", &kubeconfig)
            .stdout(Stdio::piped())
            .spawn()
            .expect("kubectl is in the path");
        let mut told = String::new();
        let output = proxy.stdout.take().expect("it is piped");
        let read = BufReader::new(output).read_line(&mut told);
        read.expect("it tells its port");
        let port = told.trim().rsplit_once(':').map(|(_, port)| port.parse());
        let server = Self {
            kubeconfig,
            proxy,
            port: port.expect("an address").expect("a port"),
            home: tempfile::tempdir().expect("a folder"),
            made: AtomicU32::new(0),
        };
        let namespace = json!({"metadata": {"name": NAMESPACE}});
        let (status, said) = server.ask(
            "POST",
            "/api/v1/namespaces",
            Some(("application/json", namespace)),
        );
        // It may be there from a run that was ended.
        assert!([201, 409].contains(&status), "{said}");
        let account = format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default");
        let began = Instant::now();
        while server.ask("GET", &account, None).0 != 200 {
            assert!(began.elapsed() < PATIENCE, "no service account for the pods");
            std::thread::sleep(POLL);
        }
        server
    }

    /// A new Deployment of the version 0.
    pub(crate) fn begin(&self) -> Deployment<'_> {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        let name = format!("history-{}-{number}", std::process::id());
        let deployment = Deployment { server: self, name };
        let object = json!({
            "metadata": {"name": deployment.name},
            "spec": {
                "replicas": 1,
                "revisionHistoryLimit": 10,
                "selector": {"matchLabels": {"history": deployment.name}},
                // A rollout that fails ends with all pods new, whichever of the old ones was seen first.
                "strategy": {"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": "100%"}},
                "template": deployment.template(&model::image(0, true)),
            },
        });
        let path = format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments");
        let (status, said) = self.ask("POST", &path, Some(("application/json", object)));
        assert_eq!(status, 201, "{said}");
        deployment.settle();
        deployment
    }

    /// One request; returns the status and the body.
    fn ask(&self, method: &str, path: &str, body: Option<(&str, Value)>) -> (u16, Value) {
        let (kind, body) = body.map_or(("none/none", String::new()), |(kind, body)| {
            (kind, body.to_string())
        });
        let length = body.len();
        // By the older protocol the end of the answer is the end of the connection.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("the proxy listens");
        stream.write_all(request.as_bytes()).expect("the proxy reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the proxy answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an empty line");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let body = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
        (status.expect("a status"), body)
    }

    fn list(&self, path: &str) -> Vec<Value> {
        let (status, mut said) = self.ask("GET", path, None);
        assert_eq!(status, 200, "{said}");
        serde_json::from_value(said["items"].take()).expect("a list")
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        self.ask("DELETE", &format!("/api/v1/namespaces/{NAMESPACE}"), None);
        self.proxy.kill().expect("our process");
        self.proxy.wait().expect("our process");
    }
}

impl Deployment<'_> {
    fn path(&self) -> String {
        format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{}", self.name)
    }

    /// The model's template, with our label, for no scheduler.
    fn template(&self, image: &str) -> Value {
        let mut template = model::template(image);
        template["metadata"]["labels"]["history"] = json!(self.name);
        template["spec"]["schedulerName"] = json!("nobody");
        template
    }

    fn look(&self) -> Seen {
        let (status, deployment) = self.server.ask("GET", &self.path(), None);
        assert_eq!(status, 200, "{deployment}");
        let of_ours = format!("?labelSelector=history%3D{}", self.name);
        let sets = format!("/apis/apps/v1/namespaces/{NAMESPACE}/replicasets{of_ours}");
        let pods = format!("/api/v1/namespaces/{NAMESPACE}/pods{of_ours}");
        let mut sets = self.server.list(&sets);
        sets.sort_by_key(revision);
        Seen {
            deployment,
            sets,
            pods: self.server.list(&pods),
        }
    }

    fn change(&self, kind: &str, patch: Value) {
        let (status, said) = self.server.ask("PATCH", &self.path(), Some((kind, patch)));
        assert_eq!(status, 200, "{said}");
    }

    fn deploy(&self, image: &str) {
        let template = self.template(image);
        self.change(
            JSON_PATCH,
            json!([{"op": "replace", "path": "/spec/template", "value": template}]),
        );
    }

    /// Deletes the old ReplicaSets of this version.
    fn lose(&self, version: u32) {
        let seen = self.look();
        let of_version = |set: &&Value| image(set).ends_with(&format!(":{version}"));
        let old = |set: &&Value| image(set) != image(&seen.deployment);
        for set in seen.sets.iter().filter(of_version).filter(old) {
            let name = set["metadata"]["name"].as_str().expect("a name");
            let path = format!("/apis/apps/v1/namespaces/{NAMESPACE}/replicasets/{name}");
            let (status, said) = self.server.ask("DELETE", &path, None);
            // The controller may have been faster.
            assert!([200, 404].contains(&status), "{said}");
        }
    }

    /// Makes pods ready that can get it.
    fn attend(&self, pods: &[Value]) {
        let is_ready = |pod: &&Value| pod["status"]["phase"] == "Running";
        let sound = pods.iter().filter(|pod| !is_broken(&pod["spec"]));
        for pod in sound.filter(|pod| !is_ready(pod)) {
            let name = pod["metadata"]["name"].as_str().expect("a name");
            let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{name}/status");
            let ready = json!([{"type": "Ready", "status": "True"}]);
            let status = json!({"status": {"phase": "Running", "conditions": ready}});
            // It may be gone by now.
            self.server.ask("PATCH", &path, Some((MERGE, status)));
        }
    }
}

impl Cluster for Deployment<'_> {
    fn happen(&self, event: &Event) {
        match event {
            Event::Deploy(version, ready) => self.deploy(&model::image(*version, *ready)),
            Event::Image(image) => self.deploy(image),
            Event::Limit(memory) => {
                let path = "/spec/template/spec/containers/0/resources";
                let resources = json!({"limits": {"memory": memory}});
                self.change(
                    JSON_PATCH,
                    json!([{"op": "add", "path": path, "value": resources}]),
                );
            }
            Event::Scale(replicas) => self.change(MERGE, json!({"spec": {"replicas": replicas}})),
            Event::Pause(paused) => self.change(MERGE, json!({"spec": {"paused": paused}})),
            Event::Keep(limit) => self.change(MERGE, json!({"spec": {"revisionHistoryLimit": limit}})),
            Event::Undo => {
                let name = format!("deployment/{}", self.name);
                let words = ["--namespace", NAMESPACE, "rollout", "undo", &name];
                // It refuses where there is nothing before, and where it is paused.
                let mut undo = Command::new("kubectl");
                undo.args(words).env("KUBECONFIG", &self.server.kubeconfig);
                undo.output().expect("kubectl is in the path");
            }
            Event::Lose(version) => self.lose(*version),
            Event::Touch => {
                let touched = json!({"metadata": {"annotations": {"touched": "yes"}}});
                self.change(MERGE, touched);
            }
            Event::Settle | Event::RollBack => {}
        }
        // What is compared has to have gone through the same.
        self.settle();
    }

    fn settle(&self) {
        let began = Instant::now();
        loop {
            let seen = self.look();
            match seen.unsettled() {
                None => return,
                Some(why) if began.elapsed() > PATIENCE => {
                    panic!("{}: {why}: {}", self.name, seen.deployment)
                }
                Some(_) => self.attend(&seen.pods),
            }
            std::thread::sleep(POLL);
        }
    }

    fn image(&self) -> String {
        image(&self.look().deployment).to_owned()
    }

    fn script(&self) -> Command {
        let path = std::env::var_os("PATH").expect("a path");
        let mut command = script(NAMESPACE, &self.name, path);
        command
            .env("KUBECONFIG", &self.server.kubeconfig)
            .env("HOME", self.server.home.path());
        command
    }

    fn run(&self, more: &[&str]) -> Output {
        let output = self.script().args(more).output().expect("bash is there");
        self.settle();
        output
    }
}

impl Drop for Deployment<'_> {
    fn drop(&mut self) {
        let background = json!({"propagationPolicy": "Background"});
        let body = Some(("application/json", background));
        self.server.ask("DELETE", &self.path(), body);
    }
}

impl Seen {
    /// What the controllers have still to do, if anything.
    fn unsettled(&self) -> Option<&'static str> {
        let observed =
            |object: &Value| object["status"]["observedGeneration"] == object["metadata"]["generation"];
        if !observed(&self.deployment) {
            return Some("the Deployment was not looked at");
        }
        let wanted = number(&self.deployment["spec"]["replicas"]);
        let total: u64 = self.sets.iter().map(|set| number(&set["spec"]["replicas"])).sum();
        for set in &self.sets {
            let pods = number(&set["spec"]["replicas"]);
            let ready = if is_broken(&set["spec"]["template"]["spec"]) {
                0
            } else {
                pods
            };
            if !observed(set)
                || number(&set["status"]["replicas"]) != pods
                || number(&set["status"]["availableReplicas"]) != ready
            {
                return Some("a ReplicaSet is not as it should be");
            }
        }
        if number(&self.deployment["status"]["replicas"]) != total || self.pods.len() as u64 != total {
            return Some("pods come or go");
        }
        let (current, old): (Vec<_>, Vec<_>) = self
            .sets
            .iter()
            .partition(|set| image(set) == image(&self.deployment));
        let is_paused = self.deployment["spec"]["paused"] == true;
        let is_complete = if is_paused {
            if total != wanted && !self.sets.is_empty() {
                return Some("the number of pods is another one");
            }
            true
        } else {
            let [current] = current[..] else {
                return Some("there is no ReplicaSet of the template");
            };
            let newest = self.sets.iter().map(revision).max();
            let of_deployment = revision(&self.deployment);
            if Some(revision(current)) != newest || of_deployment != revision(current) {
                return Some("the revision is an earlier one");
            }
            if number(&current["spec"]["replicas"]) != wanted || total != wanted {
                return Some("not all pods are of the template");
            }
            number(&self.deployment["status"]["availableReplicas"]) == wanted
        };
        let limit = number(&self.deployment["spec"]["revisionHistoryLimit"]);
        let surplus = (old.len() as u64).saturating_sub(limit) as usize;
        let is_empty = |set: &&&Value| number(&set["spec"]["replicas"]) == 0;
        if is_complete && old[..surplus].iter().any(|set| is_empty(&set)) {
            return Some("there are too many old ReplicaSets");
        }
        None
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn revision(object: &Value) -> u64 {
    let told = object["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str();
    told.and_then(|told| told.parse().ok()).unwrap_or(0)
}

/// The image of an object with a template.
fn image(object: &Value) -> &str {
    let told = &object["spec"]["template"]["spec"]["containers"][0]["image"];
    told.as_str().expect("an image")
}

/// Whether pods of this specification never get ready.
fn is_broken(spec: &Value) -> bool {
    let image = spec["containers"][0]["image"].as_str();
    image.expect("an image").contains("broken")
}

//! The cluster of an environment, as kubectl reaches it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::Environment;
use super::manifests::{Author, kustomization};
use super::ownership;
use crate::release::pipeline::optional;
use crate::shell;

/// How the container of a pod is found.
const IMAGE: &str = "jsonpath={.spec.template.spec.containers[0].image}";
/// Everything about the pods of a Deployment.
const TEMPLATE: &str = "jsonpath={.spec.template}";
/// More often than a Deployment changes while it is looked at.
const TAKE_OVER_ATTEMPTS: u32 = 10;
/// Until it is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// What `kubectl rollout status` says of a rollout that did not get on.
const DEADLINE: &str = "exceeded its progress deadline";
/// The file that says what was in force before.
const BEFORE: &str = "before";

/// An environment, and how one gets there.
pub(super) struct Cluster {
    pub(super) environment: Environment,
    kubectl: PathBuf,
    /// A folder below the repository's root, for what is written.
    folder: PathBuf,
    /// The credential, where the environment has one of its own.
    access: Option<PathBuf>,
}

/// A way to a pod; closed when dropped.
pub(super) struct Forward {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Cluster {
    /// With the credential in `KUBE_CONFIG`, or as kubectl is set up on this machine.
    pub(super) fn of_environment(environment: Environment) -> Result<Self> {
        let folder = Path::new("target/deploy").join(environment.name());
        let mut cluster = Self::new(environment, Path::new("kubectl"), &folder)?;
        if let Some(text) = optional("KUBE_CONFIG") {
            cluster.keep_access(&text)?;
        }
        Ok(cluster)
    }

    pub(super) fn new(environment: Environment, kubectl: &Path, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            environment,
            kubectl: kubectl.to_owned(),
            folder: std::path::absolute(folder)?,
            access: None,
        })
    }

    /// Writes the credential where only we can read it.
    pub(super) fn keep_access(&mut self, text: &str) -> Result<()> {
        let path = self.folder.join("kubeconfig");
        if path.exists() {
            fs::remove_file(&path)?;
        }
        let mut file = fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(text.as_bytes())?;
        self.access = Some(path);
        Ok(())
    }

    /// A command that reaches the cluster as kubectl does.
    pub(super) fn with_access(&self, mut command: Command) -> Command {
        if let Some(path) = &self.access {
            command.env("KUBECONFIG", path);
        }
        command
    }

    fn kubectl(&self, words: &[&str]) -> Command {
        let mut command = self.with_access(Command::new(&self.kubectl));
        command
            .args(["--namespace", self.environment.namespace()])
            .args(words);
        command
    }

    /// A field of an object; empty where there is no such object.
    fn field(&self, kind: &str, name: &str, field: &str) -> Result<String> {
        let words = ["get", kind, name, "--ignore-not-found", "--output", field];
        Ok(shell::output(&mut self.kubectl(&words))?.trim().to_owned())
    }

    /// The image that a Deployment asks for; none where there is no such Deployment.
    pub(super) fn image_of(&self, deployment: &str) -> Result<Option<String>> {
        let image = self.field("deployment", deployment, IMAGE)?;
        Ok((!image.is_empty()).then_some(image))
    }

    /// Keeps in a file what a Deployment is before it is changed.
    pub(super) fn remember(&self, deployment: &str) -> Result<()> {
        let path = self.folder.join(BEFORE);
        // What was before another deployment says nothing of this one.
        if path.exists() {
            fs::remove_file(&path)?;
        }
        fs::write(path, self.field("deployment", deployment, TEMPLATE)?)?;
        Ok(())
    }

    /// Whether a Deployment is another one than was remembered; where nothing was remembered nothing was changed.
    pub(super) fn has_changed(&self, deployment: &str) -> Result<bool> {
        let path = self.folder.join(BEFORE);
        if !path.exists() {
            return Ok(false);
        }
        Ok(fs::read_to_string(path)? != self.field("deployment", deployment, TEMPLATE)?)
    }

    /// Lets the container of a `CronJob`, if there is one, run what a Deployment runs.
    pub(super) fn set_image(&self, cron_job: &str, container: &str, deployment: &str) -> Result<()> {
        let image = self.image_of(deployment)?;
        let is_there = !self.field("cronjob", cron_job, "name")?.is_empty();
        let Some(image) = image.filter(|_| is_there) else {
            return Ok(());
        };
        let (cron_job, image) = (format!("cronjob/{cron_job}"), format!("{container}={image}"));
        shell::run(&mut self.kubectl(&["set", "image", &cron_job, &image]))
    }

    /// All that the environment consists of, with these images.
    pub(super) fn render(
        &self,
        stable: &str,
        canary: &str,
        canaries: u32,
        author: &Author,
    ) -> Result<String> {
        let below = self
            .folder
            .strip_prefix(shell::root())
            .context("the folder lies elsewhere")?;
        let up = "../".repeat(below.components().count());
        let overlay = format!("{up}deploy/overlays/{}", self.environment.name());
        let text = kustomization(&overlay, stable, canary, canaries, author);
        fs::write(self.folder.join("kustomization.yaml"), text)?;
        let mut kustomize = Command::new(&self.kubectl);
        shell::output(kustomize.arg("kustomize").arg(&self.folder))
    }

    /// Gives objects to the cluster; what was given before and is given no more goes.
    pub(super) fn apply(&self, text: &str) -> Result<()> {
        let path = self.folder.join("rendered.yaml");
        fs::write(&path, text)?;
        let manager = format!("--field-manager={}", ownership::MANAGER);
        // Also what somebody has changed by hand.
        let words = [
            "apply",
            "--server-side",
            "--force-conflicts",
            &manager,
            "--filename",
        ];
        shell::run(self.kubectl(&words).arg(path))
    }

    /// Makes that ours which a rollback has brought back, so that the next [`Self::apply`] may remove it.
    pub(super) fn take_over(&self, deployment: &str) -> Result<()> {
        for _ in 0..TAKE_OVER_ATTEMPTS {
            let words = [
                "get",
                "deployment",
                deployment,
                "--ignore-not-found",
                "--show-managed-fields",
            ];
            let told = shell::output(self.kubectl(&words).args(["--output", "json"]))?;
            let deployed = if told.trim().is_empty() {
                Value::Null
            } else {
                serde_json::from_str(&told)?
            };
            let Some(patch) = ownership::taken_over(&deployed) else {
                return Ok(());
            };
            let path = self.folder.join("ownership.json");
            fs::write(&path, patch.to_string())?;
            let words = ["patch", "deployment", deployment, "--type=json", "--patch-file"];
            match shell::output(self.kubectl(&words).arg(path)) {
                // Its status has changed meanwhile: it is looked at again.
                Err(error) if error.to_string().contains("(Conflict)") => std::thread::sleep(AGAIN),
                done => return done.map(drop),
            }
        }
        bail!("`{deployment}` changes whenever its fields are to be taken over")
    }

    /// Waits until all pods are those of the template in force, and ready. That a rollout has passed its deadline ends nothing:
    /// the condition that says so may tell of the rollout before, until pods of this one come.
    pub(super) fn wait_for(&self, deployment: &str, limit: Duration) -> Result<()> {
        let until = Instant::now() + limit;
        let deployment = format!("deployment/{deployment}");
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let timeout = format!("--timeout={}s", left.as_secs().max(1));
            let mut command = self.kubectl(&["rollout", "status", &deployment, &timeout]);
            println!("$ {}", shell::line(&command));
            match shell::output(command.stdout(Stdio::inherit())) {
                Err(error) if !left.is_zero() && error.to_string().contains(DEADLINE) => {
                    std::thread::sleep(AGAIN);
                }
                done => return done.map(drop),
            }
        }
    }

    pub(super) fn scale(&self, deployment: &str, replicas: u32) -> Result<()> {
        let replicas = format!("--replicas={replicas}");
        shell::run(&mut self.kubectl(&["scale", "deployment", deployment, &replicas]))
    }

    /// What the API server answers to a path.
    pub(super) fn raw(&self, path: &str) -> Result<String> {
        shell::output(&mut self.kubectl(&["get", "--request-timeout=20s", "--raw", path]))
    }

    /// A port of this machine that leads to a pod of a Deployment.
    pub(super) fn forward(&self, deployment: &str) -> Result<Forward> {
        let deployment = format!("deployment/{deployment}");
        let mut command = self.kubectl(&["port-forward", &deployment, ":8080"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("its output is ours")?;
        let mut forward = Forward {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let mut line = String::new();
        let mut reader = BufReader::new(stdout);
        reader.read_line(&mut line)?;
        let address = line
            .strip_prefix("Forwarding from ")
            .and_then(|rest| rest.split(' ').next());
        ensure!(
            address.is_some(),
            "kubectl does not say where it forwards from: {line:?}"
        );
        forward.address = address.unwrap_or_default().parse()?;
        // It says each connection, and would stop if nobody read that.
        std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        Ok(forward)
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

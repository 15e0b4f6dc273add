//! Where the cluster keeps its files, and the addresses that it takes.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::build;

/// The bridge between the host and the nodes.
pub(crate) const BRIDGE: &str = "cluster0";
/// The address of the host on the bridge.
pub(crate) const HOST: &str = "10.213.0.1";
/// The addresses of all pods.
pub(super) const PODS: &str = "10.214.0.0/16";
/// The addresses of services.
pub(super) const SERVICES: &str = "10.215.0.0/16";
/// The service of the API server, by which pods reach it.
pub(super) const API_SERVICE: &str = "10.215.0.1";
/// The service of the cluster's name server.
pub(super) const DNS_SERVICE: &str = "10.215.0.10";
/// The service of the metrics server.
pub(super) const METRICS_SERVICE: &str = "10.215.0.11";
/// The image that holds a pod's namespaces.
pub(super) const PAUSE: &str = "registry.local/pod:1";

/// The address of a node on the bridge.
pub(super) fn node_address(node: u8) -> String {
    format!("10.213.0.{}", 10 + u16::from(node))
}

/// The addresses of a node's pods.
pub(super) fn node_pods(node: u8) -> String {
    format!("10.214.{node}.0/24")
}

/// The name of a node in the cluster.
pub(super) fn node_name(node: u8) -> String {
    format!("n{node}")
}

/// What the names of [`cgroup`]s begin with.
pub(super) const CGROUP: &str = "test-cluster-";

/// The group under which a node's pods are accounted and limited, in every hierarchy.
pub(super) fn cgroup(node: u8) -> String {
    format!("{CGROUP}{node}")
}

/// The folders of the cluster.
#[derive(Debug)]
pub(super) struct Places {
    /// The programs of these versions.
    pub(super) programs: PathBuf,
    /// What the running cluster keeps; gone when it is down.
    pub(super) state: PathBuf,
}

impl Places {
    /// Finds them under the user's cache folder.
    pub(super) fn find() -> Result<Self> {
        let cache = match std::env::var_os("XDG_CACHE_HOME") {
            Some(cache) => PathBuf::from(cache),
            None => std::env::home_dir()
                .context("neither XDG_CACHE_HOME nor a home folder")?
                .join(".cache"),
        };
        ensure!(
            cache.is_absolute(),
            "XDG_CACHE_HOME: `{}` is not absolute",
            cache.display()
        );
        let folder = cache.join("asset-injector/cluster");
        let mut hasher = DefaultHasher::new();
        build::SOURCES.hash(&mut hasher);
        Ok(Self {
            programs: folder.join(format!("{:016x}", hasher.finish())),
            state: folder.join("state"),
        })
    }

    pub(super) fn certificates(&self) -> PathBuf {
        self.state.join("certificates")
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.state.join("log")
    }

    /// What a person or a test gives to kubectl.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.state.join("kubeconfig")
    }

    /// What one node reads and keeps.
    pub(super) fn node(&self, node: u8) -> PathBuf {
        self.state.join(node_name(node))
    }

    /// The archive of the image [`PAUSE`].
    pub(super) fn pause_archive(&self) -> PathBuf {
        self.programs.join("pod.tar")
    }

    /// A command with our programs and the system's in its path.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("PATH", self.path())
            .env("KUBECONFIG", self.kubeconfig());
        command
    }

    pub(super) fn kubectl<S: AsRef<std::ffi::OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command("kubectl");
        command.args(words);
        command
    }

    /// Not everyone's path leads to the system's own programs.
    pub(super) fn path(&self) -> std::ffi::OsString {
        let mut path = self.programs.clone().into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path.push(":/usr/sbin:/sbin");
        path
    }
}

/// Writes a template with its `{{name}}`s filled in.
pub(super) fn fill(template: &str, values: &[(&str, &str)], path: &Path) -> Result<()> {
    let text = filled(template, values)?;
    std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

/// The template with its `{{name}}`s filled in; a name without a value is an error.
pub(crate) fn filled(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut text = template.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    ensure!(
        !text.contains("{{"),
        "a template has names without a value:\n{text}"
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn every_name_of_a_template_needs_a_value() {
        let text = filled("a: {{a}}, {{b}}, {{a}}", &[("a", "1"), ("b", "2")]).expect("both have one");
        assert_eq!(text, "a: 1, 2, 1");
        let error = filled("a: {{a}}, {{b}}", &[("a", "1")]).expect_err("b has none");
        assert!(error.to_string().contains("{{b}}"), "{error}");
    }
}

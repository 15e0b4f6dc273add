//! Pods that do nothing by themselves, and their networks: whoever enters one opens and accepts connections as the
//! pod does.

use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;

use anyhow::{Context as _, Result, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::PATIENCE;
use crate::cluster::Running;
use crate::shell;

/// A pod that answers with its name.
pub(super) const POD: &str = include_str!("pod.yaml");

/// The namespace of a pod's network.
pub(super) struct Network(File);

impl Network {
    /// That of a pod which runs.
    pub(super) fn of(cluster: &Running<'_>, namespace: &str, pod: &str) -> Result<Self> {
        let namespace = format!("--namespace={namespace}");
        let words = ["get", "pod", pod, &namespace, "--output=jsonpath={.metadata.uid}"];
        let uid = shell::output(&mut cluster.kubectl(words))?;
        // The kubelet names the control groups of a pod by this.
        let group = format!("pod{uid}");
        for entry in fs::read_dir("/proc")? {
            let folder = entry?.path();
            // Some have ended meanwhile, and others are no processes.
            let groups = fs::read_to_string(folder.join("cgroup")).unwrap_or_default();
            if groups.contains(&group) {
                let space = folder.join("ns/net");
                let opened = File::open(&space);
                return opened
                    .map(Self)
                    .with_context(|| format!("no `{}`", space.display()));
            }
        }
        bail!("the pod `{pod}` has no process here")
    }

    /// Makes this thread one of the pod's network; there is no way back.
    pub(super) fn enter(&self) -> Result<()> {
        move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))
            .context("cannot enter the network of a pod")
    }

    /// Does the work there, in a thread of its own.
    pub(super) fn within<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        std::thread::scope(|scope| {
            let working = scope.spawn(|| {
                self.enter()?;
                work()
            });
            working.join().expect("the work does not panic")
        })
    }
}

/// Waits for the pod; returns its address.
pub(super) fn ready(cluster: &Running<'_>, namespace: &str, name: &str) -> Result<Ipv4Addr> {
    let namespace = format!("--namespace={namespace}");
    let pod = format!("pod/{name}");
    let timeout = format!("--timeout={}s", PATIENCE.as_secs());
    let words = ["wait", &namespace, "--for=condition=Ready", &pod, &timeout];
    shell::output(&mut cluster.kubectl(words))?;
    let words = ["get", &pod, &namespace, "--output=jsonpath={.status.podIP}"];
    let address = shell::output(&mut cluster.kubectl(words))?;
    address.parse().context("a pod has an address")
}

//! What a machine has that a cluster can leave behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::inhabitants::Inhabitants;
use super::machine;
use super::places::Places;
use crate::shell;

/// The kernel takes a namespace away when it has time.
const GONE_WITHIN: Duration = Duration::from_secs(15);
/// Folders into which the parts of a cluster would write if nobody told them otherwise.
const FOLDERS: &[&str] = &[
    "/etc/cni",
    "/etc/containerd",
    "/opt/cni",
    "/opt/containerd",
    "/opt/nri",
    "/run/containerd",
    "/run/runc",
    "/usr/libexec/kubernetes",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
];

/// One look at the machine.
#[derive(Debug)]
pub(super) struct Machine(BTreeSet<String>);

impl Machine {
    /// Looks at mounts, links, routes, tables of nftables, control groups, settings, folders and processes of the cluster.
    pub(super) fn look(places: &Places) -> Result<Self> {
        let mut seen = BTreeSet::new();
        let mut add = |kind: &str, text: &str| {
            seen.extend(text.lines().map(|line| format!("{kind} {}", line.trim())));
        };
        add("mount", &fs::read_to_string("/proc/mounts")?);
        // Not whether a link carries anything now.
        for link in fs::read_dir("/sys/class/net")? {
            add("link", &link?.file_name().to_string_lossy());
        }
        let routes = ["-4", "route", "show", "table", "all"];
        add("route", &shell::output(places.command("ip").args(routes))?);
        add(
            "table",
            &shell::output(places.command("nft").args(["list", "tables"]))?,
        );
        for group in machine::groups()? {
            add("control group", &group.to_string_lossy());
        }
        for (setting, value) in machine::settings() {
            add("setting", &format!("{setting} = {value}"));
        }
        for folder in FOLDERS.iter().filter(|folder| Path::new(folder).exists()) {
            add("folder", folder);
        }
        for process in processes(places)? {
            add("process", &process);
        }
        for inhabitant in Inhabitants::look(places)?.shown() {
            add("process", &inhabitant);
        }
        Ok(Self(seen))
    }

    /// Waits until the machine is again as it was here, and none of these is left; fails with what differs.
    pub(super) fn wait_for_return(&self, places: &Places, inhabitants: &Inhabitants) -> Result<()> {
        let began = Instant::now();
        loop {
            let mut now = Self::look(places)?;
            now.0
                .extend(inhabitants.shown().map(|line| format!("process {line}")));
            if now.0 == self.0 {
                return Ok(());
            }
            if began.elapsed() > GONE_WITHIN {
                let more = now.0.difference(&self.0).map(|line| format!("+ {line}"));
                let fewer = self.0.difference(&now.0).map(|line| format!("- {line}"));
                let lines: Vec<_> = more.chain(fewer).collect();
                bail!("the machine is not as it was before:\n{}", lines.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// Those that run one of our programs.
fn processes(places: &Places) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        // Some have ended meanwhile, and others are no processes.
        let Ok(program) = fs::read_link(folder.join("exe")) else {
            continue;
        };
        if program.starts_with(&places.programs) {
            found.push(format!("{} {}", folder.display(), program.display()));
        }
    }
    Ok(found)
}

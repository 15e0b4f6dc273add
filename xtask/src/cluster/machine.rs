//! What the cluster changes on the machine itself, and how it is put back: the bridge, control groups, settings of the
//! kernel, and one folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::places::{BRIDGE, HOST, Places, cgroup};
use crate::shell;

/// What the kubelet sets for the whole machine.
const SETTINGS: &[&str] = &[
    "kernel/keys/root_maxbytes",
    "kernel/keys/root_maxkeys",
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
];
/// Where a node mounts its own; the kubelet knows no other place.
pub(super) const KUBELET: &str = "/var/lib/kubelet";
/// Long enough for the kernel to end what was killed in a group.
const EMPTY_WITHIN: Duration = Duration::from_secs(10);

/// Remembers how the machine was, once.
pub(super) fn remember(places: &Places) -> Result<()> {
    let path = before(places);
    if !path.exists() {
        let mut told = settings();
        if !Path::new(KUBELET).exists() {
            told.insert(KUBELET, String::new());
        }
        // All of it or nothing, also where this is interrupted.
        let unfinished = path.with_extension("new");
        fs::write(&unfinished, serde_json::to_string_pretty(&told)?)?;
        fs::rename(unfinished, &path)?;
    }
    fs::create_dir_all(KUBELET).with_context(|| format!("cannot create `{KUBELET}`"))
}

/// The settings as they are; not every kernel has all of them.
pub(super) fn settings() -> BTreeMap<&'static str, String> {
    let told = SETTINGS.iter().filter_map(|&setting| {
        let value = fs::read_to_string(Path::new("/proc/sys").join(setting)).ok()?;
        Some((setting, value.trim().to_owned()))
    });
    told.collect()
}

/// Puts back what was remembered.
pub(super) fn restore(places: &Places) -> Result<()> {
    let Ok(told) = fs::read_to_string(before(places)) else {
        return Ok(());
    };
    let told: BTreeMap<String, String> = serde_json::from_str(&told)?;
    for (name, value) in told {
        if name == KUBELET {
            // What somebody has put there meanwhile stays.
            let _ = fs::remove_dir(KUBELET);
            continue;
        }
        let path = Path::new("/proc/sys").join(name);
        fs::write(&path, value).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

fn before(places: &Places) -> PathBuf {
    places.state.join("before.json")
}

/// Runs `ip` with these words.
pub(super) fn ip(places: &Places, words: &str) -> Result<()> {
    shell::output(places.command("ip").args(words.split(' '))).map(drop)
}

/// Makes the bridge.
pub(super) fn connect(places: &Places) -> Result<()> {
    if !has_link(BRIDGE) {
        ip(places, &format!("link add {BRIDGE} type bridge"))?;
    }
    ip(places, &format!("address replace {HOST}/24 dev {BRIDGE}"))?;
    ip(places, &format!("link set {BRIDGE} up"))
}

/// Takes the bridge away, and the links and routes that lead to it.
pub(super) fn disconnect(places: &Places) -> Result<()> {
    // A connection that was cut off can keep the other end of a link for minutes.
    for link in fs::read_dir("/sys/class/net")? {
        let link = link?.file_name().to_string_lossy().into_owned();
        if link.starts_with(&format!("{BRIDGE}-")) {
            delete_link(places, &link)?;
        }
    }
    delete_link(places, BRIDGE)
}

/// Whether the host has this link.
pub(super) fn has_link(link: &str) -> bool {
    Path::new("/sys/class/net").join(link).exists()
}

/// Takes a link away, if there is one.
pub(super) fn delete_link(places: &Places, link: &str) -> Result<()> {
    if !has_link(link) {
        return Ok(());
    }
    let deleted = ip(places, &format!("link delete {link}"));
    // The kernel may have been faster.
    if has_link(link) { deleted } else { Ok(()) }
}

/// Makes a node's group in every hierarchy.
pub(super) fn make_groups(node: u8) -> Result<()> {
    for hierarchy in hierarchies()? {
        let group = hierarchy.join(cgroup(node));
        fs::create_dir_all(&group).with_context(|| format!("cannot create `{}`", group.display()))?;
        // In version 1 a group starts without processors and memory.
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let is_empty = |text: String| text.trim().is_empty();
            if fs::read_to_string(group.join(file)).is_ok_and(is_empty)
                && let Ok(above) = fs::read_to_string(hierarchy.join(file))
            {
                fs::write(group.join(file), above)?;
            }
        }
    }
    Ok(())
}

/// Removes the groups of all nodes, as soon as nothing runs in them.
pub(super) fn remove_groups() -> Result<()> {
    let began = Instant::now();
    loop {
        for group in groups()? {
            remove(&group);
        }
        let left = groups()?;
        let Some(first) = left.first() else { return Ok(()) };
        if began.elapsed() > EMPTY_WITHIN {
            bail!("the control group `{}` cannot be removed", first.display());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The groups of all nodes.
pub(super) fn groups() -> Result<Vec<PathBuf>> {
    let possible = hierarchies()?
        .into_iter()
        .flat_map(|hierarchy| (1..=u8::MAX).map(move |node| hierarchy.join(cgroup(node))));
    Ok(possible.filter(|group| group.exists()).collect())
}

/// Removes a group with those in it, innermost first. What does not go is tried again.
fn remove(group: &Path) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    let _ = fs::remove_dir(group);
}

/// Where the hierarchies of control groups are mounted: several of version 1, or one of version 2.
fn hierarchies() -> Result<Vec<PathBuf>> {
    let mounts = fs::read_to_string("/proc/mounts")?;
    let mounted = mounts.lines().filter_map(|line| {
        // The first field is what is mounted, which has no place for these kinds.
        let mut fields = line.split(' ').skip(1);
        let (path, kind) = (fields.next()?, fields.next()?);
        (kind.starts_with("cgroup") && path.starts_with("/sys/fs/cgroup")).then(|| PathBuf::from(path))
    });
    Ok(mounted.collect())
}

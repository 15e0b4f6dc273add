//! Who lives in a cluster: in the control groups and the namespaces of its nodes and pods, whatever program that is.
//!
//! A namespace outlives its node as long as somebody lives in it, as a program of the machine may that has entered the
//! network of a pod. So they are looked for while the cluster runs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rustix::process::{Pid, Signal, kill_process};

use super::places::{CGROUP, Places};
use super::process::started_at;

const NAMESPACES: &[&str] = &["ipc", "mnt", "net", "pid", "uts"];

/// A process.
#[derive(Debug)]
struct Inhabitant {
    id: i32,
    /// Numbers are given again.
    started: String,
    program: PathBuf,
}

/// Those who lived there at one moment.
#[derive(Debug)]
pub(super) struct Inhabitants(Vec<Inhabitant>);

impl Inhabitants {
    /// Looks for them.
    pub(super) fn look(places: &Places) -> Result<Self> {
        Self::of(places, is_in_group)
    }

    /// Looks for those in the namespaces alone: they are this cluster's for certain, while the names of control groups are
    /// those of any cluster of this machine.
    pub(super) fn in_namespaces(places: &Places) -> Result<Self> {
        Self::of(places, |_| false)
    }

    fn of(places: &Places, is_in_group: fn(&Path) -> bool) -> Result<Self> {
        let of_machine = namespaces(Path::new("/proc/self"));
        let folders = numbered()?;
        let is_ours = |folder: &Path| is_in_group(folder) || has_mounts(places, folder, &of_machine);
        let ours = folders.iter().filter(|(_, folder)| is_ours(folder));
        let spaces: BTreeSet<PathBuf> = ours.clone().flat_map(|(_, folder)| namespaces(folder)).collect();
        let spaces: BTreeSet<_> = spaces.difference(&of_machine).collect();
        let lives_there = |folder: &Path| namespaces(folder).iter().any(|space| spaces.contains(space));
        let known: BTreeSet<i32> = ours.map(|(id, _)| *id).collect();
        let found = folders.iter().filter_map(|(id, folder)| {
            (known.contains(id) || lives_there(folder)).then_some(())?;
            Some(Inhabitant {
                id: *id,
                started: started_at(*id)?,
                program: fs::read_link(folder.join("exe")).ok()?,
            })
        });
        Ok(Self(found.collect()))
    }

    /// Those that are still there, for people.
    pub(super) fn shown(&self) -> impl Iterator<Item = String> {
        self.left()
            .map(|one| format!("/proc/{} {}", one.id, one.program.display()))
    }

    /// Ends those that are still there.
    pub(super) fn end(&self) {
        for process in self.left().filter_map(|one| Pid::from_raw(one.id)) {
            // It may have ended by itself meanwhile.
            let _ = kill_process(process, Signal::KILL);
        }
    }

    fn left(&self) -> impl Iterator<Item = &Inhabitant> {
        self.0
            .iter()
            .filter(|one| started_at(one.id).is_some_and(|started| started == one.started))
    }
}

/// The processes, by their numbers.
fn numbered() -> Result<Vec<(i32, PathBuf)>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        if let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            folders.push((id, entry.path()));
        }
    }
    Ok(folders)
}

/// Whether a process is in a control group of a node.
fn is_in_group(folder: &Path) -> bool {
    is_in_groups(&fs::read_to_string(folder.join("cgroup")).unwrap_or_default())
}

/// Whether a process has mounts of its own in which there is a folder of a node: so it is with everything of a node or a
/// pod.
fn has_mounts(places: &Places, folder: &Path, of_machine: &BTreeSet<PathBuf>) -> bool {
    let mounts = fs::read_link(folder.join("ns/mnt"));
    let of_nodes = format!("{}/n", places.state.display());
    mounts.is_ok_and(|mounts| !of_machine.contains(&mounts))
        && fs::read_to_string(folder.join("mountinfo")).is_ok_and(|told| told.contains(&of_nodes))
}

/// The namespaces of a process; none of one that has ended.
fn namespaces(folder: &Path) -> BTreeSet<PathBuf> {
    let links = NAMESPACES.iter().map(|name| folder.join("ns").join(name));
    links.filter_map(|link| fs::read_link(link).ok()).collect()
}

/// Whether one of these lines of `/proc/PID/cgroup` names a group of a node, or one below it.
fn is_in_groups(lines: &str) -> bool {
    let groups = lines.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    let names = groups.flat_map(|group| group.split('/'));
    let mut nodes = names.filter_map(|name| name.strip_prefix(CGROUP));
    nodes.any(|node| node.parse::<u8>().is_ok())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::{Inhabitants, is_in_groups};
    use crate::cluster::places::Places;
    use crate::shell;

    #[test]
    fn a_group_of_a_node_is_told_from_others() {
        for (lines, expected) in [
            ("4:memory:/test-cluster-1/kubepods/pod7\n3:cpu:/", true),
            ("0::/system.slice/test-cluster-12", true),
            ("0::/test-cluster-x", false),
            ("0::/my-test-cluster-1", false),
            ("1:name=systemd:/user.slice", false),
        ] {
            assert_eq!(is_in_groups(lines), expected, "{lines}");
        }
    }

    /// Starts it, and waits until it says that it is there; nothing where it may not be.
    fn start(command: &mut Command) -> Option<Child> {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it is installed");
        let mut said = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        output.read_line(&mut said).expect("it says something or ends");
        if said.is_empty() {
            child.wait().expect("it has ended");
            return None;
        }
        Some(child)
    }

    /// Their programs are not ours, and nobody has recorded them.
    #[test]
    fn whoever_lives_in_a_namespace_of_a_node_is_seen_and_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places {
            programs: folder.path().join("programs"),
            state: folder.path().join("state"),
        };
        fs::create_dir_all(places.node(1)).expect("an empty folder");
        assert_eq!(
            Inhabitants::in_namespaces(&places)
                .expect("it can be read")
                .shown()
                .count(),
            0
        );
        let script = "mount -t tmpfs tmpfs \"$0\" && echo there && exec sleep 600";
        let words = ["--mount", "--net", "--propagation=private", "sh", "-c", script];
        let Some(mut node) = start(shell::command("unshare", words).arg(places.node(1))) else {
            println!("SKIPPED: mounting is not permitted here");
            return;
        };
        let target = format!("--target={}", node.id());
        let words = [&*target, "--net", "sh", "-c", "echo there && exec sleep 600"];
        let guest = start(&mut shell::command("nsenter", words));
        let mut guest = guest.expect("whoever makes a namespace may enter it");
        let living = Inhabitants::in_namespaces(&places).expect("it can be read");
        let mut found: Vec<_> = living.0.iter().map(|one| one.id.cast_unsigned()).collect();
        found.sort_unstable();
        let mut expected = [node.id(), guest.id()];
        expected.sort_unstable();
        living.end();
        for child in [&mut node, &mut guest] {
            let status = child.wait().expect("it is ours");
            assert!(!status.success());
        }
        assert_eq!(found, expected);
        assert_eq!(living.shown().count(), 0);
    }
}

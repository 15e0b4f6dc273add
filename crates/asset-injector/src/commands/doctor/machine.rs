//! What the machine, the container or the cluster gives this program: limits, space, rights and names.

mod memory;

use super::Diagnosis;
use crate::{config::Config, output};
use hyper::Uri;
use indicatif::HumanBytes;
use rustix::{
    fs::statvfs,
    process::{Resource, geteuid, getrlimit},
};
use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, ToSocketAddrs as _},
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

pub(super) use memory::check as memory;

/// Open files below which clients are turned away soon.
const FILES_FEW: u64 = 1024;

/// Free space below which a write or a kept copy of the rules may fail: an archive of a pack may be as large.
const SPACE_LITTLE: u64 = 64 << 20;

/// The longest wait for a name; a system that asks three servers twice takes longer only where nobody answers.
const NAME_TIMEOUT: Duration = Duration::from_secs(10);

/// Who this process is, and what it may.
pub(super) fn user() -> Diagnosis {
    let what = "user";
    let id = geteuid().as_raw();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let has_any = capabilities
        .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .is_some_and(|bits| bits != 0);
    match (id, has_any) {
        (0, _) => Diagnosis::doubtful(
            what,
            "this program runs as root, and needs nothing of that",
            "run it as a user of its own; the image's is 65532",
        ),
        (_, true) => Diagnosis::doubtful(
            what,
            format!("{id}, with capabilities of root, and it needs none"),
            "drop all capabilities",
        ),
        (_, false) => Diagnosis::good(what, id.to_string()),
    }
}

/// How many processors and open files there are.
pub(super) fn limits() -> Vec<Diagnosis> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let files = getrlimit(Resource::Nofile).maximum;
    let what = "open files";
    let files = match files {
        None => Diagnosis::good(what, "without limit"),
        Some(files) if files < FILES_FEW => Diagnosis::doubtful(
            what,
            format!("{files} at the most, and every connection is one"),
            format!("let the system allow {FILES_FEW} or more (`ulimit -Hn`, `LimitNOFILE=` of systemd)"),
        ),
        Some(files) => Diagnosis::good(what, format!("{files} at the most")),
    };
    let processors = Diagnosis::good(
        "processors",
        format!("{} at once", output::count(threads, "thread")),
    );
    vec![processors, files]
}

/// Whether there is space where something is written.
pub(super) fn space(config: &Config) -> Vec<Diagnosis> {
    let mut folders = vec![("DATA_DIR", config.folders.data.as_path())];
    if config.database.is_none() && !config.folders.read_only {
        folders.push(("RULES_DIR", config.folders.folders.root.as_path()));
    }
    folders
        .into_iter()
        .filter_map(|(what, path)| space_at(what, path))
        .collect()
}

fn space_at(what: &'static str, path: &Path) -> Option<Diagnosis> {
    let path = std::path::absolute(path).ok()?;
    let system = path.ancestors().find_map(|path| statvfs(path).ok())?;
    // One without space of its own, as those of the kernel, is no place for files.
    if system.f_blocks == 0 {
        return None;
    }
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    let shown = path.display();
    // Some file systems count no files.
    if system.f_files > 0 && system.f_favail == 0 {
        let help = "remove files, or make the file system anew with more of them";
        return Some(Diagnosis::bad(
            what,
            format!("no file more fits where {shown} is"),
            help,
        ));
    }
    Some(match free {
        0 => Diagnosis::bad(what, format!("nothing is free where {shown} is"), "make space"),
        free if free < SPACE_LITTLE => Diagnosis::doubtful(
            what,
            format!("only {} are free where {shown} is", HumanBytes(free)),
            "make space, or give the volume more",
        ),
        free => Diagnosis::good(what, format!("{} are free where {shown} is", HumanBytes(free))),
    })
}

/// Whether the system finds the addresses of the hosts that are configured by name.
pub(super) fn names(config: &Config) -> Vec<Diagnosis> {
    let database = config
        .database
        .iter()
        .flat_map(|database| database.target.hosts());
    let urls = [
        config
            .community
            .repository
            .as_ref()
            .map(|repository| &repository.url),
        config.export.as_ref().map(|export| &export.endpoint),
    ];
    let in_urls = urls.into_iter().flatten().filter_map(|url| host(url));
    let names: BTreeSet<String> = database.map(str::to_owned).chain(in_urls).collect();
    // All at once: a system that does not answer is waited for once.
    let asked: Vec<_> = names.into_iter().map(|name| (ask(name.clone()), name)).collect();
    let began = Instant::now();
    let found = |(answer, name): (mpsc::Receiver<io::Result<Vec<IpAddr>>>, String)| {
        let left = NAME_TIMEOUT.saturating_sub(began.elapsed());
        name_found(&name, answer.recv_timeout(left).ok())
    };
    asked.into_iter().map(found).collect()
}

/// The host of a URL that is a name, not an address.
fn host(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    let host = url.host()?.trim_matches(['[', ']']);
    host.parse::<IpAddr>().is_err().then(|| host.to_owned())
}

fn ask(name: String) -> mpsc::Receiver<io::Result<Vec<IpAddr>>> {
    let (answers, answer) = mpsc::channel();
    // The system's own call cannot be given up, so nobody waits for the thread.
    thread::spawn(move || {
        let found = (name.as_str(), 0).to_socket_addrs();
        let _ = answers.send(found.map(|found| found.map(|address| address.ip()).collect()));
    });
    answer
}

fn name_found(name: &str, answer: Option<io::Result<Vec<IpAddr>>>) -> Diagnosis {
    let what = "DNS";
    let help =
        "look at the name, at /etc/resolv.conf, and whether UDP and TCP port 53 may be reached from here";
    match answer {
        None => Diagnosis::bad(
            what,
            format!("nobody says within {NAME_TIMEOUT:?} where {name} is"),
            help,
        ),
        Some(Err(error)) => Diagnosis::bad(what, format!("{name} is not found: {error}"), help),
        Some(Ok(addresses)) => {
            let addresses: BTreeSet<String> = addresses.iter().map(ToString::to_string).collect();
            let addresses: Vec<String> = addresses.into_iter().collect();
            Diagnosis::good(what, format!("{name} is {}", addresses.join(", ")))
        }
    }
}

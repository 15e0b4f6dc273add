//! The checks of `doctor`, each by itself.

use super::{Diagnosis, machine};
use crate::{
    assemble::{Local, SystemClock},
    build_info,
    client::Client,
    config::{Config, Origin},
    output, rule_files,
    tls::{Pair, Validity},
    tokens,
};
use rules::Clock as _;
use std::{
    io,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// The longest wait for a server that may listen on the configured port.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Problems that are shown; `check` shows all.
const PROBLEMS_SHOWN: usize = 5;

/// A clock that is later than this is wrong: 2200-01-01.
const TOO_LATE_MILLIS: i64 = 7_258_118_400_000;

pub(super) fn configuration(config: &Config) -> Diagnosis {
    let set = config
        .effective
        .iter()
        .filter(|known| known.origin != Origin::Default);
    let set: Vec<_> = set
        .map(|known| format!("{}={} ({})", known.name, known.value, known.origin))
        .collect();
    let found = if set.is_empty() {
        "every setting has its default".to_owned()
    } else {
        set.join(", ")
    };
    Diagnosis::good("configuration", found)
}

pub(super) fn folders(config: &Config) -> Vec<Diagnosis> {
    let folders = &config.folders.folders;
    let all = [
        ("RULES_DIR", &folders.root),
        ("LOCAL_RULES_DIR", &folders.local),
        ("OVERRIDE_RULES_DIR", &folders.overrides),
        ("COMMUNITY_RULES_DIR", &folders.community),
    ];
    let unwritable = "it is served as it is; let this user write to it if rules are to be changed here";
    let look = |(what, path): (_, &PathBuf)| folder(what, path, unwritable);
    all.into_iter().map(look).collect()
}

/// The folder for what the program keeps for itself.
pub(super) fn data(config: &Config) -> Diagnosis {
    let unwritable = "let this user write to it: the rules that were in force last, which stand in for a database, and the community repository's index are kept there";
    folder("DATA_DIR", &config.folders.data, unwritable)
}

fn folder(what: &'static str, path: &Path, unwritable: &str) -> Diagnosis {
    let shown = path.display();
    if !path.exists() {
        return missing(what, path);
    }
    if !path.is_dir() {
        return Diagnosis::bad(
            what,
            format!("{shown} is not a folder"),
            format!("remove it, or set {what} to a folder"),
        );
    }
    if let Err(error) = path.read_dir() {
        let help = format!("let this user read it: `chmod u+rx {shown}`, or change its owner");
        return Diagnosis::bad(what, format!("{shown} cannot be read: {error}"), help);
    }
    match tempfile::Builder::new().prefix(".doctor-").tempfile_in(path) {
        Ok(_) => Diagnosis::good(what, format!("{shown} can be read and written")),
        Err(error) => Diagnosis::doubtful(
            what,
            format!("{shown} can be read and not written: {error}"),
            unwritable,
        ),
    }
}

fn missing(what: &'static str, path: &Path) -> Diagnosis {
    let parent = std::path::absolute(path).ok();
    let parent = parent
        .as_deref()
        .and_then(|path| path.ancestors().skip(1).find(|path| path.exists()));
    let writable = parent.is_some_and(|parent| tempfile::tempfile_in(parent).is_ok());
    let shown = path.display();
    match writable {
        true => Diagnosis::good(what, format!("{shown} does not exist; `serve` makes it")),
        false => Diagnosis::doubtful(
            what,
            format!("{shown} does not exist and cannot be made"),
            format!("make it, or set {what} to a folder that exists"),
        ),
    }
}

pub(super) fn rules(config: &Config) -> Vec<Diagnosis> {
    let what = "rules";
    let local = match Local::load(config) {
        Ok(local) => local,
        Err(error) => {
            return vec![Diagnosis::bad(
                what,
                format!("{error:#}"),
                "see what is said above",
            )];
        }
    };
    let snapshot = local.snapshot();
    let in_force = output::count(snapshot.set().len(), "rule");
    let problems = snapshot.problems().len() + snapshot.problems_more();
    let mut found = vec![match problems {
        0 => Diagnosis::good(what, format!("{in_force} in force, no problems")),
        _ => {
            let shown = snapshot.problems().iter().take(PROBLEMS_SHOWN);
            let lines: Vec<_> = shown
                .map(|problem| format!("\n        {}: {}", problem.file, problem.reason))
                .collect();
            let root = config.folders.folders.root.display();
            let help = match &config.database {
                Some(_) => "`asset-injector rules problems` shows each".to_owned(),
                None => format!("`asset-injector check {root}` shows each with its line"),
            };
            let text = format!(
                "{in_force} in force, {}{}",
                output::count(problems, "problem"),
                lines.concat()
            );
            match snapshot.problems().iter().any(|problem| problem.skipped) {
                true => Diagnosis::bad(what, text, help),
                false => Diagnosis::doubtful(what, text, help),
            }
        }
    }];
    found.push(machine::memory(snapshot.set()));
    found.extend(stray(config));
    found
}

/// Rule files that lie in the tree and outside of its folders are never read, which is easily overlooked.
fn stray(config: &Config) -> Option<Diagnosis> {
    if config.database.is_some() {
        return None;
    }
    let folders = &config.folders.folders;
    let count = rule_files::stray(folders);
    (count > 0).then(|| {
        Diagnosis::doubtful(
            "rules",
            format!(
                "{} in {} outside of `local`, never read",
                output::count(count, "rule file"),
                folders.root.display()
            ),
            format!("move them to {}, or set LOCAL_RULES_DIR", folders.local.display()),
        )
    })
}

pub(super) fn tokens(config: &Config) -> Diagnosis {
    let what = "tokens";
    let access = &config.access;
    let set = access.tokens.as_ref().map_or(0, |list| list.len());
    let Some(path) = &access.tokens_file else {
        return match (set, config.server.address.ip().is_loopback()) {
            (0, true) => Diagnosis::good(what, "none: who is on this machine may change rules"),
            (0, false) => Diagnosis::doubtful(
                what,
                "none, and the server listens to other machines: every change over HTTP is refused",
                "make one with `asset-injector token new NAME ROLE`, and set AUTH_TOKENS_FILE",
            ),
            (_, _) => Diagnosis::good(what, output::count(set, "token")),
        };
    };
    let shown = path.display();
    let is_open = std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o022 != 0);
    match tokens::count(path) {
        Err(reason) => Diagnosis::bad(
            what,
            format!("AUTH_TOKENS_FILE {shown}: {reason}"),
            "each line is `name:role:sha256`, as `asset-injector token new NAME ROLE` prints it",
        ),
        Ok(_) if is_open => Diagnosis::doubtful(
            what,
            format!("{shown} can be changed by others than its owner"),
            format!("who can change it can do everything: `chmod go-w {shown}`"),
        ),
        Ok(held) => Diagnosis::good(what, format!("{} in {shown}", output::count(held + set, "token"))),
    }
}

pub(super) fn port(config: &Config) -> Diagnosis {
    let what = "port";
    let address = config.server.address;
    let error = match TcpListener::bind(address) {
        Ok(_) => return Diagnosis::good(what, format!("{address} is free")),
        Err(error) => error,
    };
    if error.kind() != io::ErrorKind::AddrInUse {
        return Diagnosis::bad(
            what,
            format!("cannot listen on {address}: {error}"),
            "set HOST and PORT to what this machine has",
        );
    }
    let answer = Client::of_configured(config, PROBE_TIMEOUT)
        .ok()
        .and_then(|client| client.get("/health/ready").ok());
    match answer {
        Some(answer) if answer.status == 200 => {
            Diagnosis::good(what, format!("a server is ready on {address}"))
        }
        Some(answer) => Diagnosis::doubtful(
            what,
            format!("a server listens on {address} and answers {}", answer.status),
            "it loads its rules, stops, or is another program; its log says which",
        ),
        None => Diagnosis::bad(
            what,
            format!("another program listens on {address}"),
            format!(
                "see which with `ss -ltnp 'sport = :{}'`, or set PORT",
                address.port()
            ),
        ),
    }
}

pub(super) fn certificate(config: &Config) -> Option<Diagnosis> {
    let files = config.tls.as_ref()?;
    let what = "certificate";
    let pair = match Pair::load(files) {
        Ok(pair) => pair,
        Err(failure) => return Some(Diagnosis::bad(what, failure.to_string(), failure.help())),
    };
    let shown = files.certificate.display();
    let renew = "renew it; the server reads the files again by itself";
    Some(match pair.validity(SystemClock.now()) {
        Validity::Good => Diagnosis::good(what, format!("{shown} is valid until {}", pair.not_after)),
        Validity::EndsSoon => Diagnosis::doubtful(what, format!("{shown} ends on {}", pair.not_after), renew),
        Validity::Ended => Diagnosis::bad(what, format!("{shown} has ended on {}", pair.not_after), renew),
        Validity::NotYet => Diagnosis::bad(
            what,
            format!("{shown} is not valid before {}", pair.not_before),
            "look at the clock of this machine, or make another",
        ),
    })
}

pub(super) fn clock() -> Diagnosis {
    let now = SystemClock.now();
    let sound =
        build_info::committed_at().is_none_or(|built| now >= built) && now.as_millis() < TOO_LATE_MILLIS;
    match sound {
        true => Diagnosis::good("clock", now.to_string()),
        false => Diagnosis::bad(
            "clock",
            format!("{now} cannot be the time: this program was made later, or long before"),
            "set the clock; rules expire by it",
        ),
    }
}

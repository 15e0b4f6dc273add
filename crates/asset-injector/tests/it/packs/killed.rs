//! The server is killed while it installs and updates packs: each of them is the old version or the new one.

use super::{manifest, web::Web};
use crate::{
    binary::{Sandbox, rule},
    http::{self, Answer, PATIENCE},
    serving::Serving,
};
use packs::{digest::sha256, lock};
use rustix::process::Signal;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

const NAMES: [&str; 2] = ["demo", "other"];
/// Each version with the number of its rules.
const VERSIONS: [(&str, usize); 2] = [("1.0.0", 30), ("2.0.0", 50)];
const KILLS: usize = 20;
const SEED: u64 = 20_260_131;
/// As many calls are answered before a kill at the most: one more than there are in a round.
const CALLS_MAX: u32 = 4;
/// About as long as a debug build takes for the call that the kill falls into.
const CALL: Duration = Duration::from_millis(100);

/// The version of every pack that is installed.
type Installed = BTreeMap<&'static str, &'static str>;

/// The hash of every version's archive.
type Archives = BTreeMap<(&'static str, &'static str), String>;

/// A repository whose packs say their version in every file.
fn repository() -> (Sandbox, Archives) {
    let sandbox = Sandbox::new();
    let mut archives = Archives::new();
    for name in NAMES {
        let folder = format!("packs/{name}");
        for (version, rules) in VERSIONS {
            sandbox.write(&format!("{folder}/manifest.yaml"), &manifest(name, version));
            sandbox.write(&format!("{folder}/README.md"), version);
            for n in 0..rules {
                let text = rule(&format!("r{n}"), &format!("{name}.example"));
                let text = text.replace("display: none", &format!("content: \"{version}\""));
                sandbox.write(&format!("{folder}/rules/r{n}.rule.yaml"), &text);
            }
            sandbox.run(&["packs", "build", &folder, "-o", &folder]).code(0);
            let archive = sandbox.path().join(format!("{folder}/{name}-{version}.zip"));
            archives.insert((name, version), sha256(&fs::read(archive).unwrap()));
        }
    }
    sandbox.run(&["packs", "index"]).code(0);
    (sandbox, archives)
}

/// An answer, or none when the server is gone.
fn post(address: SocketAddr, path: &str, body: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(http::request("POST", path, body).as_bytes())?;
    Answer::read(&mut stream)
}

/// Installs the old versions and updates both, until the server is gone.
fn change_until(killed: &AtomicBool, address: SocketAddr, done: &AtomicU32) {
    let install = |name: &str| format!(r#"{{"source":"{name}@1.0.0"}}"#);
    let calls = [
        ("/v1/packs/install", install("demo")),
        ("/v1/packs/install", install("other")),
        ("/v1/packs/update", r#"{"all":true}"#.to_owned()),
    ];
    for (path, body) in calls.iter().cycle() {
        match post(address, path, body) {
            Ok(answer) => assert_eq!(answer.status, 200, "{answer:?}"),
            Err(_) if killed.load(Ordering::SeqCst) => return,
            Err(error) => panic!("{path} {body}: {error}"),
        }
        done.fetch_add(1, Ordering::SeqCst);
    }
}

/// The version of a pack, which everything that is known of it must say.
fn version_of(
    name: &'static str,
    pack: &Value,
    serving: &Serving,
    tree: &Path,
    archives: &Archives,
) -> &'static str {
    let is_it = |(version, _): &&(&str, usize)| pack["version"] == *version;
    let (version, rules) = *VERSIONS.iter().find(is_it).unwrap();
    let listed = http::get(serving.address, &format!("/v1/rules?limit=1000&pack={name}")).json();
    let listed = listed["data"]["rules"].as_array().unwrap();
    let says_it = |rule: &Value| rule["css"].as_str().unwrap().contains(version);
    assert!(listed.iter().all(says_it), "{name} {version}: {listed:#?}");
    assert_eq!(
        (listed.len(), &pack["rule_count"]),
        (rules, &rules.into()),
        "{name} {version}"
    );

    let folder = tree.join(name);
    let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
    assert_eq!(read("manifest.yaml"), manifest(name, version));
    assert_eq!(read("README.md"), version);
    let source: Value = serde_json::from_str(&read(".source.json")).unwrap();
    assert_eq!(
        (&source["version"], &source["sha256"], &source["trusted"]),
        (
            &version.into(),
            &archives[&(name, version)].as_str().into(),
            &false.into()
        )
    );
    let files = fs::read_dir(folder.join("rules")).unwrap();
    let texts: Vec<_> = files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(
        texts.iter().all(|text| text.contains(version)),
        "{name} {version}"
    );
    assert_eq!(texts.len(), rules);
    version
}

/// Waits until something is so: who comes after a kill puts it right beside answering.
#[track_caller]
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the lock file says what is installed.
fn lock_agrees(tree: &Path, installed: &Installed, archives: &Archives) -> bool {
    let bytes = fs::read(tree.join(lock::LOCK_FILE)).unwrap_or_default();
    let locked = lock::parse(&bytes).unwrap_or_default();
    let says_it = |(name, version): (&&'static str, &&'static str)| {
        locked.iter().any(|locked| {
            locked.name == *name
                && locked.version.to_string() == *version
                && locked.sha256 == archives[&(*name, *version)]
        })
    };
    locked.len() == installed.len() && installed.iter().all(says_it)
}

/// Whether packs and their lock file are all that there is.
fn nothing_is_left(tree: &Path, installed: &Installed) -> bool {
    let names = fs::read_dir(tree).unwrap();
    let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.all(|name| name == lock::LOCK_FILE || installed.contains_key(&*name))
}

/// What is installed, all of it of one version a pack.
fn whole(serving: &Serving, tree: &Path, archives: &Archives) -> Installed {
    let problems = http::get(serving.address, "/v1/problems").json();
    assert_eq!(problems["data"]["problems"], Value::Array(Vec::new()));
    let packs = http::get(serving.address, "/v1/packs").json();
    let packs = packs["data"]["packs"].as_array().unwrap();
    let named = |name: &str| packs.iter().find(|pack| pack["name"] == name);
    let installed: Installed = NAMES
        .into_iter()
        .filter_map(|name| Some((name, version_of(name, named(name)?, serving, tree, archives))))
        .collect();
    eventually("the lock file follows", || {
        lock_agrees(tree, &installed, archives)
    });
    eventually("nothing is left over", || nothing_is_left(tree, &installed));
    installed
}

/// Kills the server, also when the test fails.
struct Killer<'a> {
    serving: &'a mut Serving,
    killed: &'a AtomicBool,
}

impl Killer<'_> {
    fn kill(&mut self) {
        // Set first: an answer that does not come after this is no fault.
        if !self.killed.swap(true, Ordering::SeqCst) {
            self.serving.signal(Signal::KILL);
            self.serving.ended();
        }
    }
}

impl Drop for Killer<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn a_server_that_is_killed_leaves_every_pack_of_one_version() {
    let (repository, archives) = repository();
    let web = Web::over(repository.path());
    let (sandbox, url) = (Sandbox::new(), web.url());
    let tree = sandbox.path().join("rules/community");
    let mut random = fastrand::Rng::with_seed(SEED);
    let (mut seen, done) = (BTreeSet::new(), AtomicU32::new(0));
    for kill in 0..=KILLS {
        let mut serving = Serving::ready(&sandbox, &[("COMMUNITY_REPO_URL", &url)]);
        let installed = whole(&serving, &tree, &archives);
        seen.extend(installed);
        if kill == KILLS {
            break;
        }
        let (killed, address) = (AtomicBool::new(false), serving.address);
        let (calls, moment) = (random.u32(0..=CALLS_MAX), CALL.mul_f64(random.f64()));
        let enough = done.load(Ordering::SeqCst) + calls;
        thread::scope(|scope| {
            scope.spawn(|| change_until(&killed, address, &done));
            // Whatever comes: whoever changes packs ends only with the server.
            let mut killer = Killer {
                serving: &mut serving,
                killed: &killed,
            };
            eventually("calls are answered", || done.load(Ordering::SeqCst) >= enough);
            thread::sleep(moment);
            killer.kill();
        });
    }
    assert_eq!(
        seen.len(),
        4,
        "each version of each pack was met: {seen:?}, {done:?} calls"
    );
}

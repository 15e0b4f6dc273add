//! What packs need from outside, as tests want it: a repository in memory, and files in memory.

use catalog::{KeptInMemory, Sources, Upstream};
use packs::{
    archive,
    content::{self, Content},
    fetch::{Exceptions, Fetcher},
    index::{Index, SinglesIndex},
    repository::{Archive, Cached, Error, IndexKind, Plan, Progress, Refreshed, Round},
};
use rules::{PackFile, Timestamp};
use semver::Version;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// The version that `requires` of packs is held against in these tests.
pub(crate) const ENGINE: Version = Version::new(1, 2, 3);

/// Where the repository in memory says that it is.
pub(crate) const SOURCE: &str = "https://packs.test/";

/// No repository, no exceptions for those who fetch.
pub(crate) fn nothing_outside() -> Sources {
    Sources {
        repository: None,
        fetcher: Fetcher::new(Exceptions::default()),
        keep: Arc::<KeptInMemory>::default(),
        index_ttl: Duration::from_secs(3600),
        held_bytes_max: catalog::HELD_BYTES_MAX,
        engine: ENGINE,
    }
}

/// A pack's archive: its name, its version, lines of its manifest, and its rules.
pub(crate) fn zip(name: &str, version: &str, more: &str, rules: &str) -> Vec<u8> {
    let manifest =
        format!("name: {name}\nversion: \"{version}\"\ndescription: for a test\nauthor: Ann\n{more}");
    let file = |path: &str, text: &str| PackFile {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    archive::build(&[
        file("manifest.yaml", &manifest),
        file("rules/all.rule.yaml", rules),
    ])
    .unwrap()
}

/// A rule for every page.
pub(crate) fn rule(id: &str, css: &str) -> String {
    format!("- {{id: {id}, type: wildcard, pattern: '*', css: '{css}'}}\n")
}

#[derive(Default)]
struct State {
    archives: BTreeMap<(String, Version), Vec<u8>>,
    signatures: HashMap<String, Vec<u8>>,
    singles: BTreeMap<String, Vec<u8>>,
    /// In the place of the indexes that are made of what is there.
    written: HashMap<&'static str, Vec<u8>>,
    is_down: bool,
    delay: Duration,
    minute: i64,
    asked: Vec<String>,
}

/// A repository in memory.
#[derive(Default)]
pub(crate) struct TestUpstream(Mutex<State>);

impl TestUpstream {
    /// Offers an archive of a pack; the index follows.
    pub(crate) fn offer(&self, archive: Vec<u8>) {
        let content = checked(&archive);
        let manifest = &content.manifest;
        let mut state = self.0.lock().unwrap();
        state.minute += 1;
        let key = (manifest.name.to_string(), manifest.version.clone());
        state.archives.insert(key, archive);
    }

    /// Gives something else than the archive that the index names.
    pub(crate) fn corrupt(&self, name: &str, version: &Version, archive: Vec<u8>) {
        let mut state = self.0.lock().unwrap();
        let content = Index::build(
            listed(&state).iter().map(|(content, size)| (content, *size)),
            Vec::new(),
            at(9),
        );
        state.written.insert("index.json", content.to_json().into_bytes());
        state.archives.insert((name.to_owned(), version.clone()), archive);
    }

    /// Gives this in the place of an index.
    pub(crate) fn write(&self, path: &'static str, bytes: &[u8]) {
        self.0.lock().unwrap().written.insert(path, bytes.to_vec());
    }

    /// Gives this as the signature of a file.
    pub(crate) fn sign(&self, path: &str, signature: Vec<u8>) {
        self.0
            .lock()
            .unwrap()
            .signatures
            .insert(path.to_owned(), signature);
    }

    /// Offers exactly these single rules.
    pub(crate) fn offer_singles(&self, files: &[(&str, &str)]) {
        let mut state = self.0.lock().unwrap();
        state.minute += 1;
        let files = files
            .iter()
            .map(|(file, text)| ((*file).to_owned(), text.as_bytes().to_vec()));
        state.singles = files.collect();
    }

    /// Whether it can be asked from now on.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.0.lock().unwrap().is_down = is_down;
    }

    /// Lets every answer take so long.
    pub(crate) fn slow_down(&self, delay: Duration) {
        self.0.lock().unwrap().delay = delay;
    }

    /// What it was asked for since the last look.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    /// The bytes of an index.
    pub(crate) fn index_bytes(&self, kind: IndexKind) -> Vec<u8> {
        index(&self.0.lock().unwrap(), kind)
    }

    fn ask(&self, what: &str) -> Result<std::sync::MutexGuard<'_, State>, Error> {
        let delay = self.0.lock().unwrap().delay;
        thread::sleep(delay);
        let mut state = self.0.lock().unwrap();
        state.asked.push(what.to_owned());
        match state.is_down {
            false => Ok(state),
            true => Err(Error::Unavailable {
                what: what.to_owned(),
                reason: "it is down".to_owned(),
                until: None,
            }),
        }
    }
}

fn checked(archive: &[u8]) -> Content {
    content::of_archive(archive, &ENGINE).unwrap()
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + minute * 60_000)
}

fn listed(state: &State) -> Vec<(Content, u64)> {
    let archives = state.archives.values();
    archives
        .map(|archive| (checked(archive), archive.len() as u64))
        .collect()
}

fn index(state: &State, kind: IndexKind) -> Vec<u8> {
    if let Some(written) = state.written.get(kind.path()) {
        return written.clone();
    }
    match kind {
        IndexKind::Packs => {
            let listed = listed(state);
            let archives = listed.iter().map(|(content, size)| (content, *size));
            Index::build(archives, Vec::new(), at(state.minute)).to_json()
        }
        IndexKind::Singles => {
            let files = state.singles.iter().map(|(file, bytes)| PackFile {
                path: format!("{file}.rule.yaml"),
                bytes: bytes.clone(),
            });
            let files: Vec<_> = files.collect();
            SinglesIndex::build(&files, at(state.minute)).unwrap().to_json()
        }
    }
    .into_bytes()
}

impl Upstream for TestUpstream {
    fn source(&self) -> &str {
        SOURCE
    }

    fn index(&self, kind: IndexKind, copy: Option<&Cached>) -> Result<Refreshed, Error> {
        let copy = copy.filter(|copy| copy.source == SOURCE);
        let state = match self.ask(kind.path()) {
            Err(error) if copy.is_some() => return Ok(Refreshed::Stale(error)),
            state => state?,
        };
        let bytes: Arc<[u8]> = index(&state, kind).into();
        let is_same = copy.is_some_and(|copy| copy.bytes == bytes);
        let cached = Cached {
            source: SOURCE.to_owned(),
            fetched_at: Timestamp::from_millis(1_767_225_600_000),
            etag: None,
            bytes,
            signature: state.signatures.get(kind.path()).cloned(),
        };
        Ok(match is_same {
            true => Refreshed::Unchanged(cached),
            false => Refreshed::Fresh(cached),
        })
    }

    fn archive(
        &self,
        (name, version): (&str, &Version),
        with_signature: bool,
        progress: Progress<'_>,
    ) -> Result<Archive, Error> {
        let path = format!("packs/{name}/{name}-{version}.zip");
        let state = self.ask(&path)?;
        let found = state.archives.get(&(name.to_owned(), version.clone()));
        let bytes = found.cloned().ok_or(Error::NotFound { what: path.clone() })?;
        let total = bytes.len() as u64;
        for done in [0, total / 2, total] {
            progress(done, Some(total));
        }
        Ok(Archive {
            url: format!("{SOURCE}{path}"),
            bytes,
            signature: state.signatures.get(&path).filter(|_| with_signature).cloned(),
        })
    }

    fn singles(&self, plan: &Plan) -> Round {
        let mut round = Round::default();
        for file in plan.download.keys() {
            match self.ask(file) {
                Ok(state) => drop(round.files.insert(file.clone(), state.singles[file].clone())),
                Err(error) => {
                    round.stopped = Some(error);
                    break;
                }
            }
        }
        let came = |file: &&String| !round.files.contains_key(*file);
        round.rest = plan.download.keys().filter(came).cloned().collect();
        round
    }
}

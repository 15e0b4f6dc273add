//! The store over a tree of files.

use crate::{
    folder, read,
    read::{Cache, Read},
    scan,
    state::State,
};
use async_trait::async_trait;
use std::{
    hash::{BuildHasher as _, RandomState},
    path::PathBuf,
    sync::{Arc, Mutex},
};
use store::{Contents, Edit, Error, ErrorKind, PROBLEMS_MAX, Problem, Revision, RuleStore};

/// The folders of a rules tree.
#[derive(Clone, Debug)]
pub struct Folders {
    /// `RULES_DIR`: the tree; holds `.state.json`.
    pub root: PathBuf,
    /// `LOCAL_RULES_DIR`.
    pub local: PathBuf,
    /// `COMMUNITY_RULES_DIR`.
    pub community: PathBuf,
    /// `OVERRIDE_RULES_DIR`.
    pub overrides: PathBuf,
}

impl Folders {
    /// The default layout below a root.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            local: root.join("local"),
            community: root.join("community"),
            overrides: root.join("overrides"),
            root,
        }
    }
}

/// Rules in a tree of files.
#[derive(Debug)]
pub struct FileStore {
    shared: Arc<Shared>,
}

/// What a load on another thread needs.
#[derive(Debug)]
struct Shared {
    folders: Folders,
    memory: Mutex<Memory>,
    hasher: RandomState,
}

/// What the last load left: its number, the hash of all that it saw, and what each file gave.
#[derive(Debug, Default)]
struct Memory {
    revision: Revision,
    fingerprint: Option<u64>,
    cache: Cache,
}

impl FileStore {
    /// A store over these folders; nothing is read yet.
    pub fn new(folders: Folders) -> Self {
        let memory = Mutex::default();
        Self {
            shared: Arc::new(Shared {
                folders,
                memory,
                hasher: RandomState::new(),
            }),
        }
    }

    /// The folders.
    pub fn folders(&self) -> &Folders {
        &self.shared.folders
    }
}

impl Shared {
    /// Reads the tree. Loads wait for each other: the revision says which of them saw the later state.
    fn load(&self) -> Result<Contents, Error> {
        let mut memory = self.memory.lock().unwrap_or_else(|poisoned| {
            // Nothing of a half-done load is kept.
            let mut memory = poisoned.into_inner();
            memory.cache.clear();
            memory
        });
        let found = folder::find(&self.folders)?;
        let scan = scan::scan(&self.folders, &found.folders);
        let reads = read::read(&scan.files, &found.folders, &memory.cache, &self.hasher);
        let mut problems = found.problems;
        problems.extend(scan.problems);
        let state = State::load(&self.folders.root, &mut problems);
        let fingerprint = self.fingerprint(&found.folders, &reads, &problems, &state);
        if memory.fingerprint.replace(fingerprint) != Some(fingerprint) {
            memory.revision = Revision(memory.revision.0 + 1);
        }
        let mut contents = Contents {
            revision: memory.revision,
            packs: found.packs.into_iter().collect(),
            disabled: state.disabled,
            pins: state.pins,
            ..Contents::default()
        };
        for (file, Read { outcome, .. }) in scan.files.iter().zip(&reads) {
            contents
                .rules
                .extend(read::sourced(file, &found.folders[file.folder], outcome));
            problems.extend(outcome.problems.iter().cloned());
            contents.problems_more += outcome.problems_more;
        }
        keep(problems, &mut contents);
        let whole = reads.into_iter().filter(|read| !read.outcome.is_cut);
        memory.cache = whole.map(|read| (read.hash, read.outcome)).collect();
        Ok(contents)
    }

    /// The hash of everything that a load saw.
    fn fingerprint(
        &self,
        folders: &[folder::Folder],
        reads: &[Read],
        problems: &[Problem],
        state: &State,
    ) -> u64 {
        let hashes: Vec<u64> = reads.iter().map(|read| read.hash).collect();
        let seen = format!("{folders:?}{problems:?}{state:?}");
        self.hasher.hash_one((hashes, seen))
    }
}

/// Sorts problems by place and keeps as many as are kept.
fn keep(mut problems: Vec<Problem>, contents: &mut Contents) {
    let place = |p: &Problem| (p.file.clone(), p.line, p.column, p.field.clone());
    problems.sort_by_cached_key(place);
    contents.problems_more += problems.len().saturating_sub(PROBLEMS_MAX);
    problems.truncate(PROBLEMS_MAX);
    contents.problems = problems;
}

#[async_trait]
impl RuleStore for FileStore {
    async fn load(&self) -> Result<Contents, Error> {
        let shared = Arc::clone(&self.shared);
        let loading = tokio::task::spawn_blocking(move || shared.load());
        loading.await.unwrap_or_else(|stopped| {
            Err(Error {
                kind: ErrorKind::Unavailable,
                message: "reading the rules folder was stopped".to_owned(),
                source: Some(Box::new(stopped)),
            })
        })
    }

    async fn write(&self, _: &[Edit]) -> Result<Revision, Error> {
        Err(Error::new(ErrorKind::ReadOnly, "the files are only read"))
    }

    fn kind(&self) -> &'static str {
        "files"
    }
}

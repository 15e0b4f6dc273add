//! A rules tree in a temporary folder.

use rules::Timestamp;
use std::{fs, path::PathBuf, sync::Arc};
use store::{Contents, RuleStore as _};
use store_file::{Access, FileStore, Folders};
use tempfile::TempDir;

/// The time that it always is.
pub(crate) fn noon() -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").unwrap()
}

/// A tree that is deleted with this value.
pub(crate) struct Tree {
    dir: TempDir,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// A tree that waits for no disk, where there is such a thing.
    pub(crate) fn quick() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self { dir: dir.unwrap() }
    }

    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let tree = Self::new();
        files.iter().for_each(|(path, text)| tree.put(path, text));
        tree
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join("rules").join(path)
    }

    pub(crate) fn put(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "a test's own file needs no atomic writer"
        )]
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn link(&self, target: &str, path: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    /// A store that writes to the tree.
    pub(crate) fn writer(&self) -> FileStore {
        self.open(Access::ReadWrite).unwrap()
    }

    pub(crate) fn open(&self, access: Access) -> Result<FileStore, store::Error> {
        FileStore::open(Folders::below(self.path("")), access, Arc::new(noon()))
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// The files below the tree but for the lock, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() && !path.is_symlink() {
                    true => folders.push(path),
                    false => files.push(path),
                }
            }
        }
        let shown = |path: &PathBuf| path.strip_prefix(self.path("")).unwrap().display().to_string();
        let mut files: Vec<_> = files.iter().map(shown).filter(|path| path != ".lock").collect();
        files.sort();
        files
    }

    pub(crate) fn store(&self) -> FileStore {
        FileStore::new(Folders::below(self.path("")))
    }

    pub(crate) fn load(&self) -> Contents {
        load(&self.store())
    }
}

pub(crate) fn load(store: &FileStore) -> Contents {
    run(store.load()).unwrap()
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// A valid rule, without an id.
pub(crate) const RULE: &str = "type: exact\npattern: https://example.com/\ncss: 'nav { display: none }'\n";

pub(crate) fn ids(contents: &Contents) -> Vec<&str> {
    contents
        .rules
        .iter()
        .map(|sourced| sourced.rule.id().as_str())
        .collect()
}

/// File and reason of each problem.
pub(crate) fn problems(contents: &Contents) -> Vec<(&str, &str)> {
    contents
        .problems
        .iter()
        .map(|problem| (problem.file.as_str(), problem.reason.as_str()))
        .collect()
}

//! A rules tree in a temporary folder.

use std::{fs, path::PathBuf};
use store::{Contents, RuleStore as _};
use store_file::{FileStore, Folders};
use tempfile::TempDir;

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

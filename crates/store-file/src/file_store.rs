//! The store over a tree of files.

use async_trait::async_trait;
use std::path::PathBuf;
use store::{Contents, Error, RuleStore};

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
    folders: Folders,
}

impl FileStore {
    /// A store over these folders; nothing is read yet.
    pub fn new(folders: Folders) -> Self {
        Self { folders }
    }

    /// The folders.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }
}

#[async_trait]
impl RuleStore for FileStore {
    async fn load(&self) -> Result<Contents, Error> {
        todo!()
    }

    fn kind(&self) -> &'static str {
        "files"
    }
}

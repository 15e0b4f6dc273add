//! The files of a pack's folder, byte by byte.

use crate::{
    Folders, bytes,
    folder::shown,
    scan::{DEPTH_MAX, FILES_MAX, Tree},
};
use rulefile::rule_file;
use rules::{PackFile, RuleId, SINGLES};
use std::{
    collections::HashSet,
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};
use store::{Error, ErrorKind};

/// The files of a pack or of singles, sorted by path; what begins with a dot is no file of a pack.
///
/// Links are followed as where rules are loaded; of [`SINGLES`] only rule files count.
pub(crate) fn read(folders: &Folders, name: &str) -> Result<Vec<PackFile>, Error> {
    let folder = folders.community.join(name);
    let (true, Ok(real)) = (RuleId::in_pack(name, "x").is_ok(), fs::canonicalize(&folder)) else {
        return Ok(Vec::new());
    };
    let mut walk = Walk {
        folders,
        tree: Tree::of(folders),
        only_rules: name == SINGLES,
        entered: HashSet::new(),
        files: Vec::new(),
    };
    if walk.tree.holds(&real) && real.is_dir() {
        walk.folder(&folder, real, "", 0)?;
    }
    walk.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walk.files)
}

struct Walk<'a> {
    folders: &'a Folders,
    tree: Tree,
    only_rules: bool,
    /// Real folders that were entered: a link to one of them ends there.
    entered: HashSet<PathBuf>,
    files: Vec<PackFile>,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, real: PathBuf, below: &str, depth: usize) -> Result<(), Error> {
        if !self.entered.insert(real) {
            return Ok(());
        }
        if depth > DEPTH_MAX {
            return Err(self.corrupt(path, format!("is deeper than {DEPTH_MAX} folders")));
        }
        let entries = fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<DirEntry>>>());
        let mut entries = entries.map_err(|error| self.unreadable(path, &error))?;
        entries.sort_unstable_by_key(DirEntry::file_name);
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else {
                return Err(self.corrupt(&entry.path(), "has a name that is not UTF-8"));
            };
            if !name.starts_with('.') {
                self.entry(&entry.path(), format!("{below}{name}"), depth)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, below: String, depth: usize) -> Result<(), Error> {
        // A link that leads nowhere or out of the tree was reported when the rules were loaded.
        let Ok(real) = fs::canonicalize(path) else {
            return Ok(());
        };
        if !self.tree.holds(&real) {
            return Ok(());
        }
        if real.is_dir() {
            return self.folder(path, real, &format!("{below}/"), depth + 1);
        }
        if !real.is_file() || self.only_rules && rule_file(&below).is_none() {
            return Ok(());
        }
        if self.files.len() == FILES_MAX {
            return Err(self.corrupt(path, format!("is beyond the {FILES_MAX} files of a tree")));
        }
        let bytes = bytes::read(path).map_err(|error| self.unreadable(path, &error))?;
        self.files.push(PackFile { path: below, bytes });
        Ok(())
    }

    fn corrupt(&self, path: &Path, reason: impl Into<String>) -> Error {
        let message = format!("`{}` {}", shown(path, self.folders), reason.into());
        Error::new(ErrorKind::Corrupt, message)
    }

    fn unreadable(&self, path: &Path, error: &io::Error) -> Error {
        let message = format!("`{}` {}", shown(path, self.folders), bytes::reason(error));
        Error::new(ErrorKind::Unavailable, message)
    }
}

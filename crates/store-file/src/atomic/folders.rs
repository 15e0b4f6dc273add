//! Folders that change as a whole: what they will hold is written beside them and swapped in by one rename.
//!
//! Where a file system cannot let two folders change names, the old one gets a name that says whose it is before the
//! new one gets its own: what a crash between the two leaves is put back when the tree is opened next.

use super::{Commit, Failure, Fault, Renamed, TEMPORARY_END, TEMPORARY_START, parent};
use crate::disk::is_unsupported;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{NewPack, SOURCE_FILE};

/// What becomes of a folder.
#[derive(Debug)]
pub(crate) struct FolderChange {
    pub(crate) path: PathBuf,
    /// What it holds from now on; none, and it is removed.
    pub(crate) new: Option<Whole>,
    /// Whether there is one; else nothing may have its name.
    pub(crate) stands: bool,
}

/// All that a folder holds.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) pack: Arc<NewPack>,
    /// The text of the file that says where it came from.
    pub(crate) source: Option<String>,
}

impl Whole {
    /// Its files, by their paths in the folder.
    fn files(&self) -> Vec<(&Path, &[u8])> {
        let files = self.pack.files.iter();
        let files = files.map(|file| (Path::new(&file.path), &*file.bytes));
        let source = self.source.iter();
        files
            .chain(source.map(|text| (Path::new(SOURCE_FILE), text.as_bytes())))
            .collect()
    }

    /// How many files it holds.
    pub(super) fn len(&self) -> usize {
        self.pack.files.len() + usize::from(self.source.is_some())
    }
}

impl Commit<'_> {
    /// Writes what a folder will hold to a temporary one beside it.
    pub(super) fn stage(&self, change: &FolderChange, is_synced: bool) -> Result<Option<PathBuf>, Fault> {
        let Some(whole) = &change.new else { return Ok(None) };
        let temporary = self.temporary_beside(&change.path);
        self.disk
            .make_folder(&temporary)
            .map_err(|fault| fault.of(&change.path))?;
        let files = whole.files();
        let folders: BTreeSet<&Path> = files
            .iter()
            .flat_map(|(path, _)| path.ancestors().skip(1))
            .collect();
        // The outer ones come first; the outermost is there already.
        for folder in folders.iter().filter(|folder| !folder.as_os_str().is_empty()) {
            self.disk
                .make_folder(&temporary.join(folder))
                .map_err(|fault| fault.of(&change.path.join(folder)))?;
        }
        self.each(&files, is_synced, |(path, bytes)| {
            let shown = change.path.join(path);
            let created = self.disk.create(&temporary.join(path), None);
            let mut file = created.map_err(|fault| fault.of(&shown))?;
            self.disk.append(&mut file, bytes, &shown)?;
            match is_synced {
                true => self.disk.sync(&file, &shown),
                false => Ok(()),
            }
        })?;
        for folder in folders.iter().filter(|_| is_synced) {
            let shown = change.path.join(folder);
            let opened = self.disk.open_folder(&temporary.join(folder));
            let opened = opened.map_err(|fault| fault.of(&shown))?;
            self.disk.sync(&opened, &shown)?;
        }
        Ok(Some(temporary))
    }

    /// Gives a new folder its name, or takes the name away.
    pub(super) fn swap(&mut self, change: &FolderChange, new: Option<&Path>) -> Result<(), Failure> {
        let path = &change.path;
        let found = path.symlink_metadata().ok();
        if found.as_ref().is_some_and(fs::Metadata::is_dir) != change.stands
            || found.is_some() != change.stands
        {
            return Err(Failure::Changed);
        }
        self.parents.insert(parent(path).to_path_buf());
        let before = match (new, change.stands) {
            (None, false) => return Ok(()),
            (Some(new), false) => match self.disk.rename_folder_new(new, path) {
                Err(fault) if is_taken(&fault.error) => return Err(Failure::Changed),
                done => {
                    done?;
                    None
                }
            },
            (Some(new), true) => match self.disk.exchange(new, path) {
                // The temporary name is that of the old folder now.
                Ok(()) => Some(new.to_path_buf()),
                Err(fault) if is_unsupported(&fault.error) => return self.swap_in_turn(path, new),
                Err(fault) => return Err(fault.into()),
            },
            (None, true) => {
                let before = self.temporary_beside(path);
                self.disk.rename(path, &before).map_err(|fault| fault.of(path))?;
                Some(before)
            }
        };
        self.renamed.push(Renamed {
            path: path.clone(),
            before,
            is_folder: true,
        });
        Ok(())
    }

    /// Where two folders cannot change names at once.
    fn swap_in_turn(&mut self, path: &Path, new: &Path) -> Result<(), Failure> {
        let before = self.temporary_of(path);
        self.disk.rename(path, &before).map_err(|fault| fault.of(path))?;
        self.renamed.push(Renamed {
            path: path.to_path_buf(),
            before: Some(before),
            is_folder: true,
        });
        Ok(self.disk.rename(new, path)?)
    }

    /// Puts a folder back under its name; what has that name becomes a temporary one.
    pub(super) fn put_folder_back(&self, path: &Path, before: Option<&Path>) -> Result<(), Fault> {
        let take_away = || self.disk.rename(path, &self.temporary_beside(path));
        let Some(before) = before else { return take_away() };
        if path.symlink_metadata().is_err() {
            return self.disk.rename(before, path);
        }
        match self.disk.exchange(before, path) {
            Err(fault) if is_unsupported(&fault.error) => {
                take_away()?;
                self.disk.rename(before, path)
            }
            done => done,
        }
    }

    /// A temporary name that says whose it is.
    fn temporary_of(&self, path: &Path) -> PathBuf {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.temporary_named(path, &format!("{MOVED_AWAY}{name}"))
    }
}

/// What stands in a temporary name before that of the folder that had to go for a moment.
const MOVED_AWAY: &str = "-of-";

/// The name that a folder had which a crash may have kept from coming back.
pub(crate) fn moved_away(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(TEMPORARY_START)?.strip_suffix(TEMPORARY_END)?;
    rest.split_once(MOVED_AWAY).map(|(_, name)| name)
}

/// A folder and all that is in it; links are not followed.
pub(crate) fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    if folder.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        collect(folder, &mut all);
    }
    all
}

fn collect(folder: &Path, all: &mut Vec<PathBuf>) {
    all.push(folder.to_path_buf());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&entry.path(), all),
            Ok(_) | Err(_) => all.push(entry.path()),
        }
    }
}

/// Whether a name is that of something else by now.
fn is_taken(error: &io::Error) -> bool {
    let taken = [
        io::ErrorKind::AlreadyExists,
        io::ErrorKind::DirectoryNotEmpty,
        io::ErrorKind::NotADirectory,
    ];
    taken.contains(&error.kind())
}

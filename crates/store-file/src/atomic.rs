//! Changes several files and folders: all of them, or after an error none; after a crash each is the old one or the
//! new one.
//!
//! The new contents are written to temporary files beside their targets and reach the disk before the first of
//! them gets its name. What is replaced or removed keeps a temporary name until everything has reached the disk, so
//! that it can be put back. Temporary names begin with a dot and end in a way of their own: what a crash
//! leaves of them is removed when the tree is opened next.

mod folders;

pub(crate) use folders::{FolderChange, Whole, all_below, moved_away};

use crate::{
    disk::{Disk, Fault, is_unsupported, remove_all},
    read::in_parallel,
    stamp::Stamp,
};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

const TEMPORARY_START: &str = ".asset-injector-";
const TEMPORARY_END: &str = ".tmp";

/// From so many files on they are written by several threads, and the whole file system is made to reach the disk, not
/// each file by itself.
const SYNC_ALL_FROM: usize = 16;

/// What becomes of a file.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) path: PathBuf,
    /// Its bytes from now on; none, and it is removed.
    pub(crate) bytes: Option<Vec<u8>>,
    /// The file as it must still be; none, and nothing may have its name.
    pub(crate) before: Option<Stamp>,
}

/// Why nothing was changed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A file is not what it was: the change has to be thought over.
    Changed,
    /// A call failed.
    Fault(Fault),
    /// A call failed, and then so did putting back what was done before.
    Torn(Fault, Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Makes all changes, durably, or none; returns the folders that had to be made for them.
pub(crate) fn commit(
    disk: &Disk,
    changes: &[Change],
    folders: &[FolderChange],
) -> Result<Vec<PathBuf>, Failure> {
    let mut commit = Commit {
        disk,
        folders: Vec::new(),
        temporary: Mutex::default(),
        renamed: Vec::new(),
        parents: BTreeSet::new(),
    };
    let done = commit
        .prepare(changes, folders)
        .and_then(|new| commit.publish(changes, folders, &new));
    match done {
        Ok(()) => {
            commit.forget_replaced();
            Ok(commit.folders)
        }
        Err(failure) => Err(commit.roll_back(failure)),
    }
}

/// Whether a name is one that only a crash leaves behind.
pub(crate) fn is_left_over(name: &str) -> bool {
    name.starts_with(TEMPORARY_START) && name.ends_with(TEMPORARY_END)
}

/// A change under way: what was done, in its order.
struct Commit<'a> {
    disk: &'a Disk,
    /// Folders that were made.
    folders: Vec<PathBuf>,
    /// Temporary files and folders that may be there.
    temporary: Mutex<Vec<PathBuf>>,
    renamed: Vec<Renamed>,
    /// Folders in which names have changed.
    parents: BTreeSet<PathBuf>,
}

/// A target that was changed, and the name that the file or folder has which stood there.
struct Renamed {
    path: PathBuf,
    before: Option<PathBuf>,
    is_folder: bool,
}

/// The temporary names of what will stand there: one for each file and each folder that is not removed.
struct Prepared {
    files: Vec<Option<PathBuf>>,
    folders: Vec<Option<PathBuf>>,
}

impl Commit<'_> {
    /// Writes the new contents.
    fn prepare(&mut self, changes: &[Change], folders: &[FolderChange]) -> Result<Prepared, Failure> {
        let written = || changes.iter().filter(|change| change.bytes.is_some());
        let files = written().map(|change| &change.path);
        let staged = folders.iter().filter(|folder| folder.new.is_some());
        let parents = files
            .chain(staged.map(|folder| &folder.path))
            .map(|path| parent(path));
        let parents: BTreeSet<&Path> = parents.collect();
        parents.iter().try_for_each(|folder| self.make_folder(folder))?;
        let in_folders = folders.iter().flat_map(|folder| &folder.new).map(Whole::len);
        let is_synced =
            written().count() + in_folders.sum::<usize>() < SYNC_ALL_FROM || !Disk::tells_errors_of_all();
        // Opened before anything is written: what fails to be written is told to those who were there.
        let systems = match is_synced {
            true => Vec::new(),
            false => self.file_systems(&parents)?,
        };
        let new = Prepared {
            files: self.each(changes, is_synced, |change| self.write_beside(change, is_synced))?,
            folders: folders
                .iter()
                .map(|folder| self.stage(folder, is_synced))
                .collect::<Result<_, _>>()?,
        };
        for (path, system) in &systems {
            self.disk.sync_all(system, path)?;
        }
        Ok(new)
    }

    /// Writes one after the other, or on all cores where all is synced at once; ends with a failure.
    fn each<T: Sync, R: Send + Default>(
        &self,
        items: &[T],
        is_synced: bool,
        write: impl Fn(&T) -> Result<R, Fault> + Sync,
    ) -> Result<Vec<R>, Fault> {
        if is_synced {
            return items.iter().map(write).collect();
        }
        let has_failed = AtomicBool::new(false);
        let written = in_parallel(items, |item| {
            if has_failed.load(Ordering::Relaxed) {
                return Ok(R::default());
            }
            let written = write(item);
            has_failed.fetch_or(written.is_err(), Ordering::Relaxed);
            written
        });
        written.into_iter().collect()
    }

    /// Writes what a file will hold to a temporary one beside it.
    fn write_beside(&self, change: &Change, is_synced: bool) -> Result<Option<PathBuf>, Fault> {
        let Change { path, bytes, before } = change;
        let Some(bytes) = bytes else { return Ok(None) };
        // A file that was replaced is as open to others as it was; a link says nothing of that.
        let known = before.and_then(|_| fs::symlink_metadata(path).ok());
        let known = known.filter(fs::Metadata::is_file);
        let temporary = self.temporary_beside(path);
        let mut file = self
            .disk
            .create(&temporary, known.map(|known| known.permissions()))
            .map_err(|fault| fault.of(path))?;
        self.disk.append(&mut file, bytes, path)?;
        if is_synced {
            self.disk.sync(&file, path)?;
        }
        Ok(Some(temporary))
    }

    /// Gives the new files and folders their names, and has the names reach the disk.
    fn publish(
        &mut self,
        changes: &[Change],
        folders: &[FolderChange],
        new: &Prepared,
    ) -> Result<(), Failure> {
        for (change, new) in changes.iter().zip(&new.files) {
            self.put(change, new.as_deref())?;
        }
        for (folder, new) in folders.iter().zip(&new.folders) {
            self.swap(folder, new.as_deref())?;
        }
        for parent in &self.parents {
            let folder = self.disk.open_folder(parent)?;
            self.disk.sync(&folder, parent)?;
        }
        Ok(())
    }

    fn put(&mut self, change: &Change, new: Option<&Path>) -> Result<(), Failure> {
        let path = &change.path;
        if stamp(path) != change.before {
            return Err(Failure::Changed);
        }
        self.parents.insert(parent(path).to_path_buf());
        let before = match (new, change.before) {
            (None, None) => return Ok(()),
            (Some(new), None) => {
                match self.disk.rename_new(new, path) {
                    Err(fault) if fault.error.kind() == io::ErrorKind::AlreadyExists => {
                        return Err(Failure::Changed);
                    }
                    done => done?,
                }
                None
            }
            (Some(new), Some(_)) => match self.disk.exchange(new, path) {
                // The temporary name is that of the old file now.
                Ok(()) => Some(new.to_path_buf()),
                Err(fault) if is_unsupported(&fault.error) => {
                    let before = self.second_name(path)?;
                    self.disk.rename(new, path)?;
                    Some(before)
                }
                Err(fault) => return Err(fault.into()),
            },
            (None, Some(_)) => {
                let before = self.temporary_beside(path);
                self.disk.rename(path, &before).map_err(|fault| fault.of(path))?;
                Some(before)
            }
        };
        self.renamed.push(Renamed {
            path: path.clone(),
            before,
            is_folder: false,
        });
        Ok(())
    }

    /// Gives the file that is to be replaced a second name; a copy where the file system has no such names.
    fn second_name(&self, path: &Path) -> Result<PathBuf, Failure> {
        let name = self.temporary_beside(path);
        match self.disk.link(path, &name) {
            Err(fault) if is_unsupported(&fault.error) => {}
            linked => return linked.map(|()| name).map_err(Failure::Fault),
        }
        let read = fs::read(path).and_then(|bytes| Ok((bytes, fs::metadata(path)?.permissions())));
        let (bytes, permissions) = read.map_err(|error| Fault {
            path: path.to_path_buf(),
            error,
        })?;
        let mut file = self
            .disk
            .create(&name, Some(permissions))
            .map_err(|fault| fault.of(path))?;
        self.disk.append(&mut file, &bytes, path)?;
        self.disk.sync(&file, path)?;
        Ok(name)
    }

    fn make_folder(&mut self, path: &Path) -> Result<(), Failure> {
        if path.is_dir() {
            return Ok(());
        }
        self.make_folder(parent(path))?;
        self.disk.make_folder(path)?;
        self.folders.push(path.to_path_buf());
        self.parents.insert(parent(path).to_path_buf());
        Ok(())
    }

    /// An open folder on each file system that is written to.
    fn file_systems(&self, parents: &BTreeSet<&Path>) -> Result<Vec<(PathBuf, File)>, Failure> {
        let mut devices = BTreeSet::new();
        let mut systems = Vec::new();
        for parent in parents {
            let Ok(metadata) = fs::metadata(parent) else {
                continue;
            };
            if devices.insert(metadata.dev()) {
                systems.push((parent.to_path_buf(), self.disk.open_folder(parent)?));
            }
        }
        Ok(systems)
    }

    fn temporary(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.temporary.lock().expect("no holder of the lock panics")
    }

    /// A name that nothing has, beside a file.
    fn temporary_beside(&self, path: &Path) -> PathBuf {
        self.temporary_named(path, "")
    }

    /// The same with something in it.
    fn temporary_named(&self, path: &Path, inside: &str) -> PathBuf {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let n = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{TEMPORARY_START}{}-{n}{inside}{TEMPORARY_END}", process::id());
            let temporary = path.with_file_name(name);
            if temporary.symlink_metadata().is_err() {
                self.temporary().push(temporary.clone());
                return temporary;
            }
        }
    }

    /// Removes what was replaced: a file may take as long as a write, so nobody waits for many.
    ///
    /// What is not removed is read by nobody, and removed at the next start.
    fn forget_replaced(&mut self) {
        let mut replaced = Vec::new();
        let mut files = 0;
        for Renamed {
            before, is_folder, ..
        } in self.renamed.drain(..)
        {
            let Some(before) = before else { continue };
            files += if is_folder { all_below(&before).len() } else { 1 };
            replaced.push(before);
        }
        if files < SYNC_ALL_FROM {
            return replaced.iter().for_each(|path| drop(self.disk.remove(path)));
        }
        let remove = move || replaced.iter().for_each(|path| drop(remove_all(path)));
        let _ = thread::Builder::new().name("replaced".to_owned()).spawn(remove);
    }

    /// Removes the temporary files and folders that are still there.
    fn remove_temporary(&self) {
        for temporary in &*self.temporary() {
            if temporary.symlink_metadata().is_ok() {
                let _ = self.disk.remove(temporary);
            }
        }
    }

    /// Puts everything back as it was.
    fn roll_back(&mut self, failure: Failure) -> Failure {
        let mut second = None;
        let renamed: Vec<Renamed> = self.renamed.drain(..).rev().collect();
        for Renamed {
            path,
            before,
            is_folder,
        } in renamed
        {
            let put_back = match &before {
                before if is_folder => self.put_folder_back(&path, before.as_deref()),
                Some(before) => self.disk.rename(before, &path),
                None => self.disk.remove(&path),
            };
            if put_back.is_err() {
                // It is all that is left of what stood there.
                self.temporary()
                    .retain(|temporary| Some(temporary) != before.as_ref());
            }
            second = second.or(put_back.err());
        }
        self.remove_temporary();
        for folder in self.folders.iter().rev() {
            second = second.or(self.disk.remove_folder(folder).err());
        }
        for parent in self.parents.iter().filter(|parent| parent.is_dir()) {
            let synced = self.disk.open_folder(parent);
            let synced = synced.and_then(|folder| self.disk.sync(&folder, parent));
            second = second.or(synced.err());
        }
        match (failure, second) {
            (Failure::Fault(first), Some(second)) => Failure::Torn(first, second),
            (Failure::Changed, Some(second)) => Failure::Fault(second),
            (failure, _) => failure,
        }
    }
}

impl Fault {
    /// The same, of the file that it is all about.
    fn of(self, path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            ..self
        }
    }
}

/// The stamp of a regular file.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    fs::symlink_metadata(path)
        .ok()
        .map(|metadata| Stamp::of(&metadata))
}

fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

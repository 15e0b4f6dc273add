//! The calls by which the tree is changed: each names its path when it fails, and tests can make any of them fail.

use rustix::{
    fs::{CWD, RenameFlags, renameat_with, syncfs},
    system::uname,
};
use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The disk below the tree.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    #[cfg(test)]
    pub(crate) faults: crate::faults::Faults,
}

/// A call that failed.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) path: PathBuf,
    pub(crate) error: io::Error,
}

type Done<T = ()> = Result<T, Fault>;

impl Disk {
    fn call<T>(&self, path: &Path, call: impl FnOnce() -> io::Result<T>) -> Done<T> {
        #[cfg(test)]
        let call = || self.faults.next().and_then(|()| call());
        call().map_err(|error| Fault {
            path: path.to_path_buf(),
            error,
        })
    }

    /// Makes a folder whose parent exists.
    pub(crate) fn make_folder(&self, path: &Path) -> Done {
        self.call(path, || fs::create_dir(path))
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder(&self, path: &Path) -> Done {
        self.call(path, || fs::remove_dir(path))
    }

    /// Makes a file whose name is not taken, with the permissions given or those that new files have.
    pub(crate) fn create(&self, path: &Path, permissions: Option<Permissions>) -> Done<File> {
        let mut options = OpenOptions::new();
        let file = self.call(path, || options.write(true).create_new(true).open(path))?;
        if let Some(permissions) = permissions {
            self.call(path, || file.set_permissions(permissions))?;
        }
        Ok(file)
    }

    /// Writes bytes to the end of a file.
    pub(crate) fn append(&self, file: &mut File, bytes: &[u8], path: &Path) -> Done {
        self.call(path, || file.write_all(bytes))
    }

    /// Has a file or folder reach the disk.
    pub(crate) fn sync(&self, file: &File, path: &Path) -> Done {
        self.call(path, || file.sync_all())
    }

    /// Whether the kernel says so when something on a file system could not be written: before Linux 5.8 it kept that to
    /// itself where all was synced at once, and told it only to those who sync the file.
    pub(crate) fn tells_errors_of_all() -> bool {
        let system = uname();
        let mut release = system.release().to_bytes().split(|byte| !byte.is_ascii_digit());
        let mut number = || str::from_utf8(release.next()?).ok()?.parse::<u32>().ok();
        (number(), number()) >= (Some(5), Some(8))
    }

    /// Has everything on a file's file system reach the disk.
    ///
    /// One call takes about as long as syncing one file, where thousands of calls wait for the disk thousands of times.
    /// It fails where anything could not be written since the file was opened, another process's files included: that
    /// is one failure too many at worst, and none too few.
    pub(crate) fn sync_all(&self, file: &File, path: &Path) -> Done {
        self.call(path, || Ok(syncfs(file)?))
    }

    pub(crate) fn open_folder(&self, path: &Path) -> Done<File> {
        self.call(path, || File::open(path))
    }

    /// Gives a file a second name.
    pub(crate) fn link(&self, from: &Path, to: &Path) -> Done {
        self.call(from, || fs::hard_link(from, to))
    }

    /// Moves a file to a name, in the place of what has it.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> Done {
        self.call(to, || fs::rename(from, to))
    }

    /// Lets two files change names.
    pub(crate) fn exchange(&self, new: &Path, path: &Path) -> Done {
        self.call(path, || {
            Ok(renameat_with(CWD, new, CWD, path, RenameFlags::EXCHANGE)?)
        })
    }

    /// Moves a file to a name that is not taken.
    pub(crate) fn rename_new(&self, from: &Path, to: &Path) -> Done {
        let moved = self.call(to, || {
            Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
        });
        match moved {
            // Not every file system can do that in one step: a link is not made over a name that is taken either.
            Err(Fault { error, .. }) if is_unsupported(&error) => {
                self.link(from, to)?;
                self.remove(from)
            }
            moved => moved,
        }
    }

    /// Moves a folder to a name that is not taken.
    pub(crate) fn rename_folder_new(&self, from: &Path, to: &Path) -> Done {
        let moved = self.call(to, || {
            Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
        });
        match moved {
            // Not every file system can do that: a folder takes the place of an empty one at most.
            Err(Fault { error, .. }) if is_unsupported(&error) => self.rename(from, to),
            moved => moved,
        }
    }

    /// Removes a file, or a folder with all that is in it.
    pub(crate) fn remove(&self, path: &Path) -> Done {
        self.call(path, || remove_all(path))
    }
}

/// Removes a file, or a folder with all that is in it.
pub(crate) fn remove_all(path: &Path) -> io::Result<()> {
    match path.symlink_metadata()?.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
}

/// Whether a file system does not know a call.
pub(crate) fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let unsupported = [
        Errno::INVAL,
        Errno::NOSYS,
        Errno::OPNOTSUPP,
        Errno::PERM,
        Errno::MLINK,
    ];
    error
        .raw_os_error()
        .is_some_and(|code| unsupported.iter().any(|errno| errno.raw_os_error() == code))
}

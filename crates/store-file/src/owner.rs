//! Who may write: the one process that holds the lock of a tree that can be written.

use crate::Folders;
use rules::Clock;
use rustix::fs::{Access as Wanted, FlockOperation, access, flock};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::Path,
    process,
    sync::Arc,
};
use store::{Error, ErrorKind};

/// The name of the lock, below the rules folder.
const LOCK_FILE: &str = ".lock";

/// What a process wants to do with a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and write: no other process may write to it meanwhile.
    ReadWrite,
    /// Read only.
    ReadOnly {
        /// Why, for people.
        reason: String,
    },
}

/// Whether this process may write.
pub(crate) enum Owner {
    /// It may, as long as the lock's file is open.
    Us {
        /// Open as long as the store lives: the lock ends with it.
        _lock: File,
        /// Says what is now.
        clock: Arc<dyn Clock>,
    },
    /// It may not, for that reason.
    Nobody(String),
}

impl Owner {
    /// Makes the folders that are missing, and takes the lock.
    ///
    /// A tree that cannot be written has no owner, and can be read.
    ///
    /// # Errors
    ///
    /// When another process owns the tree.
    pub(crate) fn of(folders: &Folders, access: Access, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        if let Access::ReadOnly { reason } = access {
            return Ok(Self::Nobody(reason));
        }
        if let Err(reason) = prepare(folders) {
            return Ok(Self::Nobody(reason));
        }
        let path = folders.root.join(LOCK_FILE);
        let unwritable = |error: io::Error| Ok(Self::Nobody(not_written(&path, &error)));
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut lock = match options.open(&path) {
            Ok(lock) => lock,
            Err(error) => return unwritable(error),
        };
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(taken(&mut lock, folders)),
            Err(errno) => return unwritable(errno.into()),
        }
        match sign(&mut lock) {
            Ok(()) => Ok(Self::Us { _lock: lock, clock }),
            Err(error) => unwritable(error),
        }
    }

    /// Why nothing can be written.
    pub(crate) fn read_only(&self) -> Option<&str> {
        match self {
            Self::Us { .. } => None,
            Self::Nobody(reason) => Some(reason),
        }
    }
}

/// Makes the folders, and looks whether those that we write to can be written.
fn prepare(folders: &Folders) -> Result<(), String> {
    let written = [&folders.root, &folders.local, &folders.overrides];
    for folder in written.into_iter().chain([&folders.community]) {
        if !folder.is_dir() {
            fs::create_dir_all(folder).map_err(|error| not_written(folder, &error))?;
        }
    }
    for folder in written {
        let wanted = Wanted::WRITE_OK | Wanted::EXEC_OK;
        access(folder, wanted).map_err(|errno| not_written(folder, &errno.into()))?;
    }
    Ok(())
}

fn not_written(path: &Path, error: &io::Error) -> String {
    format!("`{}` cannot be written: {error}", path.display())
}

/// Leaves our number for who comes second.
fn sign(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    writeln!(lock, "{}", process::id())
}

fn taken(lock: &mut File, folders: &Folders) -> Error {
    let mut number = String::new();
    // Who holds it may just be signing.
    let _ = lock.take(32).read_to_string(&mut number);
    let who = match number.trim() {
        number if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("another process, number {number},")
        }
        _ => "another process".to_owned(),
    };
    let message = format!("{who} owns the rules folder `{}`", folders.root.display());
    Error::new(ErrorKind::InUse, message)
}

//! What packs need from outside of the catalog: time and chance for the client of a repository, and small files.

use crate::{assemble::SystemClock, atomic, config::Config};
use catalog::{Keep, Kept};
use packs::repository::Pace;
use rules::{Clock, Timestamp};
use std::{
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use store_pg::PgStore;

/// The most bytes of a small file: a copy of an index and what is known of it.
const FILE_BYTES_MAX: u64 = 2 * packs::index::INDEX_BYTES_MAX as u64;

/// The clock and the dice of this machine.
#[derive(Debug)]
pub(crate) struct SystemPace {
    began: Instant,
}

impl Default for SystemPace {
    fn default() -> Self {
        Self {
            began: Instant::now(),
        }
    }
}

impl Clock for SystemPace {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

impl Pace for SystemPace {
    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        thread::sleep(duration);
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }
}

/// Files in `DATA_DIR`, and `packs.lock` beside the packs, or in `DATA_DIR` too where those are in a database.
#[derive(Debug)]
pub(crate) struct Files {
    data: PathBuf,
    packs: PathBuf,
}

impl Files {
    /// The files of these folders, which need not be there yet.
    pub(crate) fn new(config: &Config) -> Self {
        let folders = &config.folders;
        let packs = match &config.database {
            Some(_) => &folders.data,
            None => &folders.folders.community,
        };
        Self {
            data: folders.data.clone(),
            packs: packs.clone(),
        }
    }

    fn path(&self, file: Kept) -> PathBuf {
        let folder = match file {
            Kept::Lock => &self.packs,
            Kept::Index | Kept::SinglesIndex | Kept::Singles | Kept::Overrides | Kept::Unrecorded => {
                &self.data
            }
        };
        folder.join(file.file_name())
    }
}

impl Keep for Files {
    fn read(&self, file: Kept) -> io::Result<Option<Vec<u8>>> {
        let opened = match File::open(self.path(file)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        match bytes.len() as u64 > FILE_BYTES_MAX {
            true => Err(io::Error::other(format!("more than {FILE_BYTES_MAX} bytes"))),
            false => Ok(Some(bytes)),
        }
    }

    fn write(&self, file: Kept, bytes: &[u8]) -> io::Result<()> {
        atomic::put(&self.path(file), bytes).map_err(|error| io::Error::other(format!("{error:#}")))
    }
}

/// A database whose connections are watched.
#[derive(Debug)]
pub(crate) struct Watched(pub(crate) Arc<PgStore>);

impl api::Database for Watched {
    fn status(&self) -> api::DatabaseStatus {
        let store_pg::Status {
            is_up,
            idle,
            in_use,
            waiting,
            reconnects,
            notifications,
        } = self.0.status();
        api::DatabaseStatus {
            is_up,
            idle,
            in_use,
            waiting,
            reconnects,
            notifications,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, Keep as _, Kept};
    use std::fs;

    #[test]
    fn files_are_made_with_their_folder_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files {
            data: folder.path().join("data"),
            packs: folder.path().join("rules/community"),
        };
        for (file, path) in [
            (Kept::Index, "data/community-index.cache"),
            (Kept::Lock, "rules/community/packs.lock"),
        ] {
            assert_eq!(files.read(file).unwrap(), None);
            for text in ["longer than the next", "short"] {
                files.write(file, text.as_bytes()).unwrap();
                assert_eq!(files.read(file).unwrap().unwrap(), text.as_bytes());
            }
            assert_eq!(fs::read_to_string(folder.path().join(path)).unwrap(), "short");
        }
        assert_eq!(
            fs::read_dir(folder.path().join("data")).unwrap().count(),
            1,
            "nothing is left over"
        );
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::File::create(&file).unwrap();
        let files = Files {
            data: file.clone(),
            packs: file,
        };
        assert!(files.write(Kept::Index, b"x").is_err());
    }
}

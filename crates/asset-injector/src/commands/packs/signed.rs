//! What a file that is signed is: an archive of a pack, or an index.

use crate::{
    failure::Failure,
    pack_folder,
    repository_folder::{self, INDEX},
};
use packs::{
    content,
    index::{Index, SinglesIndex},
    signature::{SIGNATURE_BYTES_MAX, SIGNATURE_ENDING, Subject},
};
use semver::Version;
use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// A file that is signed.
pub(super) struct Signed {
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    what: What,
}

enum What {
    Archive { name: String, version: Version },
    Index,
    SinglesIndex,
}

impl Signed {
    /// Reads a file, and checks that it is what its name says: nothing else should be signed.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is neither.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = repository_folder::read(path).map_err(|error| pack_folder::unreadable(path, error))?;
        let what = if path.file_name().is_some_and(|name| name == INDEX) {
            index(path, &bytes)?
        } else {
            let content = content::of_archive(&bytes, &pack_folder::engine());
            let manifest = content
                .map_err(|refusal| pack_folder::refused(path, &refusal))?
                .manifest;
            What::Archive {
                name: manifest.name.to_string(),
                version: manifest.version,
            }
        };
        Ok(Self { bytes, what })
    }

    /// What its signature speaks for.
    pub(super) fn subject(&self) -> Subject<'_> {
        match &self.what {
            What::Archive { name, version } => Subject::Archive { name, version },
            What::Index => Subject::Index,
            What::SinglesIndex => Subject::SinglesIndex,
        }
    }
}

/// Which of the two indexes a file is, by the folder that it lies in.
fn index(path: &Path, bytes: &[u8]) -> Result<What, Failure> {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let is_of_singles = whole.parent().is_some_and(|folder| folder.ends_with("singles"));
    let parsed = match is_of_singles {
        true => SinglesIndex::parse(bytes).map(|_| What::SinglesIndex),
        false => Index::parse(bytes).map(|_| What::Index),
    };
    parsed.map_err(|error| {
        Failure::new(
            format!("`{}`: {error}", path.display()),
            "`asset-injector packs index DIR` writes both indexes",
        )
    })
}

/// Where the signature of a file lies.
pub(super) fn signature_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(SIGNATURE_ENDING);
    PathBuf::from(name)
}

/// A short text; `None` if there is no such file.
pub(super) fn bounded(path: &Path) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| {
        file.take(SIGNATURE_BYTES_MAX as u64 + 1)
            .read_to_string(&mut text)
    });
    match read {
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(pack_folder::unreadable(path, error)),
    }
}

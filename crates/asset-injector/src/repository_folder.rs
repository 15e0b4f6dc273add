//! A community repository as its maintainers have it: a folder with `packs`, `singles` and the indexes of both.

use crate::{
    failure::Failure,
    pack_folder::{self, children, unreadable},
};
use packs::{
    content::{self, Content, Problem},
    index::{Index, SinglesIndex},
};
use rules::{PackFile, Timestamp};
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// The index of packs.
pub(crate) const INDEX: &str = "index.json";
/// The index of single rules.
pub(crate) const SINGLES_INDEX: &str = "singles/index.json";
/// The folder of packs.
const PACKS: &str = "packs";
/// The folder of single rules.
const SINGLES: &str = "singles/rules";

/// An archive of a pack.
pub(crate) struct Archived {
    /// What it holds.
    pub(crate) content: Content,
    /// Its bytes.
    pub(crate) size: u64,
}

/// What there is to index, and what keeps it from that.
pub(crate) struct RepositoryFolder {
    root: PathBuf,
    /// The archives by path.
    pub(crate) archives: Vec<Archived>,
    /// The files of single rules, relative to their folder; `None` without that folder.
    singles: Option<Vec<PackFile>>,
    /// What is wrong; files are relative to the repository.
    pub(crate) problems: Vec<Problem>,
}

/// An index and whether it says something new.
pub(crate) struct Fresh<T> {
    /// The index.
    pub(crate) index: T,
    /// Its text.
    pub(crate) text: String,
    /// Whether the file holds something else.
    pub(crate) is_changed: bool,
}

/// Whether a folder is a repository, and not one of installed packs, of which one is called `packs`.
pub(crate) fn is_repository(folder: &Path) -> bool {
    let packs = packs(folder);
    packs.is_dir()
        && !pack_folder::is_pack(&packs)
        && (folder.join(INDEX).is_file() || folder.join("singles").is_dir())
}

/// The folder of packs below a repository's.
pub(crate) fn packs(root: &Path) -> PathBuf {
    root.join(PACKS)
}

impl RepositoryFolder {
    /// Reads all archives and single rules below a folder.
    ///
    /// # Errors
    ///
    /// When files cannot be read; what is wrong in them are problems.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        let mut repository = Self {
            root: root.to_path_buf(),
            archives: Vec::new(),
            singles: None,
            problems: Vec::new(),
        };
        let packs = packs(root);
        if packs.is_dir() {
            for folder in children(&packs)?.into_iter().filter(|path| path.is_dir()) {
                for path in children(&folder)?.into_iter().filter(|path| is_archive(path)) {
                    repository.archive(path)?;
                }
            }
        }
        let singles = root.join(SINGLES);
        if singles.is_dir() {
            repository.singles = Some(pack_folder::read(&singles)?);
        }
        Ok(repository)
    }

    fn archive(&mut self, path: PathBuf) -> Result<(), Failure> {
        let bytes = read(&path).map_err(|error| unreadable(&path, error))?;
        let below = path.strip_prefix(&self.root).unwrap_or(&path);
        let below = below.to_string_lossy().into_owned();
        match content::of_archive(&bytes, &pack_folder::engine()) {
            Err(refusal) => self.problems.push(whole(below, refusal.to_string(), None)),
            Ok(content) => {
                let (name, version) = (&content.manifest.name, &content.manifest.version);
                let wanted = format!("{PACKS}/{name}/{name}-{version}.zip");
                if below != wanted {
                    let reason = format!("holds {name} {version}, whose place is `{wanted}`");
                    self.problems.push(whole(below, reason, None));
                }
                let size = bytes.len() as u64;
                self.archives.push(Archived { content, size });
            }
        }
        Ok(())
    }

    /// The index of packs. Its time changes when something else does; categories are kept.
    ///
    /// # Errors
    ///
    /// When the one that is there cannot be read.
    pub(crate) fn index(&self, now: Timestamp) -> Result<Fresh<Index>, Failure> {
        let path = self.root.join(INDEX);
        let known = known(&path, Index::parse)?;
        let categories = known.as_ref().map(|(_, index)| index.categories.clone());
        let categories = categories.unwrap_or_default();
        let build = |time| {
            let archives = self
                .archives
                .iter()
                .map(|archived| (&archived.content, archived.size));
            Index::build(archives, categories.clone(), time)
        };
        let known = known.map(|(bytes, index)| (bytes, index.updated_at));
        Ok(fresh(known, now, build, Index::to_json))
    }

    /// The index of single rules; `None` where there are none.
    ///
    /// # Errors
    ///
    /// When the one that is there cannot be read, or a rule is not valid.
    pub(crate) fn singles_index(&self, now: Timestamp) -> Result<Option<Fresh<SinglesIndex>>, Failure> {
        let Some(files) = &self.singles else {
            return Ok(None);
        };
        let known = known(&self.root.join(SINGLES_INDEX), SinglesIndex::parse)?;
        let mut index = SinglesIndex::build(files, now).map_err(|problems| {
            let message = format!("single rules are not valid{}", pack_folder::lines(&problems));
            Failure::new(message, "correct what is named; nothing was written")
        })?;
        let build = |time| {
            index.updated_at = time;
            index.clone()
        };
        let known = known.map(|(bytes, index)| (bytes, index.updated_at));
        Ok(Some(fresh(known, now, build, SinglesIndex::to_json)))
    }

    /// What keeps single rules from being indexed; files are relative to the repository.
    pub(crate) fn singles_problems(&self) -> Vec<Problem> {
        let files = self.singles.as_deref().unwrap_or_default();
        let found = SinglesIndex::build(files, Timestamp::from_millis(0)).err();
        let mut problems = found.unwrap_or_default();
        for problem in &mut problems {
            problem.file = format!("{SINGLES}/{}", problem.file);
        }
        problems
    }
}

/// The bytes of an index and what they say; `None` if there is none.
fn known<T>(
    path: &Path,
    parse: impl Fn(&[u8]) -> Result<T, packs::index::Error>,
) -> Result<Option<(Vec<u8>, T)>, Failure> {
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, error)),
    };
    match parse(&bytes) {
        Ok(index) => Ok(Some((bytes, index))),
        Err(error) => Err(Failure::new(
            format!("`{}`: {error}", path.display()),
            "correct it, or remove it to have it made anew",
        )),
    }
}

/// An index with the time of the known one if it says the same, and never with an earlier one: where indexes are
/// signed, that would be refused.
fn fresh<T>(
    known: Option<(Vec<u8>, Timestamp)>,
    now: Timestamp,
    mut build: impl FnMut(Timestamp) -> T,
    print: impl Fn(&T) -> String,
) -> Fresh<T> {
    let mut time = now;
    if let Some((bytes, known)) = known {
        let index = build(known);
        let text = print(&index);
        if text.as_bytes() == bytes {
            return Fresh {
                index,
                text,
                is_changed: false,
            };
        }
        time = now.max(known);
    }
    let index = build(time);
    Fresh {
        text: print(&index),
        index,
        is_changed: true,
    }
}

/// Whether a path is that of an archive.
pub(crate) fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "zip") && path.is_file()
}

/// The bytes of an archive or an index, not many more than either may have.
///
/// # Errors
///
/// When they cannot be read.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    const BYTES_MAX: u64 = packs::archive::ARCHIVE_BYTES_MAX as u64;
    if fs::metadata(path)?.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A problem of a file as a whole.
pub(crate) fn whole(file: String, reason: String, hint: Option<&str>) -> Problem {
    Problem {
        file,
        line: 0,
        column: 0,
        field: String::new(),
        reason,
        hint: hint.map(str::to_owned),
    }
}

//! Single rules: which files have to come and go, and their download.
//!
//! A file is named as the index names it: its path below `singles/rules/`, without `.rule.yaml`.

use super::{ARCHIVE_BYTES_MAX, Client, Error, Progress, tree};
use crate::index::SinglesIndex;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The most files that are downloaded one by one where the repository gives an archive of the whole.
pub const SINGLES_MAX: usize = 20;
/// The most bytes of a file.
const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The bytes after which a round begins no further file.
const ROUND_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The time after which a round begins no further file: whoever waits for its end is not kept by a slow repository.
const ROUND_TIME_MAX: Duration = Duration::from_secs(180);
/// What stands before a file's name in the repository, and behind it.
const FOLDER: &str = "singles/rules/";
const EXTENSION: &str = ".rule.yaml";
/// How the archive of the whole repository is named.
const WHOLE: &str = "the whole repository";
/// The media type by which GitHub leads to an archive.
const GITHUB_JSON: &str = "application/vnd.github+json";

/// Files that an index lists, each with its SHA-256 in lower case hexadecimal digits if it says one.
pub type Files = BTreeMap<String, Option<String>>;

/// The files that an index lists.
pub fn listed(index: &SinglesIndex) -> Files {
    let rules = index.rules.iter();
    rules.map(|rule| (rule.file.clone(), rule.hash.clone())).collect()
}

/// What makes the installed files those that the index lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be downloaded.
    pub download: Files,
    /// To be removed.
    pub remove: BTreeSet<String>,
    /// How many files are installed.
    installed: usize,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.download.is_empty() && self.remove.is_empty()
    }

    /// Whether more than half of what is installed would go, which an index that was damaged asks for.
    pub fn removes_most(&self) -> bool {
        self.remove.len() * 2 > self.installed
    }
}

/// What to do, given what the index lists, and what is installed with its SHA-256.
///
/// A file with a hash comes if it is new or has another hash. One without comes if it is new or named in `again`:
/// all that are listed when the index is another one than at the last round, and what that round left
/// ([`Round::rest`]) in any case.
pub fn plan(listed: &Files, installed: &BTreeMap<String, String>, again: &BTreeSet<String>) -> Plan {
    let is_due = |(file, hash): &(&String, &Option<String>)| match (installed.get(*file), hash) {
        (None, _) => true,
        (Some(installed), Some(hash)) => installed != hash,
        (Some(_), None) => again.contains(*file),
    };
    let due = listed.iter().filter(is_due);
    let gone = installed.keys().filter(|file| !listed.contains_key(*file));
    Plan {
        download: due.map(|(file, hash)| (file.clone(), hash.clone())).collect(),
        remove: gone.cloned().collect(),
        installed: installed.len(),
    }
}

/// What came of a round of downloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// The files that came, as the repository gave them: nothing but their hash is checked.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The files that cannot be had, each with the reason.
    pub failed: Vec<(String, Error)>,
    /// Why the round ended early; [`Error::until`] says when the next one can begin.
    pub stopped: Option<Error>,
    /// What is still to come: all that did not, for the next round.
    pub rest: BTreeSet<String>,
}

impl Round {
    /// Takes a file, unless it is another one than the index means.
    fn take(&mut self, file: &str, hash: Option<&str>, bytes: Vec<u8>) {
        let is_other = |hash| !digest(&bytes).eq_ignore_ascii_case(hash);
        if hash.is_some_and(is_other) {
            let error = Error::invalid(&path_of(file), "its SHA-256 is not the one in the index");
            self.failed.push((file.to_owned(), error));
        } else {
            self.files.insert(file.to_owned(), bytes);
        }
    }
}

impl Client {
    /// Downloads what a plan names: one by one, or more than [`SINGLES_MAX`] out of one archive where there is one.
    ///
    /// A file that cannot be had does not keep the others from coming. `progress` hears of files, not of bytes.
    pub fn singles(&self, plan: &Plan, progress: Progress<'_>) -> Round {
        let wanted = &plan.download;
        let total = u64::try_from(wanted.len()).ok();
        let mut round = Round::default();
        let begin = self.retry.elapsed();
        progress(0, total);
        match self.whole_for(wanted) {
            Ok(Some(files)) => round = checked(files, wanted),
            Ok(None) => self.one_by_one(wanted, begin, &mut round, progress),
            // A repository that is too large, or whose archive is of no use, still has its files.
            Err(error) if error.is_about_file() => self.one_by_one(wanted, begin, &mut round, progress),
            Err(error) => round.stopped = Some(error),
        }
        let missing = wanted.keys().filter(|file| !round.files.contains_key(*file));
        round.rest = missing.cloned().collect();
        progress(u64::try_from(round.files.len()).unwrap_or_default(), total);
        round
    }

    fn one_by_one(&self, wanted: &Files, begin: Duration, round: &mut Round, progress: Progress<'_>) {
        let mut came = 0;
        let total = u64::try_from(wanted.len()).ok();
        for (done, (file, hash)) in (0..).zip(wanted) {
            let took = self.retry.elapsed().saturating_sub(begin);
            if came >= ROUND_BYTES_MAX || took >= ROUND_TIME_MAX {
                return;
            }
            progress(done, total);
            let path = path_of(file);
            match self.file(&path, self.location.file(&path), FILE_BYTES_MAX, &mut |_, _| {}) {
                Ok(bytes) => {
                    came += bytes.len();
                    round.take(file, hash.as_deref(), bytes);
                }
                Err(error) if error.is_about_file() => round.failed.push((file.clone(), error)),
                Err(error) => {
                    round.stopped = Some(error);
                    return;
                }
            }
        }
    }

    /// The files out of an archive of the whole; `None` where there is none, or none is worth it.
    fn whole_for(&self, wanted: &Files) -> Result<Option<BTreeMap<String, Vec<u8>>>, Error> {
        let url = self.location.whole().filter(|_| wanted.len() > SINGLES_MAX);
        let Some(url) = url else {
            return Ok(None);
        };
        let ask = super::Ask {
            what: WHOLE,
            url,
            bytes_max: ARCHIVE_BYTES_MAX,
            etag: None,
            github_type: GITHUB_JSON,
        };
        let archive = self.bytes(&ask, &mut |_, _| {})?;
        let bounds = tree::Bounds {
            file_bytes_max: FILE_BYTES_MAX,
            bytes_max: ROUND_BYTES_MAX,
        };
        let folder = format!("{}{FOLDER}", self.location.folder());
        let files = tree::files(&archive, bounds, |path| {
            let file = path.strip_prefix(folder.as_str())?.strip_suffix(EXTENSION)?;
            wanted.contains_key(file).then(|| file.to_owned())
        });
        files.map(Some).map_err(|reason| Error::invalid(WHOLE, reason))
    }
}

/// The files of an archive that are those which the index means.
fn checked(files: BTreeMap<String, Vec<u8>>, wanted: &Files) -> Round {
    let mut round = Round::default();
    for (file, bytes) in files {
        let hash = wanted.get(&file).and_then(Option::as_deref);
        round.take(&file, hash, bytes);
    }
    round
}

fn path_of(file: &str) -> String {
    format!("{FOLDER}{file}{EXTENSION}")
}

/// The SHA-256 in lower case hexadecimal digits.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests;

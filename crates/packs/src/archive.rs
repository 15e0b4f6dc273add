//! Zip archives of packs: read within limits and without trust, and built so that the same files give the same bytes.
//!
//! Nothing is handed out before the whole archive is checked. Every byte of it must belong to one entry, to the one
//! directory, or to its end: what some other program would read from it is what is read here.

mod build;
mod entry;
mod error;

pub use build::build;
pub use error::{Error, Fault};

use crate::path;
use entry::Entry;
use rawzip::ZipArchive;
use rules::PackFile;
use std::collections::HashMap;

/// The most entries of an archive, folders included.
pub const ENTRIES_MAX: usize = 10_000;
/// The most bytes that an archive is really unpacked to.
pub const UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How many times larger than the archive what is in it may be.
pub const RATIO_MAX: usize = 100;
/// The most bytes of an archive: what is stored as it is, with its names, twice.
pub const ARCHIVE_BYTES_MAX: usize = UNPACKED_BYTES_MAX + ENTRIES_MAX * 2 * (path::PATH_BYTES_MAX + 128);

/// The mark that ends a directory.
const END_MARK: &[u8] = b"PK\x05\x06";

/// Reads all files of an archive, sorted by path.
///
/// # Errors
///
/// The first entry that cannot be accepted, or why it is not an archive.
pub fn read(bytes: &[u8]) -> Result<Vec<PackFile>, Error> {
    read_some(bytes, |_| true)
}

/// Reads the files whose path is wanted, sorted by path. Names and places of all entries are checked; what the others
/// hold is not unpacked and may be anything, another archive for instance.
///
/// # Errors
///
/// As [`read`].
pub fn read_some(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Vec<PackFile>, Error> {
    if bytes.len() > ARCHIVE_BYTES_MAX {
        return Err(Error::whole(Fault::TooLarge(ARCHIVE_BYTES_MAX)));
    }
    let archive = ZipArchive::from_slice(bytes).map_err(Error::broken)?;
    let entries = directory(&archive, bytes)?;
    check_places(&entries, archive.directory_offset())?;
    check_names(&entries)?;
    let mut left = UNPACKED_BYTES_MAX.min(bytes.len().saturating_mul(RATIO_MAX));
    let mut files = Vec::new();
    for entry in entries
        .iter()
        .filter(|entry| !entry.is_folder && wanted(&entry.path))
    {
        let bytes = entry.unpack(left)?;
        left -= bytes.len();
        files.push(PackFile {
            path: entry.path.clone(),
            bytes,
        });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The entries of the directory, which ends where the archive's last record begins, which ends the archive.
fn directory<'a>(
    archive: &rawzip::ZipSliceArchive<&'a [u8]>,
    bytes: &'a [u8],
) -> Result<Vec<Entry<'a>>, Error> {
    let is_tail = archive.end_offset() != bytes.len() as u64;
    let comment = archive.comment();
    let is_doubtful = comment
        .as_bytes()
        .windows(END_MARK.len())
        .any(|at| at == END_MARK);
    if is_tail || is_doubtful {
        return Err(Error::whole(Fault::Trailing));
    }
    let mut entries = Vec::new();
    let mut end = archive.directory_offset();
    let mut records = archive.entries();
    while let Some(record) = records.next_entry().map_err(Error::broken)? {
        if entries.len() == ENTRIES_MAX {
            return Err(Error::whole(Fault::TooManyEntries));
        }
        end = entry::record_end(&record);
        entries.push(Entry::new(archive, bytes, &record)?);
    }
    // A directory in the wide form, which no archive of this size needs, has records of its own here.
    if end != archive.eocd_offset() || archive.entries_hint() != entries.len() as u64 {
        return Err(Error::whole(Fault::Directory));
    }
    match entries.is_empty() {
        true => Err(Error::whole(Fault::Empty)),
        false => Ok(entries),
    }
}

/// Whether the entries lie one behind the other, from the first byte to the directory.
fn check_places(entries: &[Entry<'_>], directory: u64) -> Result<(), Error> {
    let mut by_place: Vec<_> = entries.iter().collect();
    by_place.sort_by_key(|entry| entry.start);
    let mut end = 0;
    for entry in by_place {
        if entry.start != end {
            let fault = if entry.start < end {
                Fault::Overlap
            } else {
                Fault::Gap
            };
            return Err(Error::of(&entry.path, fault));
        }
        end = entry.end;
    }
    match end == directory {
        true => Ok(()),
        false => Err(Error::whole(Fault::Directory)),
    }
}

/// Whether every path is one file on every system, and no file is a folder too.
fn check_names(entries: &[Entry<'_>]) -> Result<(), Error> {
    let mut seen: HashMap<String, &Entry<'_>> = HashMap::with_capacity(entries.len());
    for entry in entries {
        if let Some(other) = seen.insert(path::fold(&entry.path), entry) {
            return Err(Error::of(&entry.path, Fault::Twice(other.path.clone())));
        }
    }
    for entry in entries {
        let folded = path::fold(&entry.path);
        let above = folded.match_indices('/').map(|(at, _)| &folded[..at]);
        for folder in above {
            if let Some(other) = seen.get(folder).filter(|other| !other.is_folder) {
                return Err(Error::of(&entry.path, Fault::Twice(other.path.clone())));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! Single files out of an archive of a whole repository.
//!
//! Nothing is unpacked to a path: entries are looked up by the names that are wanted, and all others are passed over.

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};
use std::{
    collections::BTreeMap,
    io::{self, Read as _},
};

/// How much is unpacked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The most bytes of a file; a larger one is passed over.
    pub(super) file_bytes_max: usize,
    /// The bytes after which no further file is begun; those of broken files count.
    pub(super) bytes_max: usize,
}

/// The files that `name_of` gives a name, by that name. It is asked with paths below the one top folder.
pub(super) fn files(
    archive: &[u8],
    bounds: Bounds,
    name_of: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let broken = |error: rawzip::Error| format!("the archive is broken: {error}");
    let zip = ZipArchive::from_slice(archive).map_err(broken)?;
    let (mut files, mut unpacked) = (BTreeMap::new(), 0);
    let mut entries = zip.entries();
    while unpacked < bounds.bytes_max
        && let Some(entry) = entries.next_entry().map_err(broken)?
    {
        let path = str::from_utf8(entry.file_path().as_bytes()).ok();
        let below_top = path.and_then(|path| Some(path.split_once('/')?.1));
        let Some(name) = below_top.and_then(&name_of) else {
            continue;
        };
        if files.contains_key(&name) {
            continue;
        }
        let mut bytes = Vec::new();
        let is_whole = unpack(&zip, &entry, bounds.file_bytes_max, &mut bytes).is_ok();
        // An entry costs something even if it is empty.
        unpacked += bytes.len().max(1);
        if is_whole {
            files.insert(name, bytes);
        }
    }
    Ok(files)
}

/// Unpacks an entry, at most one byte more than the limit: a bomb never unfolds.
fn unpack(
    zip: &ZipSliceArchive<&[u8]>,
    entry: &ZipFileHeaderRecord<'_>,
    bytes_max: usize,
    bytes: &mut Vec<u8>,
) -> io::Result<()> {
    let found = zip.get_entry(entry.wayfinder()).map_err(io::Error::other)?;
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let data: Box<dyn io::Read + '_> = match entry.compression_method() {
        CompressionMethod::STORE => Box::new(found.data()),
        CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(found.data())),
        _ => return Err(io::ErrorKind::Unsupported.into()),
    };
    found.verifying_reader(data).take(limit).read_to_end(bytes)?;
    match bytes.len() <= bytes_max {
        true => Ok(()),
        false => Err(io::ErrorKind::FileTooLarge.into()),
    }
}

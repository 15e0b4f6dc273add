//! One entry of an archive: its directory record and its own header, which must agree, and what it unpacks to.

use super::{Error, Fault};
use crate::path;
use flate2::bufread::DeflateDecoder;
use rawzip::{
    CompressionMethod, ZipFileHeaderRecord, ZipSliceArchive, ZipSliceEntry, extra_fields::ExtraFieldId,
};
use std::io::Read as _;

/// Bytes of a directory record besides its name, extra fields and comment.
const RECORD_BYTES: u64 = 46;
/// The mark that a data descriptor may begin with.
const DESCRIPTOR_MARK: &[u8] = b"PK\x07\x08";
/// Bytes of a descriptor's checksum and sizes.
const DESCRIPTOR_BYTES: u64 = 12;

/// The bits of a Unix mode that say what kind of thing it is.
const KIND: u32 = 0o170_000;
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// Endings of archives.
const ARCHIVES: [&str; 22] = [
    ".zip", ".jar", ".war", ".ear", ".apk", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz",
    ".txz", ".zst", ".lz", ".lz4", ".lzma", ".cab", ".iso", ".ar", ".cpio",
];
/// How archives begin.
const MAGIC: [&[u8]; 11] = [
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"MSCF",
    b"!<arch>\n",
];
/// Where a tape archive says that it is one.
const TAPE: (usize, &[u8]) = (257, b"ustar");

/// An entry whose headers are checked.
pub(super) struct Entry<'a> {
    /// Its path; of a folder without the `/` at the end.
    pub(super) path: String,
    pub(super) is_folder: bool,
    is_regular: bool,
    /// Where its header begins.
    pub(super) start: u64,
    /// Where whatever belongs to it ends.
    pub(super) end: u64,
    method: CompressionMethod,
    unpacked: u64,
    data: &'a [u8],
    crc: u32,
}

/// Where a record of the directory ends.
pub(super) fn record_end(record: &ZipFileHeaderRecord<'_>) -> u64 {
    let lengths = [
        record.file_path().as_bytes().len(),
        record.extra_fields().remaining_bytes().len(),
        record.comment().as_bytes().len(),
    ];
    let variable: usize = lengths.into_iter().sum();
    record.central_directory_offset() + RECORD_BYTES + variable as u64
}

impl<'a> Entry<'a> {
    /// Checks what the directory says of an entry, and that the entry says the same.
    pub(super) fn new(
        archive: &ZipSliceArchive<&'a [u8]>,
        bytes: &'a [u8],
        record: &ZipFileHeaderRecord<'_>,
    ) -> Result<Self, Error> {
        let raw = record.file_path().as_bytes();
        let Ok(name) = std::str::from_utf8(raw) else {
            let shown = String::from_utf8_lossy(raw);
            return Err(Error::of(
                &shown,
                Fault::Name("has a name that is not UTF-8".to_owned()),
            ));
        };
        let refuse = |fault| Error::of(name, fault);
        let path = name.strip_suffix('/').unwrap_or(name);
        path::check(path).map_err(|reason| refuse(Fault::Name(reason)))?;
        let flags = record.flags();
        if flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked() {
            return Err(refuse(Fault::Encrypted));
        }
        if names_another(record) {
            return Err(refuse(Fault::Differs("name")));
        }
        let entry = archive.get_entry(record.wayfinder());
        let entry = entry.map_err(|error| refuse(Fault::Broken(error.to_string().to_lowercase())))?;
        compare(record, &entry).map_err(|what| refuse(Fault::Differs(what)))?;
        let (from, to) = entry.compressed_data_range();
        // The range was found in these bytes.
        let slice = |from: u64, to: u64| bytes.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?);
        let data = slice(from, to).ok_or_else(|| refuse(Fault::Directory))?;
        let after = slice(to, bytes.len() as u64).unwrap_or_default();
        let descriptor = match (flags.has_data_descriptor(), after.starts_with(DESCRIPTOR_MARK)) {
            (false, _) => 0,
            (true, true) => DESCRIPTOR_BYTES + DESCRIPTOR_MARK.len() as u64,
            (true, false) => DESCRIPTOR_BYTES,
        };
        Ok(Self {
            path: path.to_owned(),
            is_folder: name.ends_with('/'),
            is_regular: is_regular(record, name.ends_with('/')),
            start: record.local_header_offset(),
            end: to + descriptor,
            method: record.compression_method(),
            unpacked: record.uncompressed_size_hint(),
            data,
            crc: record.crc32(),
        })
    }

    /// What it unpacks to, at most so many bytes.
    pub(super) fn unpack(&self, bytes_max: usize) -> Result<Vec<u8>, Error> {
        let refuse = |fault| Error::of(&self.path, fault);
        if !self.is_regular {
            return Err(refuse(Fault::NoFile));
        }
        let lower = self.path.to_lowercase();
        if ARCHIVES.iter().any(|ending| lower.ends_with(ending)) {
            return Err(refuse(Fault::Nested));
        }
        let limit = bytes_max as u64;
        if self.unpacked > limit {
            return Err(refuse(Fault::TooMuch));
        }
        let bytes = match self.method {
            CompressionMethod::STORE => self.data.to_vec(),
            CompressionMethod::DEFLATE => inflate(self.data, limit).map_err(refuse)?,
            _ => return Err(refuse(Fault::Method)),
        };
        if bytes.len() > bytes_max {
            return Err(refuse(Fault::TooMuch));
        }
        if bytes.len() as u64 != self.unpacked {
            return Err(refuse(Fault::Data("its size is another")));
        }
        if rawzip::crc32(&bytes) != self.crc {
            return Err(refuse(Fault::Data("its checksum is another")));
        }
        match is_archive(&bytes) {
            true => Err(refuse(Fault::Nested)),
            false => Ok(bytes),
        }
    }
}

/// Inflates at most one byte more than the limit: a bomb never unfolds. All of the data must have been used.
fn inflate(data: &[u8], limit: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let mut decoder = DeflateDecoder::new(data).take(limit.saturating_add(1));
    decoder
        .read_to_end(&mut bytes)
        .map_err(|_| Fault::Data("its data are damaged"))?;
    let is_whole = bytes.len() as u64 > limit || decoder.into_inner().into_inner().is_empty();
    match is_whole {
        true => Ok(bytes),
        false => Err(Fault::Data("something stands behind its data")),
    }
}

fn is_archive(bytes: &[u8]) -> bool {
    let (at, mark) = TAPE;
    MAGIC.iter().any(|magic| bytes.starts_with(magic))
        || bytes.get(at..).is_some_and(|rest| rest.starts_with(mark))
}

/// Whether it is a file or a folder and says so in each way that it can.
fn is_regular(record: &ZipFileHeaderRecord<'_>, is_folder: bool) -> bool {
    let kind = (record.external_attributes() >> 16) & KIND;
    let wanted = if is_folder { FOLDER } else { FILE };
    // Systems other than Unix leave the kind empty.
    kind == wanted || kind == 0
}

/// Whether an extra field gives it another name, which some programs take instead.
fn names_another(record: &ZipFileHeaderRecord<'_>) -> bool {
    const VERSION_AND_CRC: usize = 5;
    let name = record.file_path().as_bytes();
    record
        .extra_fields()
        .filter(|(id, _)| *id == ExtraFieldId::INFO_ZIP_UNICODE_PATH)
        .any(|(_, data)| data.get(VERSION_AND_CRC..) != Some(name))
}

/// What of an entry's own header or descriptor differs from the directory, if anything.
fn compare(record: &ZipFileHeaderRecord<'_>, entry: &ZipSliceEntry<'_>) -> Result<(), &'static str> {
    let header = entry.local_header();
    let (crc, packed, unpacked) = (
        record.crc32(),
        record.compressed_size_hint(),
        record.uncompressed_size_hint(),
    );
    let descriptor = entry.data_descriptor().map_err(|_| "descriptor")?;
    // With a descriptor the header may leave its values empty.
    let may_be_empty = descriptor.is_some();
    let same = |own: u64, said: u64| own == said || (may_be_empty && own == 0);
    let checks = [
        (
            header.file_path().as_bytes() == record.file_path().as_bytes(),
            "name",
        ),
        (header.flags() == record.flags(), "flags"),
        (
            header.compression_method() == record.compression_method(),
            "method",
        ),
        (same(header.crc32().into(), crc.into()), "checksum"),
        (same(header.compressed_size_hint(), packed), "size"),
        (same(header.uncompressed_size_hint(), unpacked), "unpacked size"),
        (
            descriptor.is_none_or(|found| {
                (found.crc32(), found.compressed_size(), found.uncompressed_size()) == (crc, packed, unpacked)
            }),
            "descriptor",
        ),
        // A folder holds nothing.
        (!record.is_dir() || unpacked == 0, "unpacked size"),
        (
            record.compression_method() != CompressionMethod::STORE || packed == unpacked,
            "size",
        ),
    ];
    match checks.into_iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(what),
        None => Ok(()),
    }
}

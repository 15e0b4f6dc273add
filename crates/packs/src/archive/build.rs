//! Archives that depend on nothing but the files in them.

use super::{Error, Fault, RATIO_MAX, read};
use crate::path;
use flate2::{Compression, write::DeflateEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter, time::UtcDateTime};
use rules::PackFile;
use std::io::Write as _;

/// How hard it is compressed; the same for ever, since it changes the bytes.
const LEVEL: u32 = 9;
/// The mode of every file, for programs that take it over.
const MODE: u32 = 0o100_644;
/// The time of every file: 1980-01-01T00:00:00Z, the first that a zip archive can hold.
const TIME_SECONDS: i64 = 315_532_800;

/// Builds an archive of these files. Their order does not matter; no time, mode or owner goes in.
///
/// It is read again before it is given out.
///
/// # Errors
///
/// What makes it one that would be refused: a bad name, two files of one name, too much of anything.
pub fn build(files: &[PackFile]) -> Result<Vec<u8>, Error> {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    for file in &sorted {
        path::check(&file.path).map_err(|reason| Error::of(&file.path, Fault::Name(reason)))?;
    }
    let bytes = write(&sorted).map_err(|error| Error::whole(Fault::Broken(error)))?;
    let again = read(&bytes)?;
    match again.iter().eq(sorted) {
        true => Ok(bytes),
        false => Err(Error::whole(Fault::Data("it reads back as something else"))),
    }
}

fn write(files: &[&PackFile]) -> Result<Vec<u8>, String> {
    let mut writer = ZipArchiveWriter::new(Vec::new());
    for file in files {
        add(&mut writer, file)?;
    }
    writer.finish().map_err(text)
}

fn add(writer: &mut ZipArchiveWriter<Vec<u8>>, file: &PackFile) -> Result<(), String> {
    let packed = deflate(&file.bytes)?;
    // What would unfold to more than is accepted is stored.
    let is_deflated =
        packed.len() < file.bytes.len() && packed.len().saturating_mul(RATIO_MAX) > file.bytes.len();
    let method = match is_deflated {
        true => CompressionMethod::DEFLATE,
        false => CompressionMethod::STORE,
    };
    let (mut entry, config) = writer
        .new_file(&file.path)
        .compression_method(method)
        .last_modified(UtcDateTime::from_unix(TIME_SECONDS))
        .unix_permissions(MODE)
        .start()
        .map_err(text)?;
    let descriptor = if is_deflated {
        let encoder = DeflateEncoder::new(&mut entry, Compression::new(LEVEL));
        let mut data = config.wrap(encoder);
        data.write_all(&file.bytes).map_err(text)?;
        let (encoder, descriptor) = data.finish().map_err(text)?;
        encoder.finish().map_err(text)?;
        descriptor
    } else {
        let mut data = config.wrap(&mut entry);
        data.write_all(&file.bytes).map_err(text)?;
        data.finish().map_err(text)?.1
    };
    entry.finish(descriptor).map_err(text)?;
    Ok(())
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(bytes).map_err(text)?;
    encoder.finish().map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

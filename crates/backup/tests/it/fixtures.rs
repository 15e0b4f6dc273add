//! Stores to save, and archives that no writer of ours has made.

use backup::{ReadError, Saved};
use flate2::{Compression, write::GzEncoder};
use rules::Timestamp;
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, io::Write as _, path::Path, sync::Arc};
use store::{Edit, MemoryStore, RuleStore};
use store_file::{Access, FileStore, Folders};
use tempfile::TempDir;

pub(crate) fn noon() -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").unwrap()
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// A folder that waits for no disk, where there is such a thing.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// A store over the tree in a folder.
pub(crate) fn tree(folder: &Path) -> FileStore {
    FileStore::open(Folders::below(folder), Access::ReadWrite, Arc::new(noon())).unwrap()
}

pub(crate) fn memory(edits: &[Edit]) -> MemoryStore {
    let store = MemoryStore::default();
    run(store.write(edits)).unwrap();
    store
}

pub(crate) fn take(store: &dyn RuleStore) -> Saved {
    run(Saved::take(store, noon())).unwrap()
}

pub(crate) fn bytes(saved: &Saved) -> Vec<u8> {
    saved.write(Vec::new()).unwrap()
}

pub(crate) fn read(bytes: &[u8]) -> Result<Saved, ReadError> {
    backup::read(bytes)
}

/// What is wrong with an archive.
#[track_caller]
pub(crate) fn refused(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

/// What is packed in an archive.
pub(crate) fn unpacked(archive: &[u8]) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(archive), &mut text).unwrap();
    text
}

pub(crate) fn packed(text: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

/// The first line of an archive.
pub(crate) const HEAD: &str =
    r#"{"archive":{"format":"asset-injector-backup","version":1,"revision":7,"pack_files":true}}"#;

/// An archive of these lines, with an end that fits them.
pub(crate) fn archive(lines: &[&str]) -> Vec<u8> {
    let mut text = lines.iter().fold(String::new(), |text, line| text + line + "\n");
    let hash = Sha256::digest(&text)
        .iter()
        .fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        });
    let _ = writeln!(text, r#"{{"end":{{"lines":{},"sha256":"{hash}"}}}}"#, lines.len());
    packed(text.as_bytes())
}

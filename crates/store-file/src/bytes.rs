//! Reads files of bounded size.

use crate::stamp::Stamp;
use rulefile::FILE_BYTES_MAX;
use rustix::fs::OFlags;
use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// The bytes of a regular file; one that is too large is not read.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_stamped(path).map(|(bytes, _)| bytes)
}

/// The bytes of a regular file, and its stamp from before they were read.
pub(crate) fn read_stamped(path: &Path) -> io::Result<(Vec<u8>, Stamp)> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if length > FILE_BYTES_MAX {
        let reason = format!("the file has {length} bytes; the most is {FILE_BYTES_MAX}");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    let mut bytes = Vec::with_capacity(length);
    // It may have grown since; the parser refuses what is too much.
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes, Stamp::of(&metadata)))
}

/// Opens a file without waiting: for a pipe that is not written to, waiting has no end.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// What is said of a file that could not be read.
pub(crate) fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::FileTooLarge {
        error.to_string()
    } else {
        format!("cannot be read: {error}")
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    #[test]
    fn a_pipe_that_nobody_writes_to_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).expect("a pipe");
        let error = read(&pipe).expect_err("it is no file");
        assert_eq!(error.to_string(), "not a regular file");
    }
}

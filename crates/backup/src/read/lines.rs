//! The lines of an archive: unpacked within bounds, counted and hashed.

use super::ReadError;
use crate::{
    line::{
        AnyVersion, FORMAT, LINE_BYTES_MAX, LINES_MAX, Line, UNPACKED_BYTES_MAX, VERSION, VERSION_OF_STORE,
        hexadecimal,
    },
    write::Head,
};
use flate2::bufread::GzDecoder;
use rules::Timestamp;
use sha2::{Digest as _, Sha256};
use std::io::{self, BufRead, BufReader, Read as _};
use store::Revision;

/// Goes through the lines of an archive.
pub(super) struct Lines<R> {
    input: BufReader<GzDecoder<R>>,
    /// The line that is looked at.
    line: Vec<u8>,
    /// How many were accepted, and what they hash to.
    lines: u64,
    hash: Sha256,
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input: BufReader::new(GzDecoder::new(input)),
            line: Vec::new(),
            lines: 0,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// Reads the first line, which says what the archive is.
    pub(super) fn head(&mut self) -> Result<Head, ReadError> {
        self.advance()?;
        let any: AnyVersion<'_> = serde_json::from_slice(&self.line).map_err(|_| ReadError::Foreign)?;
        if any.archive.format != FORMAT {
            return Err(ReadError::Foreign);
        }
        if any.archive.version > VERSION {
            return Err(ReadError::Newer(any.archive.version));
        }
        let Line::Archive(archive) = self.parse()? else {
            return Err(ReadError::Foreign);
        };
        if archive.store.is_some() && archive.version < VERSION_OF_STORE {
            let reason = format!("version {} of the format has no field `store`", archive.version);
            return Err(self.damaged(reason));
        }
        let written_at = match &archive.written_at {
            None => None,
            Some(text) => match Timestamp::parse(text) {
                None => return Err(self.damaged("it was written at no time")),
                time => time,
            },
        };
        let head = Head {
            revision: Revision(archive.revision),
            store: archive.store.map(std::borrow::Cow::into_owned),
            pack_files: archive.pack_files,
            written_at,
        };
        self.accept();
        Ok(head)
    }

    /// Goes to the next line, which must be there.
    pub(super) fn advance(&mut self) -> Result<(), ReadError> {
        self.line.clear();
        let most = LINE_BYTES_MAX as u64 + 1;
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.line);
        read.map_err(|error| self.failed(error))?;
        self.bytes += self.line.len() as u64;
        if self.line.len() > LINE_BYTES_MAX {
            return Err(ReadError::TooLarge(format!(
                "line {} has more than {LINE_BYTES_MAX} bytes",
                self.lines + 1
            )));
        }
        if self.lines == LINES_MAX {
            return Err(ReadError::TooLarge(format!("it has more than {LINES_MAX} lines")));
        }
        if self.bytes > UNPACKED_BYTES_MAX {
            let reason = format!("it unpacks to more than {UNPACKED_BYTES_MAX} bytes");
            return Err(ReadError::TooLarge(reason));
        }
        match self.line.ends_with(b"\n") {
            true => Ok(()),
            false => Err(self.damaged("it is cut off")),
        }
    }

    /// What the line says.
    pub(super) fn parse(&self) -> Result<Line<'_>, ReadError> {
        serde_json::from_slice(&self.line).map_err(|error| self.damaged(error.to_string()))
    }

    /// Counts and hashes the line.
    pub(super) fn accept(&mut self) {
        self.lines += 1;
        self.hash.update(&self.line);
    }

    /// Compares with what the last line says, behind which nothing may stand.
    pub(super) fn close(mut self, lines: u64, sha256: &str) -> Result<(), ReadError> {
        if lines != self.lines {
            let reason = format!("{lines} lines were written, and {} are there", self.lines);
            return Err(ReadError::Damaged(reason));
        }
        let hash = hexadecimal(&self.hash.clone().finalize());
        if hash != sha256 {
            return Err(ReadError::Damaged(
                "it does not have the hash that it had".to_owned(),
            ));
        }
        let mut more = [0];
        let unpacked = self.input.read(&mut more).map_err(|error| self.failed(error))?;
        let mut rest = self.input.into_inner().into_inner();
        match unpacked == 0 && rest.fill_buf().map_err(ReadError::Io)?.is_empty() {
            true => Ok(()),
            false => Err(ReadError::Damaged("something stands behind its end".to_owned())),
        }
    }

    /// What is wrong with the line that is looked at.
    pub(super) fn damaged(&self, reason: impl Into<String>) -> ReadError {
        ReadError::Damaged(format!("line {}: {}", self.lines + 1, reason.into()))
    }

    /// The unpacker says in the same way what is wrong with the bytes and that it cannot have them.
    fn failed(&self, error: io::Error) -> ReadError {
        let kind = error.kind();
        if kind == io::ErrorKind::UnexpectedEof {
            return self.damaged("it is cut off");
        }
        match matches!(kind, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) {
            false => ReadError::Io(error),
            true if self.bytes == 0 => ReadError::Foreign,
            true => self.damaged(error.to_string()),
        }
    }
}

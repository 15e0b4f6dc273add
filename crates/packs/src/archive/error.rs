//! Why an archive is refused.

use std::fmt;

/// Why an archive is refused, with the entry where it is one entry's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The entry's name; `None` for the archive as a whole.
    pub entry: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with an archive or an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no zip archive, or one that is cut off.
    #[error("is not a whole zip archive: {0}")]
    Broken(String),
    /// It holds no entry.
    #[error("holds nothing")]
    Empty,
    /// It has more bytes than this.
    #[error("has more than {0} bytes")]
    TooLarge(usize),
    /// It has more entries than are allowed.
    #[error("has more than {max} entries", max = super::ENTRIES_MAX)]
    TooManyEntries,
    /// Something stands behind its end.
    #[error("has something behind its end")]
    Trailing,
    /// Its directory is not where, or not as long as, it says.
    #[error("has a directory that does not fit")]
    Directory,
    /// It begins where another entry has not ended.
    #[error("overlaps another entry")]
    Overlap,
    /// Something stands before it that belongs to no entry.
    #[error("has something before it that is no entry")]
    Gap,
    /// Its name is not safe.
    #[error("{0}")]
    Name(String),
    /// Its name is also that of another entry.
    #[error("has the name of the entry `{0}`, on some systems at least")]
    Twice(String),
    /// Its own header says something else than the directory.
    #[error("has a header that differs from the directory: {0}")]
    Differs(&'static str),
    /// It is a link, a device, or whatever is no file.
    #[error("is a link or another thing that is no file")]
    NoFile,
    /// It is encrypted.
    #[error("is encrypted")]
    Encrypted,
    /// It is compressed in a way that is not accepted.
    #[error("is neither stored nor deflated")]
    Method,
    /// It is an archive itself.
    #[error("is an archive itself")]
    Nested,
    /// It unpacks to more than is allowed.
    #[error(
        "unpacks to too much: {bytes} bytes, and {ratio} times the archive's size, are allowed in all",
        bytes = super::UNPACKED_BYTES_MAX,
        ratio = super::RATIO_MAX
    )]
    TooMuch,
    /// What it unpacks to is not what was packed.
    #[error("does not unpack: {0}")]
    Data(&'static str),
}

impl Error {
    pub(super) fn whole(fault: Fault) -> Self {
        Self { entry: None, fault }
    }

    pub(super) fn of(entry: &str, fault: Fault) -> Self {
        Self {
            entry: Some(entry.to_owned()),
            fault,
        }
    }

    pub(super) fn broken(error: rawzip::Error) -> Self {
        Self::whole(Fault::Broken(error.to_string().to_lowercase()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.entry {
            Some(entry) => write!(f, "the archive's entry {entry:?} {}", self.fault),
            None => write!(f, "the archive {}", self.fault),
        }
    }
}

impl std::error::Error for Error {}
